"""The buyer's requests: reserve, look, pay, cancel, and look at the order."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.challenges import Challenges
from race_to_purchase.edge.challenge.outcome import Demanded
from race_to_purchase.edge.line.passes import HEADER, admitted
from race_to_purchase.edge.line.visitor import browser_for
from race_to_purchase.edge.problems import Refused, invalid, no_such
from race_to_purchase.edge.shapes import NewCheckout, NewPayment, PlacedOrder, WantedLine
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.line import PassRefused
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.rules.answers import Answer, answer, checkout_view
from race_to_purchase.rules.cart_outcomes import CartChanged, CartEmpty
from race_to_purchase.rules.line.commands import Admitted
from race_to_purchase.rules.signing import Keyring

NEW_CHECKOUT = msgspec.json.Decoder(NewCheckout)
NEW_PAYMENT = msgspec.json.Decoder(NewPayment)

_encode = msgspec.json.Encoder().encode


class Checkouts:
    """Handlers of `/v1/checkouts` and `/v1/orders`; all of them speak to `Purchase` alone."""

    def __init__(self, purchase: Purchase, keys: Keyring, challenges: Challenges, carts: CartDesk) -> None:
        self._purchase = purchase
        self._carts = carts
        self._keys = keys
        self._challenges = challenges

    async def reserve(self, call: Call) -> Answer:
        """POST /v1/checkouts.

        Where a drop has a line, the pass of `Race-Pass` is looked at here, before anything is asked of the path.
        """
        wanted = call.decoded(NEW_CHECKOUT)
        if len(wanted.lines) > 1:
            _refuse_twins(wanted.lines)
        buyer = call.buyer_named(wanted.buyer.id)
        if self._challenges.guards(wanted.drop):
            asked = await self._challenges.require(call, wanted.drop, "reserve", holder=buyer)
            if isinstance(asked, Demanded):
                return asked.problem
        key = call.key_use()
        assert key is not None
        token = call.headers.get(HEADER)
        shown = None if token is None else await self._admitted(wanted.drop, token, browser_for(call, buyer))
        if wanted.cart is None and not wanted.lines:
            raise invalid("lines", "Say what is wanted: lines, or the version of the buyer's cart.")
        request = ReserveRequest(
            drop_id=wanted.drop,
            buyer=buyer,
            email=wanted.buyer.email,
            lines=wanted.lines,
            promo=wanted.promo,
            admitted=shown,
        )
        if wanted.cart is not None:
            request = await self._of_cart(request, wanted.cart)
        return answer(await self._purchase.reserve(request, key, call.alive))

    async def _admitted(self, drop_id: str, token: bytes, browser: bytes) -> Admitted:
        """What the pass says. That it was refused is told of drops alone: there is no end of names that are none."""
        try:
            return admitted(self._keys, drop_id, token, browser)
        except Refused:
            if await self._purchase.sells(drop_id):
                emit(PassRefused(drop_id, "pass_invalid"))
            raise

    async def _of_cart(self, request: ReserveRequest, version: int) -> ReserveRequest:
        """The same for what is in the cart, at the prices that its buyer has seen. Where that cannot be, it is told by
        the committer, which gives the answer that a repeated request had the first time."""
        if request.lines:
            raise invalid("cart", "Say either lines or cart: one of them is what is wanted.")
        cart = await self._carts.read(request.buyer, request.drop_id)
        if cart.version != version:
            return replace(request, refused=CartChanged(cart.version))
        return replace(request, lines=cart.lines) if cart.lines else replace(request, refused=CartEmpty())

    async def show(self, call: Call) -> Answer:
        """GET /v1/checkouts/{id}."""
        checkout_id = call.id("checkout")
        checkout = await self._purchase.checkout(checkout_id, await self._whose(call, checkout_id))
        if checkout is None:
            raise no_such("checkout")
        waits = await self._purchase.waits(checkout)
        if waits is None:
            return Answer(200, _encode(checkout_view(checkout)))
        return Answer(200, _encode(checkout_view(checkout, next_action=waits.url, queued=waits.queued)))

    async def pay(self, call: Call) -> Answer:
        """POST /v1/checkouts/{id}/payment."""
        checkout_id = call.id("checkout")
        wanted = call.decoded(NEW_PAYMENT)
        key = call.key_use(checkout_id)
        assert key is not None
        method, return_url, country = wanted.payment_method, wanted.return_url, wanted.country
        buyer = await self._whose(call, checkout_id)
        return answer(await self._purchase.pay(checkout_id, buyer, method, key, call.alive, return_url, country))

    async def returned(self, call: Call) -> Answer:
        """POST /v1/checkouts/{id}/payment/return."""
        checkout_id = call.id("checkout")
        return answer(await self._purchase.returned(checkout_id, await self._whose(call, checkout_id)))

    async def cancel(self, call: Call) -> Answer:
        """DELETE /v1/checkouts/{id}. Cancelling twice is harmless, so a key is not needed, but may be given."""
        checkout_id = call.id("checkout")
        buyer = await self._whose(call, checkout_id)
        return answer(await self._purchase.cancel(checkout_id, buyer, call.key_use(checkout_id)))

    async def order(self, call: Call) -> Answer:
        """GET /v1/orders/{id}."""
        order_id = call.id("order")
        found = await self._purchase.order(order_id, await self._whose(call, order_id))
        if found is None:
            raise no_such("order")
        order, checkout = found
        placed = PlacedOrder(
            id=order.id,
            drop=order.drop_id,
            state=checkout.state,
            amount=order.amount,
            currency=order.currency,
            quote=checkout.quote,
            placed_at=order.placed_at,
        )
        return Answer(200, _encode(placed))

    async def _whose(self, call: Call, checkout_id: str) -> str | None:
        """The buyer that may see it: who asks, or the guest that they were when they reserved it, in this browser."""
        principal = call.principal
        if principal is None or principal.guest is None:
            return call.buyer
        as_guest = await self._purchase.checkout(checkout_id, principal.guest)
        return call.buyer if as_guest is None else principal.guest


def _refuse_twins(lines: tuple[WantedLine, ...]) -> None:
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.item in seen:
            detail = f"{line.item} stands in two lines; put its quantities together."
            raise invalid(f"lines[{index}].item", detail, code="duplicate_line")
        seen.add(line.item)
