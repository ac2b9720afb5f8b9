"""What each form does: the request that a script would send, and what the browser keeps of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.challenges import HEADER as CHALLENGE
from race_to_purchase.edge.challenge.handlers import ChallengeHandlers
from race_to_purchase.edge.checkouts import Checkouts
from race_to_purchase.edge.idempotency import key_of
from race_to_purchase.edge.line.handlers import LineHandlers
from race_to_purchase.edge.line.passes import HEADER as PASS
from race_to_purchase.edge.origins import is_encrypted
from race_to_purchase.edge.plain.asking import asked_as
from race_to_purchase.edge.plain.kept import ASKED, Kept, Wish, path_of
from race_to_purchase.edge.principals import Principal
from race_to_purchase.edge.problems import Refused, invalid, no_such
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.line.tickets import TOKEN_LENGTH_MAX


class Sent(msgspec.Struct, frozen=True):
    """A form that came: whose it is, and what their browser keeps."""

    call: Call
    principal: Principal
    kept: Kept
    fields: Mapping[str, str]

    def as_request(self, body: Any = None, key: str | None = None, headers: Mapping[bytes, bytes] = {}) -> Call:
        """The request that a script would send."""
        return asked_as(self.call, self.principal, body, key, headers)

    def about_checkout(self, body: Any = None, key: str | None = None) -> Call:
        """The same about the checkout that this browser has begun; it is unknown where there is none."""
        call = self.as_request(body, key)
        call.path = {"id": self.kept.checkout}
        return call

    def shown(self) -> dict[bytes, bytes]:
        """What this browser shows when it reserves: its pass, and its code, where it has them."""
        found: dict[bytes, bytes] = {}
        if self.kept.admission:
            found[PASS] = self.kept.admission.encode("ascii")
        if self.kept.code not in ("", ASKED):
            found[CHALLENGE] = (self.kept.code + self.fields.get("code", "")).encode("latin-1", "replace")
        return found

    def key(self) -> str | None:
        """The idempotency key of this wish; refused with 400 where the form has none."""
        return key_of({b"idempotency-key": self.fields.get("key", "").encode("latin-1", "replace")}, required=True)


class Steps:
    """Each gives what the browser keeps afterwards, or the problem that came of it."""

    def __init__(self, line: LineHandlers, challenges: ChallengeHandlers, checkouts: Checkouts) -> None:
        self._line = line
        self._challenges = challenges
        self._checkouts = checkouts

    async def join(self, sent: Sent) -> Kept | Answer:
        """A place in the line. Where the door asks for something, a code by e-mail will do."""
        kept, fields = sent.kept, sent.fields
        body = {"website": fields.get("website", "")}
        access = fields.get("access", "").strip()
        if access:
            # One that is too long for a grant is none, and is said to be none.
            body["grant"] = access[:TOKEN_LENGTH_MAX]
        elif kept.code not in ("", ASKED):
            body["challenge"] = kept.code + fields.get("code", "")
        try:
            told = await self._line.join(sent.as_request(body))
        except Refused as refused:
            told = refused.answer
        if not told.problem:
            return replace(kept, ticket=_decoded(told)["ticket"], code="")
        return replace(kept, code=ASKED) if _wants_code(told) else told

    async def address(self, sent: Sent) -> Kept | Answer:
        """Another address for the code."""
        return replace(sent.kept, code=ASKED)

    async def code(self, sent: Sent) -> Kept | Answer:
        """Have a code sent."""
        fields = sent.fields
        body = {
            "drop": sent.call.drop(),
            "email": fields.get("email", ""),
            "website": fields.get("website", ""),
            "purpose": fields.get("purpose", "line"),
        }
        told = await self._challenges.send_code(sent.as_request(body))
        return told if told.problem else replace(sent.kept, code=_decoded(told)["answer"])

    async def enter(self, sent: Sent) -> Kept | Answer:
        """A pass, for whoever is called."""
        if not sent.kept.ticket:
            raise no_such("line")
        told = await self._line.claim(sent.as_request({"ticket": sent.kept.ticket}))
        if not told.problem:
            return replace(sent.kept, admission=_decoded(told)["pass"])
        return replace(sent.kept, ticket="") if _decoded(told)["code"] == "ticket_invalid" else told

    async def reserve(self, sent: Sent) -> Kept | Answer:
        """A reservation, at the price that the page has shown."""
        fields = sent.fields
        item, _, price = fields.get("item", "").partition(" ")
        quantity = fields.get("quantity", "1")
        if not (price.isascii() and price.isdecimal() and quantity.isascii() and quantity.isdecimal()):
            raise invalid("item", "Choose one first.")
        line = {"item": item, "quantity": int(quantity[:6]), "price": int(price[:18])}
        body = {"drop": sent.call.drop(), "lines": [line], "buyer": {"email": fields.get("email", "")}}
        told = await self._checkouts.reserve(sent.as_request(body, sent.key(), sent.shown()))
        if not told.problem:
            return replace(sent.kept, checkout=_decoded(told)["id"], admission="", code="", wish="")
        return replace(sent.kept, code=ASKED, wish=Wish().with_fields(fields).spelled()) if _wants_code(told) else told

    async def pay(self, sent: Sent) -> Kept | Answer:
        """A payment; how it ended, the page says."""
        body = {"payment_method": sent.fields.get("method", ""), "return_url": _address_of(sent.call)}
        told = await self._checkouts.pay(sent.about_checkout(body, sent.key()))
        return told if told.problem else sent.kept

    async def returned(self, sent: Sent) -> Kept | Answer:
        """Back from the bank."""
        told = await self._checkouts.returned(sent.about_checkout())
        return told if told.problem else sent.kept

    async def cancel(self, sent: Sent) -> Kept | Answer:
        """The reservation is given back."""
        told = await self._checkouts.cancel(sent.about_checkout())
        return told if told.problem else sent.kept

    async def again(self, sent: Sent) -> Kept | Answer:
        """Done with a checkout: back to the line, in which the place still counts."""
        return replace(sent.kept, checkout="", admission="")


def _wants_code(told: Answer) -> bool:
    """Whether a code by e-mail is what is missing."""
    problem = _decoded(told)
    return problem["code"] == "challenge_required" and "email_code" in problem["ways"]


def _address_of(call: Call) -> str:
    """The page's own address, where the bank sends its buyer back to."""
    scheme = "https" if is_encrypted(call.headers) else "http"
    return f"{scheme}://{call.headers.get(b'host', b'').decode('latin-1')}{path_of(call.drop())}"


def _decoded(told: Answer) -> Any:
    return msgspec.json.decode(told.body)
