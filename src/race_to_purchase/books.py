"""What a gateway's own list says against our rows: one pure comparison, payment by payment.

`race audit` and the reconciliation loop ask it alike. It names a difference and the one right answer where there is
one; it repairs nothing. The list is read before the rows, so a row that is ahead of the list is no difference, while
an attempt that has ended stays ended.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from race_to_purchase.ports import Booked, GatewayPayment
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.rows import Attempt, Repair

REFERENCE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([1-9][0-9]{0,8})")
"""How we name an attempt at a gateway: checkout and number."""

ENDED = frozenset({"declined", "voided", "capture_failed"})
"""States in which an attempt has no order and never will: what its payment still holds or took is for nothing."""

SENTENCES = {
    "authorization_left_open": "Every authorization will be used or voided.",
    "charged_without_order": "The gateway keeps money for orders alone.",
    "charged_twice": "The gateway took money for a checkout once.",
    "capture_missing_at_gateway": "The gateway has captured what we say it has.",
    "captured_amount_differs": "The gateway has captured the amount that was agreed.",
    "refunds_differ_at_gateway": "The gateway paid back what we say it did.",
    "undecided": "What the gateway has decided is decided here.",
    "unknown_reference": "Every payment at the gateway belongs to an attempt.",
}
"""What must hold, by the kind of difference."""


class Difference(msgspec.Struct, frozen=True):
    """`payment` differs from our attempt `n` of `checkout_id` (None, 0 where it names none); `amount` minor units."""

    kind: str
    ref: str
    detail: str
    repair: Repair = ""
    checkout_id: str | None = None
    n: int = 0
    amount: int = 0


def named(payment: GatewayPayment) -> tuple[str, int] | None:
    """The attempt that a payment says it is for."""
    found = REFERENCE.fullmatch(payment.reference or "")
    return None if found is None else (found[1], int(found[2]))


def checkouts_of(payments: Iterable[GatewayPayment]) -> list[str]:
    """The checkouts whose rows have to be read before these payments can be compared."""
    return sorted({name[0] for payment in payments if (name := named(payment)) is not None})


def compare(
    payment: GatewayPayment, booked: Mapping[str, Booked], gateway: str, listed_at: datetime
) -> Difference | None:
    """The difference between one payment of `gateway` and the rows of its checkout, if there is one.

    `listed_at` is when the list was begun, by the clock of the rows: what ended here since then may be missing in it.
    """
    name = named(payment)
    rows = None if name is None else booked.get(name[0])
    attempt = None if name is None or rows is None else rows.attempts.get(name[1])
    if attempt is None or rows is None:
        return _nobodys(payment)
    if attempt.gateway != gateway:
        # Two gateways may share one account: then the other one's list is where it is judged.
        return None if attempt.gateway_ref in (None, payment.ref) else _nobodys(payment)
    if attempt.gateway_ref not in (None, payment.ref):
        return _another(payment, rows, attempt)
    kept = payment.captured - payment.refunded
    match payment.state:
        case "authorized":
            return _authorized(payment, attempt)
        case "captured" if kept > 0:
            return _captured(payment, rows, attempt, kept) or _given_back(payment, rows, attempt, listed_at)
        case "captured":
            return _given_back(payment, rows, attempt, listed_at)
        case "voided" | "declined":
            return _given_up(payment, attempt)
        case _:
            return None


def _of(payment: GatewayPayment, attempt: Attempt, kind: str, repair: Repair = "", amount: int = 0) -> Difference:
    detail = f"payment {payment.ref} is {payment.state}, attempt is {attempt.state}"
    if kind == "captured_amount_differs":
        detail = f"{payment.captured} {payment.currency} instead of {attempt.amount} {attempt.currency}"
    return Difference(kind, payment.ref, detail, repair, attempt.checkout_id, attempt.n, amount or payment.amount)


def _nobodys(payment: GatewayPayment) -> Difference | None:
    """Others may use the same account: what is not ours is told, and left alone."""
    holds = payment.state == "authorized" or payment.captured > payment.refunded
    if not holds:
        return None
    detail = f"payment {payment.ref} is {payment.state}, its reference is {payment.reference!r}"
    return Difference("unknown_reference", payment.ref, detail, amount=payment.amount)


def _another(payment: GatewayPayment, rows: Booked, attempt: Attempt) -> Difference | None:
    """A second payment under one attempt: nobody will ever use it."""
    kept = payment.captured - payment.refunded
    if payment.state == "authorized":
        return _of(payment, attempt, "authorization_left_open", "void")
    if kept <= 0:
        return None
    if rows.order is not None and rows.order.attempt_n == attempt.n:
        return _of(payment, attempt, "charged_twice", amount=kept)
    ended = attempt.state in ENDED
    return _of(payment, attempt, "charged_without_order", "refund" if ended else "", kept)


def _authorized(payment: GatewayPayment, attempt: Attempt) -> Difference | None:
    if attempt.state in OPEN:
        return _of(payment, attempt, "undecided", "resolve")
    if attempt.state in ENDED:
        return _of(payment, attempt, "authorization_left_open", "void")
    if attempt.state == "captured":
        return _of(payment, attempt, "capture_missing_at_gateway")
    return None  # A committed one will be captured and a doomed one voided: their tasks say so.


def _captured(payment: GatewayPayment, rows: Booked, attempt: Attempt, kept: int) -> Difference | None:
    if attempt.state in OPEN or attempt.state == "committed":
        return _of(payment, attempt, "undecided", "resolve")
    if attempt.state in ENDED:
        return _of(payment, attempt, "charged_without_order", "refund", kept)
    if attempt.state == "doomed":
        return None
    if rows.order is None:
        return _of(payment, attempt, "charged_without_order", amount=kept)
    if rows.order.attempt_n != attempt.n:
        return _of(payment, attempt, "charged_twice", amount=kept)
    if (payment.captured, payment.currency) != (attempt.amount, attempt.currency):
        return _of(payment, attempt, "captured_amount_differs", amount=abs(payment.captured - attempt.amount))
    return None


def _given_back(payment: GatewayPayment, rows: Booked, attempt: Attempt, listed_at: datetime) -> Difference | None:
    """What the gateway paid back of an order, against its refunds here: what is done, and what may be."""
    if rows.order is None or rows.order.attempt_n != attempt.n or attempt.state != "captured":
        return None
    done = pending = 0
    for refund in rows.refunds:
        since = refund.ended_at is not None and refund.ended_at > listed_at
        if refund.state == "done" and not since:
            done += refund.amount
        elif refund.state != "failed" or since:
            pending += refund.amount
    if done <= payment.refunded <= done + pending:
        return None
    detail = f"{payment.refunded} paid back, we say {done} and {pending} pending"
    repair: Repair = "ask" if payment.refunded < done else ""
    amount = abs(payment.refunded - done)
    return Difference("refunds_differ_at_gateway", payment.ref, detail, repair, attempt.checkout_id, attempt.n, amount)


def _given_up(payment: GatewayPayment, attempt: Attempt) -> Difference | None:
    if attempt.state in OPEN:
        return _of(payment, attempt, "undecided", "resolve")
    if attempt.state == "captured":
        return _of(payment, attempt, "capture_missing_at_gateway")
    return None


def missing(attempt: Attempt) -> Difference:
    """An attempt that took its money by our rows, of which the gateway knows nothing."""
    ref = attempt.gateway_ref or ""
    detail = f"payment {ref} is missing, attempt is {attempt.state}"
    return Difference("capture_missing_at_gateway", ref, detail, "", attempt.checkout_id, attempt.n, attempt.amount)


T = TypeVar("T")


async def by(count: int, things: AsyncIterator[T]) -> AsyncIterator[Sequence[T]]:
    """The same things, `count` at a time."""
    some: list[T] = []
    async for thing in things:
        some.append(thing)
        if len(some) == count:
            yield some
            some = []
    if some:
        yield some
