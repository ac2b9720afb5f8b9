"""How each outcome is told to a buyer: HTTP status and JSON body, as bytes.

It stands among the rules because answers are stored in the transaction that made them true, by whichever process
ends the attempt, and are given again byte for byte. Problems follow RFC 9457; `code` is stable, `retryable` says
whether the same request may succeed later. `retry_after_s` becomes the Retry-After header.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from race_to_purchase.rules import cart_outcomes as co
from race_to_purchase.rules import outcomes as o
from race_to_purchase.rules import refund_outcomes as ro
from race_to_purchase.rules.aftersale import RefundRow, RefundState
from race_to_purchase.rules.moments import rfc3339
from race_to_purchase.rules.rows import Attempt, Checkout, Order, Quote

_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """What goes over the wire; `problem` says that the body is `application/problem+json`."""

    status: int
    body: bytes
    problem: bool = False
    retry_after_s: float | None = None
    replayed: bool = False


class OrderView(msgspec.Struct, frozen=True):
    """An order as its buyer sees it; amounts in minor units."""

    id: str
    drop: str
    amount: int
    currency: str
    placed_at: datetime


class CheckoutView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A checkout as its buyer sees it; `reserved_until` while something is held or may be paid.

    `next_action` is where the buyer has to act before the payment goes on, `queued` the place of a payment that waits
    for its turn.
    """

    id: str
    drop: str
    state: str
    quote: Quote
    reserved_until: datetime | None = None
    order: str | None = None
    next_action: str | None = None
    queued: int | None = None


class RefundView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refund of an order; `amount` in minor units. `failure` is the gateway's reason, where it has failed."""

    id: str
    order: str
    state: RefundState
    amount: int
    currency: str
    reason: str
    restock: bool
    asked_at: datetime
    ended_at: datetime | None = None
    failure: str | None = None


class PaidView(msgspec.Struct, frozen=True):
    """The answer to a payment that became an order."""

    id: str
    state: str
    order: OrderView


class PayingView(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a payment that is not decided yet: ask again with GET, or repeat the same request."""

    id: str
    state: str
    attempt: int = 0
    next_action: str | None = None
    queued: int | None = None


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    retryable: bool = False,
    retry_after_s: float | None = None,
    **more: Any,
) -> Answer:
    """An RFC 9457 problem; `more` are further members such as `field` or `retry_at`."""
    body = {
        "type": f"urn:race:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "retryable": retryable,
        **{name: value for name, value in more.items() if value is not None},
    }
    return Answer(status, _encode(body), problem=True, retry_after_s=retry_after_s)


def checkout_view(checkout: Checkout, *, next_action: str | None = None, queued: int | None = None) -> CheckoutView:
    """What a buyer may see of a checkout."""
    live = checkout.state in ("open", "reserved", "paying")
    sold = checkout.state in ("paid", "fulfilled", "refunded", "returned")
    return CheckoutView(
        id=checkout.id,
        drop=checkout.drop_id,
        state=checkout.state,
        quote=checkout.quote,
        reserved_until=checkout.deadline if live else None,
        order=checkout.id if sold else None,
        next_action=next_action,
        queued=queued,
    )


def order_view(order: Order) -> OrderView:
    """What a buyer may see of an order."""
    return OrderView(order.id, order.drop_id, order.amount, order.currency, order.placed_at)


def refund_view(row: RefundRow) -> RefundView:
    """What whoever asked for it may see of a refund."""
    return RefundView(
        row.id,
        row.order_id,
        row.state,
        row.amount,
        row.currency,
        row.reason,
        row.restock,
        row.asked_at,
        row.ended_at,
        row.failure,
    )


def refund_body(row: RefundRow) -> str:
    """The answer of a refund as it stands; stored once it has ended."""
    return _encode(refund_view(row)).decode()


def paid(order: Order) -> tuple[int, bytes]:
    """The stored answer of a payment that became `order`."""
    return 200, _encode(PaidView(order.id, "paid", order_view(order)))


def declined(attempt: Attempt, code: str, retryable: bool, reserved_until: datetime | None) -> tuple[int, bytes]:
    """The stored answer of a payment that the gateway refused; `reserved_until` where another may be tried."""
    detail = "The payment was declined. Nothing was charged."
    if reserved_until is not None:
        detail += " The reservation is kept until reserved_until: try another payment method."
    answer = problem(
        402,
        "payment_declined",
        "Payment declined",
        detail,
        retryable=reserved_until is not None,
        decline_code=code,
        same_method_may_succeed=retryable,
        checkout=attempt.checkout_id,
        reserved_until=reserved_until,
    )
    return answer.status, answer.body


def too_late(checkout_id: str, *, sold_out: bool) -> tuple[int, bytes]:
    """The stored answer of a payment whose stock was gone when it was authorized; it is voided."""
    code, title = ("sold_out", "Sold out") if sold_out else ("reservation_expired", "Reservation expired")
    why = (
        "The last piece was sold while the payment was authorized."
        if sold_out
        else "The reservation ended before the payment was authorized."
    )
    detail = f"{why} The authorization is being cancelled; nothing is charged."
    answer = problem(409, code, title, detail, checkout=checkout_id)
    return answer.status, answer.body


def not_sent(checkout_id: str) -> tuple[int, bytes]:
    """The stored answer of a payment whose turn did not come before the deadline; no gateway has heard of it."""
    answer = problem(
        409,
        "reservation_expired",
        "Reservation expired",
        "The reservation ended while the payment waited for its turn. It was never sent; nothing is charged.",
        checkout=checkout_id,
    )
    return answer.status, answer.body


def answer(outcome: o.Outcome) -> Answer:
    """Status and body of any outcome that a buyer or an operator can get."""
    match outcome:
        case o.Reserved(checkout=checkout):
            return Answer(201, _encode(checkout_view(checkout)))
        case o.Cancelled(checkout=checkout):
            return Answer(200, _encode(checkout_view(checkout)))
        case o.Answered(status=status, body=body):
            return Answer(status, body, problem=status >= 400)
        case o.Replayed(status=status, body=body):
            return Answer(status, body, problem=status >= 400, replayed=True)
        case o.StillPaying(checkout_id=checkout_id, n=n, url=url, queued=queued):
            return Answer(202, _encode(PayingView(checkout_id, "paying", n, url, queued)), retry_after_s=1)
        case o.InFlight(checkout_id=checkout_id, n=n):
            return Answer(202, _encode(PayingView(checkout_id, "paying", n)), retry_after_s=1)
        case o.Noted(finding=finding):
            return Answer(200, _encode(finding))
        case o.RefundStored(refund=row):
            if row.answer is None:
                return Answer(202, refund_body(row).encode(), retry_after_s=1)
            return Answer(201, row.answer.encode())
        case o.NoGateway(checkout_id=checkout_id, retry_after_s=pause_s):
            detail = f"No payment gateway takes the payment of {checkout_id} now. Nothing was charged; try again."
            return problem(503, "no_gateway", "No gateway", detail, retryable=True, retry_after_s=pause_s)
        case o.DropStored(drop=drop, created=created):
            return Answer(201 if created else 200, _encode(drop.definition))
        case _:
            return _at_the_door(outcome) if isinstance(outcome, o.AtTheDoor) else _refusal(outcome)


def _no_refund(outcome: o.NoRefund) -> Answer:
    match outcome:
        case ro.RefundTooLarge(left=0):
            detail = "Everything of this order was refunded, is being refunded, or was lost in a dispute."
            return problem(409, "nothing_to_refund", "Nothing to refund", detail)
        case ro.RefundTooLarge(left=left):
            detail = f"Only {left} minor units of this order may still be refunded."
            return problem(422, "amount_too_large", "Amount too large", detail, field="amount", left=left)
        case ro.RestockOfPart(left=left):
            detail = f"Goods go back on sale with the refund of all that is left, {left} minor units."
            return problem(422, "restock_needs_whole", "Restock needs the whole", detail, field="restock", left=left)
        case ro.NotCaptured(order_id=order_id):
            detail = f"The money of order {order_id} has not been taken yet; it will be in a moment."
            return problem(409, "order_not_captured", "Not captured yet", detail, retryable=True, retry_after_s=1)
        case ro.GatewayGone(order_id=order_id, gateway=gateway):
            detail = f"Order {order_id} was paid at {gateway}, which is not in the settings any more."
            return problem(409, "gateway_gone", "Gateway gone", detail, gateway=gateway)
        case ro.Disputed(order_id=order_id):
            detail = f"A dispute about order {order_id} is open; its bank decides whether the money goes back."
            return problem(409, "order_disputed", "Disputed", detail)


_PASSES = {
    "pass_required": "This drop has a line: claim a pass with your ticket, and send it as Race-Pass.",
    "pass_invalid": "This pass is not one of this drop, or was made for another browser or replaced by a newer one.",
    "pass_expired": "The time of this pass is up; claim another one with the same ticket.",
    "pass_used": "This ticket's pass was used for a reservation. If that ends without an order, the ticket is good for "
    "another pass, three times at most.",
}


_GRANTS = {
    "grant_invalid": "This is no grant of this drop.",
    "grant_not_yet": "The time of this grant has not come yet.",
    "grant_expired": "The time of this grant is over.",
    "grant_revoked": "This grant was taken back.",
    "grant_used": "This grant was used.",
    "grant_wrong_identity": "This grant is somebody else's: it is good for the one customer it was issued to.",
}


def _at_the_door(outcome: o.AtTheDoor) -> Answer:
    match outcome:
        case o.PassRefused(why=code):
            return problem(403, code, "Not let in", _PASSES[code])
        case o.GrantRefused(why=code):
            return problem(403, code, "Not granted", _GRANTS[code])
        case o.TicketWrong():
            detail = "This ticket is not one of this drop. Join the line again: the same visitor has the same place."
            return problem(403, "ticket_invalid", "Not a ticket", detail, field="ticket")
        case o.NotCalled(cursor=cursor, rate_per_s=rate):
            detail = "The place of this ticket is not called yet."
            more = {"cursor": cursor, "rate_per_s": rate}
            return problem(409, "not_called", "Not called yet", detail, retryable=True, retry_after_s=5, **more)
        case o.NoPassFree(retry_at=retry_at):
            detail = "It is your turn, but everybody there is room or stock for is inside; ask again at retry_at."
            return problem(
                409, "no_pass_free", "A moment more", detail, retryable=True, retry_after_s=5, retry_at=retry_at
            )
        case o.LinePaused(message=message):
            detail = message or "The sale is paused. Your place is kept."
            return problem(409, "line_paused", "Paused", detail, retryable=True, retry_after_s=10)
        case o.AllSold(drop=drop):
            return problem(409, "sold_out", "Sold out", f"Everything of {drop} is sold.")
        case o.NotDrawn(drop=drop):
            detail = f"The list of {drop} is being published; in a moment there are places for late comers."
            return problem(409, "draw_under_way", "Draw under way", detail, retryable=True, retry_after_s=2)
        case o.NotRegistering(drop=drop, opens_at=opens_at):
            detail = f"Registration for {drop} opens at {rfc3339(opens_at)}."
            return problem(409, "registration_not_open", "Not open yet", detail, retryable=True, opens_at=opens_at)
        case o.SecretWrong(drop=drop):
            detail = f"The signing key that made the secret of {drop} is gone or has changed: put it back."
            return problem(409, "secret_wrong", "Cannot be drawn", detail)
        case o.NotDrawable(drop=drop, why=why):
            return problem(409, "draw_not_possible", "Cannot be drawn", f"{drop} cannot be drawn: {why}.")


def _cart_refused(outcome: o.Outcome) -> Answer:
    match outcome:
        case co.PriceChanged(item=item, was=was, price=price):
            detail = f"A piece of {item} costs {price} minor units now, and not {was}. Show it to the buyer first."
            return problem(409, "price_changed", "Price changed", detail, item=item, was=was, price=price)
        case co.CartChanged(version=version):
            detail = f"The cart is at version {version} by now; look at it again."
            return problem(409, "cart_changed", "Cart changed", detail, version=version)
        case co.CartEmpty():
            return problem(422, "cart_empty", "Cart empty", "There is nothing in this cart.", field="cart")
        case co.CartFull(limit=limit):
            detail = f"A cart has {limit} lines at most."
            return problem(422, "cart_full", "Cart full", detail, field="lines", limit=limit)
        case _:
            raise TypeError(f"{type(outcome).__name__} is never told to a buyer")


def _too_few(outcome: o.SoldOut | o.AllReserved) -> Answer:
    item, left = outcome.item, outcome.left
    if isinstance(outcome, o.SoldOut):
        detail = f"Of {item} only {left} can be had." if left else f"Of {item} too few pieces are left, or none."
        return problem(409, "sold_out", "Sold out", detail, item=item, left=left or None)
    free = f"Of {item} only {left} can be had now" if left else f"Nothing of {item} can be had now"
    more: dict[str, Any] = {"item": item, "left": left or None, "retry_at": outcome.retry_at}
    detail = f"{free}. Others have reserved; what they do not pay for comes back."
    return problem(409, "all_reserved", "All reserved", detail, retryable=True, **more)


def _refusal(outcome: o.Outcome) -> Answer:  # noqa: C901, PLR0912 - one flat table, a case an outcome
    match outcome:
        case o.SoldOut() | o.AllReserved():
            return _too_few(outcome)
        case o.LimitReached(limit=limit, left=left):
            detail = f"A buyer may have {limit} in this drop; {left} left for this buyer."
            return problem(409, "limit_reached", "Limit reached", detail, limit=limit, left=left)
        case o.PromoUsedUp(promo=promo):
            return problem(409, "promo_used_up", "Promo used up", f"Promo {promo} has no redemptions left.")
        case o.Unknown(what="item" | "promo" as what, id=name, field=field):
            detail = f"This drop has no {what} {name!r}."
            return problem(422, f"unknown_{what}", f"Unknown {what}", detail, field=field)
        case o.Unknown(what=what, id=name):
            return problem(404, f"unknown_{what}", f"Unknown {what}", f"There is no {what} {name!r}.")
        case o.NotOpen(drop=drop, opens_at=opens_at):
            detail = f"Drop {drop} opens at {rfc3339(opens_at)}."
            return problem(409, "drop_not_open", "Not open yet", detail, retryable=True, opens_at=opens_at)
        case o.Closed(drop=drop):
            return problem(409, "drop_closed", "Closed", f"Drop {drop} has ended.")
        case o.AmountTooLarge(total=total):
            detail = f"A total of {total} minor units is more than one payment may be."
            return problem(422, "amount_too_large", "Amount too large", detail, field="lines")
        case ro.RefundTooLarge() | ro.RestockOfPart() | ro.NotCaptured() | ro.GatewayGone() | ro.Disputed():
            return _no_refund(outcome)
        case o.Lapsed(checkout_id=checkout_id):
            detail = "The reservation ended before it was paid. Nothing was charged; reserve again."
            return problem(409, "reservation_expired", "Reservation expired", detail, checkout=checkout_id)
        case o.WrongState(checkout_id=checkout_id, state="paying"):
            detail = "A payment for this checkout is being decided; wait for its answer."
            return problem(409, "payment_in_flight", "Payment in flight", detail, retryable=True, retry_after_s=1)
        case o.WrongState(checkout_id=checkout_id, state=state, wish=wish):
            detail = f"Checkout {checkout_id} is {state} and cannot {wish}."
            return problem(409, "wrong_state", "Not possible any more", detail, state=state)
        case o.StockBelowUse(pool=pool, wanted=wanted, held=held, sold=sold):
            detail = f"{pool} cannot shrink to {wanted}: {held} held and {sold} sold."
            return problem(409, "stock_below_use", "Stock below use", detail, pool=pool, held=held, sold=sold)
        case o.FlowFixed(drop=drop, field=field):
            detail = f"{field} of drop {drop} is fixed since the drop was created; make another drop."
            return problem(409, "field_is_fixed", "Field is fixed", detail, field=field)
        case o.KeyInFlight():
            detail = "The first request with this Idempotency-Key is still being answered; repeat it shortly."
            return problem(409, "idempotency_in_flight", "In flight", detail, retryable=True, retry_after_s=1)
        case o.KeyReused():
            detail = "This Idempotency-Key was used for another request; take a new key for a new request."
            return problem(422, "idempotency_key_reused", "Key reused", detail, field="Idempotency-Key")
        case _:
            return _cart_refused(outcome)
