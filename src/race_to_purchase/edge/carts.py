"""Carts over HTTP: look, change, empty. The version of a cart is its ETag, and `If-Match` or `version` asks for it."""

from __future__ import annotations

import re

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import bad_header, invalid, version_required
from race_to_purchase.edge.reply import Reply
from race_to_purchase.edge.shapes import CartChange, CartLine
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.cart import CartView
from race_to_purchase.rules.outcomes import Outcome

CART_CHANGE = msgspec.json.Decoder(CartChange)

_TAG = re.compile(rb'"([0-9]{1,10})"')
_encode = msgspec.json.Encoder().encode


class Carts:
    """Handlers of `/v1/carts/{drop}`; all of them speak to `CartDesk` alone."""

    def __init__(self, desk: CartDesk) -> None:
        self._desk = desk

    async def show(self, call: Call) -> Answer:
        """GET: at the prices of now, with those that the buyer has seen where they differ."""
        return _told(await self._desk.show(call.the_buyer(), call.drop()))

    async def change(self, call: Call) -> Answer:
        """PATCH: set the quantities of some items. Changes of two tabs that name different items both count."""
        wish = _wish(call)
        return _told(await self._desk.put(call.the_buyer(), call.drop(), wish.lines, "set", _version(call, wish)))

    async def replace(self, call: Call) -> Answer:
        """PUT: these lines alone. What another tab has done meanwhile would be lost, so the version is needed."""
        wish = _wish(call)
        version = _version(call, wish)
        if version is None:
            raise version_required()
        return _told(await self._desk.put(call.the_buyer(), call.drop(), wish.lines, "replace", version))

    async def empty(self, call: Call) -> Answer:
        """DELETE: no lines any more."""
        return _told(await self._desk.put(call.the_buyer(), call.drop(), (), "replace", _version(call, None)))


def _wish(call: Call) -> CartChange:
    wish = call.decoded(CART_CHANGE)
    seen: set[str] = set()
    for index, line in enumerate(wish.lines):
        _refuse_twin(seen, line, index)
    return wish


def _refuse_twin(seen: set[str], line: CartLine, index: int) -> None:
    if line.item in seen:
        detail = f"{line.item} stands in two lines; put its quantities together."
        raise invalid(f"lines[{index}].item", detail, code="duplicate_line")
    seen.add(line.item)


def _version(call: Call, wish: CartChange | None) -> int | None:
    """The version that the buyer has seen; None where any will do."""
    given = call.headers.get(b"if-match")
    said = None if wish is None else wish.version
    if given is None or given == b"*":
        return said
    found = _TAG.fullmatch(given)
    if found is None or (said is not None and said != int(found[1])):
        raise bad_header("if_match_invalid", "If-Match", 'If-Match takes the ETag of the cart, such as "3".')
    return int(found[1])


def _told(outcome: CartView | Outcome) -> Answer:
    if not isinstance(outcome, CartView):
        return answer(outcome)
    return Reply(200, _encode(outcome), headers=((b"etag", b'"%d"' % outcome.version),))
