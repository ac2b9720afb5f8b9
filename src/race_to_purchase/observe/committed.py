"""From what was committed to the events that tell of it: the observer of the committer, called after COMMIT.

An event is made of the rows that a decision wrote, and not of its outcome: news that come late, and requests that are
sent again, have outcomes too, but write nothing, and must not be counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from race_to_purchase.observe.committed_line import TELLERS as LINE_TELLERS
from race_to_purchase.observe.events import emit, loops, money
from race_to_purchase.observe.events import path as p
from race_to_purchase.observe.events.gateways import GatewayDrained
from race_to_purchase.observe.events.line import PassRefused
from race_to_purchase.observe.request import NOBODY, Cause
from race_to_purchase.rules import cart_outcomes as co
from race_to_purchase.rules import commands as c
from race_to_purchase.rules import outcomes as o
from race_to_purchase.rules.aftersale import DisputeRow, RefundRow
from race_to_purchase.rules.rows import Attempt, Checkout, Finding, Order, Row
from race_to_purchase.rules.verdicts import ActionRequired

R = TypeVar("R")


class Committed(msgspec.Struct, frozen=True, gc=False):
    """One command of a committed batch: what it came to, the rows that were written for it, and who asked."""

    command: c.Command
    outcome: o.Outcome
    rows: tuple[Row, ...] = ()
    cause: Cause = NOBODY


def committed(batch: Sequence[Committed]) -> None:
    """Emit the events of a committed batch."""
    for one in batch:
        told = _TELLERS.get(type(one.command))
        if told is not None:
            told(one)
        elif (of_line := LINE_TELLERS.get(type(one.command))) is not None:
            of_line(one.command, one.outcome, one.cause)


def _first(rows: Iterable[Row], kind: type[R]) -> R | None:
    for row in rows:
        if isinstance(row, kind):
            return row
    return None


def _reserve(one: Committed) -> None:
    match one.outcome:
        case o.Reserved(checkout=checkout):
            if one.rows:
                quote = checkout.quote
                pieces = sum(line.quantity for line in quote.lines)
                told = p.CheckoutReserved(
                    checkout.drop_id, checkout.id, quote.total, quote.currency, pieces, cause=one.cause
                )
                emit(told)
        case _ if not _repeated(one, "reserve"):
            if isinstance(one.outcome, o.PassRefused):
                emit(PassRefused(one.command.drop_id, one.outcome.why, cause=one.cause))
            emit(p.ReservationRefused(one.command.drop_id, _why(one.outcome), cause=one.cause))


def _begin(one: Committed) -> None:
    command = one.command
    assert isinstance(command, c.BeginPayment)
    match one.outcome:
        case o.Begun(attempt=a):
            if one.rows:
                queued = a.state == "prepared"
                emit(p.PaymentBegun(command.drop_id, a.checkout_id, a.n, a.gateway, a.key, queued, cause=one.cause))
        case _ if not _repeated(one, "pay"):
            emit(p.PaymentRefused(command.drop_id, command.checkout_id, _why(one.outcome), cause=one.cause))


def _authorization(one: Committed) -> None:
    """Also of a payment whose turn came too late: the rows say how it ended."""
    attempt = _first(one.rows, Attempt)
    if attempt is None:
        return
    drop = one.command.drop_id
    match one.outcome:
        case o.Answered(end="paid"):
            _order(one, attempt)
        case o.Answered(end=end, void=void) if attempt.state in ("declined", "doomed"):
            emit(
                p.PaymentEnded(
                    drop,
                    attempt.checkout_id,
                    attempt.n,
                    attempt.gateway,
                    attempt.amount,
                    attempt.currency,
                    _payment_end(one, end),
                    attempt.decline_code or "",
                    void,
                    cause=one.cause,
                )
            )
        case o.TriedNext(attempt=then, void=void):
            code = attempt.decline_code or ""
            at = (drop, attempt.checkout_id, attempt.n, attempt.gateway)
            emit(p.PaymentFailedOver(*at, then.gateway, code, void, cause=one.cause))
        case o.StillPaying():
            wait: p.Wait = "action_required" if attempt.state == "action_required" else "unknown"
            at = (drop, attempt.checkout_id, attempt.n, attempt.gateway)
            emit(p.PaymentWaits(*at, wait, cause=one.cause))
            _found(one)
    _ended(one)


def _payment_end(one: Committed, end: str) -> Any:
    if end in ("sold_out", "declined"):
        return end
    return "abandoned" if _abandoned(one) else "expired"


def _abandoned(one: Committed) -> bool:
    """Whether time ran out while the gateway still waited for the buyer, whom their bank had asked."""
    return isinstance(one.command, c.Authorization) and isinstance(one.command.verdict, ActionRequired)


def _order(one: Committed, attempt: Attempt) -> None:
    order, checkout = _first(one.rows, Order), _first(one.rows, Checkout)
    if order is None or checkout is None:
        return
    emit(
        p.OrderPlaced(
            order.drop_id,
            checkout.id,
            order.id,
            attempt.n,
            order.gateway,
            order.amount,
            order.currency,
            sum(line.quantity for line in checkout.quote.lines),
            (order.placed_at - checkout.created_at).total_seconds(),
            checkout.fence != attempt.fence,
            cause=one.cause,
        )
    )


def _ended(one: Committed) -> None:
    """A checkout that ended without an order."""
    checkout = _first(one.rows, Checkout)
    if checkout is None:
        return
    if checkout.state == "lapsed":
        emit(p.CheckoutLapsed(checkout.drop_id, checkout.id, cause=one.cause))
    elif checkout.state in ("expired", "cancelled"):
        step: p.Step = "declined" if checkout.live_n else "reserved"
        if _first(one.rows, Attempt) is not None:
            step = "confirming" if _abandoned(one) else "paying"
        sold_out = isinstance(one.outcome, o.Answered) and one.outcome.end == "sold_out"
        end: Any = "sold_out" if sold_out else checkout.state
        emit(p.CheckoutEnded(checkout.drop_id, checkout.id, end, step, cause=one.cause))


def _expire(one: Committed) -> None:
    attempt = _first(one.rows, Attempt)
    if attempt is None:
        _ended(one)
    else:
        outcome = o.Answered(0, b"", "expired", attempt.n)
        _authorization(msgspec.structs.replace(one, outcome=outcome))


def _cancel(one: Committed) -> None:
    if not _repeated(one, "cancel"):
        _ended(one)


def _capture(one: Committed) -> None:
    attempt = _first(one.rows, Attempt)
    if attempt is None or not isinstance(one.outcome, o.Done):
        return
    drop, order = one.command.drop_id, attempt.checkout_id
    at = (drop, order, order, attempt.n, attempt.gateway, attempt.amount, attempt.currency)
    match one.outcome.what:
        case "captured":
            emit(money.PaymentCaptured(*at, cause=one.cause))
        case "capture_failed":
            emit(money.CaptureFailed(*at, attempt.decline_code or "", cause=one.cause))
        case _:
            emit(p.StepAgain(drop, order, attempt.n, "capture", cause=one.cause))


def _void(one: Committed) -> None:
    attempt = _first(one.rows, Attempt)
    if attempt is None or not isinstance(one.outcome, o.Done):
        return
    drop, checkout = one.command.drop_id, attempt.checkout_id
    if one.outcome.what == "voided":
        emit(money.PaymentVoided(drop, checkout, attempt.n, attempt.gateway, cause=one.cause))
    else:
        emit(p.StepAgain(drop, checkout, attempt.n, "void", cause=one.cause))


def _deliver(one: Committed) -> None:
    command = one.command
    assert isinstance(command, c.Deliver)
    if not isinstance(one.outcome, o.Done):
        return
    at = (command.drop_id, command.checkout_id)
    match one.outcome.what:
        case "fulfilled":
            emit(p.OrderFulfilled(*at, command.checkout_id, cause=one.cause))
        case "undeliverable":
            emit(p.OrderUndeliverable(*at, command.checkout_id, cause=one.cause))
        case _:
            emit(p.StepAgain(*at, command.n, "deliver", cause=one.cause))


def _refund(one: Committed) -> None:
    row = _first(one.rows, RefundRow)
    if row is None:
        _repeated(one, "refund")
        return
    order = row.order_id
    at = (one.command.drop_id, order, order, row.gateway, row.amount, row.currency)
    emit(money.RefundChanged(*at, row.state, cause=one.cause))


def _dispute(one: Committed) -> None:
    row = _first(one.rows, DisputeRow)
    if row is not None:
        order = row.order_id
        at = (one.command.drop_id, order, order, row.gateway, row.amount, row.currency)
        emit(money.DisputeChanged(*at, row.state, cause=one.cause))


def _drop(one: Committed) -> None:
    if isinstance(one.outcome, o.DropStored) and one.rows:
        emit(p.DropStored(one.command.drop_id, one.outcome.created, cause=one.cause))


def _drained(one: Committed) -> None:
    command = one.command
    assert isinstance(command, c.DrainGateway)
    if one.rows:
        emit(GatewayDrained(command.name, command.drained, cause=one.cause))


def _found(one: Committed) -> None:
    row = _first(one.rows, Finding)
    if row is not None:
        emit(loops.FindingChanged(row.drop_id, row.subject, row.kind, row.state, cause=one.cause))


def _repeated(one: Committed, asked: p.Asked) -> bool:
    """Whether the request was sent before; then it is told as that."""
    end = _REPEATED.get(type(one.outcome))
    if end is not None:
        emit(p.RequestRepeated(one.command.drop_id, asked, end, cause=one.cause))
    return end is not None


def _why(outcome: o.Outcome) -> p.Why:
    return _WHY.get(type(outcome), "other")


_REPEATED: dict[type[Any], p.Repeated] = {
    o.Replayed: "replayed",
    o.KeyInFlight: "in_flight",
    o.KeyReused: "key_reused",
    o.InFlight: "second_tab",
    o.StillPaying: "second_tab",
    o.Answered: "second_tab",
}
_WHY: dict[type[Any], p.Why] = {
    o.SoldOut: "sold_out",
    o.AllReserved: "all_reserved",
    o.LimitReached: "limit_reached",
    o.PromoUsedUp: "promo_used_up",
    o.NotOpen: "not_open",
    o.Closed: "closed",
    o.Unknown: "unknown",
    o.AmountTooLarge: "amount_too_large",
    co.PriceChanged: "price_changed",
    co.CartChanged: "cart_changed",
    co.CartEmpty: "cart_changed",
    o.Lapsed: "lapsed",
    o.WrongState: "wrong_state",
    o.PassRefused: "no_pass",
}
_TELLERS: dict[type[Any], Callable[[Committed], None]] = {
    c.Reserve: _reserve,
    c.BeginPayment: _begin,
    c.Send: _authorization,
    c.Authorization: _authorization,
    c.Expire: _expire,
    c.Cancel: _cancel,
    c.Capture: _capture,
    c.Void: _void,
    c.Deliver: _deliver,
    c.Refund: _refund,
    c.RefundSaid: _refund,
    c.Dispute: _dispute,
    c.PutDrop: _drop,
    c.CloseDrop: _drop,
    c.DrainGateway: _drained,
    c.Found: _found,
    c.Mended: _found,
    c.Recount: _found,
    c.CloseFinding: _found,
}
