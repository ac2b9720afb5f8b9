"""What the sandbox answers where a payment was there before: from the books alone, free of I/O.

A key that comes again gets its first answer; a step that comes too late, or twice, is told how the payment stands.
"""

from __future__ import annotations

from race_to_purchase.gateways import KeyReused
from race_to_purchase.gateways.sandbox.books import NewPayment, PaidBack, Payment
from race_to_purchase.gateways.sandbox.methods import DECLINES, METHODS, Method
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    Refunded,
    RefundPending,
    Verdict,
    Voided,
)

REF_PREFIX = "sbx"

ACTIONS = "/sandbox/actions/"
"""Where buyers act, on whatever server has the sandbox; see `edge.sandbox`."""

_CAPTURE_REFUSALS = {
    "action_required": "payment_not_authorized",
    "authorized": "amount_too_large",
    "lapsed": "authorization_expired",
    "declined": "payment_declined",
    "voided": "authorization_voided",
}


def prefix_of(name: str) -> str:
    """What the refs of the sandbox called `name` begin with: several keep their payments apart in the same books."""
    return f"{REF_PREFIX}_" if name == "sandbox" else f"{REF_PREFIX}-{name}_"


def authorized_before(asked: NewPayment, payment: Payment) -> Verdict | Exception:
    """The first answer again, whatever has become of the payment since; KeyReused for another request."""
    if asked[1:5] != (payment.reference, payment.amount, payment.currency, payment.method):
        return KeyReused(f"{payment.ref} was authorized for another request")
    if METHODS[payment.method].acted is not None:
        return action_required(payment.ref)
    if payment.decline_code is not None:
        return DECLINES[payment.decline_code]
    return Authorized(payment.ref, payment.amount)


def action_required(ref: str) -> ActionRequired:
    """Where the buyer of a payment has to act."""
    return ActionRequired(ref, ACTIONS + ref)


def looked_up(payment: Payment | None) -> Verdict:
    """How a payment stands. A lapsed authorization shows only when it is captured."""
    if payment is None:
        return Absent()
    match payment.state:
        case "captured":
            return Captured(payment.ref, payment.captured)
        case "voided":
            return Voided(payment.ref)
        case "action_required":
            return action_required(payment.ref)
        case "declined":
            return DECLINES[payment.decline_code or ""]
        case _:
            return Authorized(payment.ref, payment.amount)


def captured(amount: int, key: str, payment: Payment | None) -> Verdict | Exception:
    """What became of a capture of `amount` under `key`, as the payment stands after it."""
    if payment is None:
        return CaptureRefused("unknown_payment")
    if payment.state != "captured":
        return CaptureRefused(_CAPTURE_REFUSALS[payment.state])
    if payment.capture_key == key and payment.captured != amount:
        return KeyReused(f"{payment.ref} was captured under this key with another amount")
    return Captured(payment.ref, payment.captured)


def voided(ref: str, payment: Payment | None) -> Verdict:
    """What became of a void, as the payment stands after it: Voided, unless it was captured or never made."""
    if payment is None:
        return Absent()
    return Captured(ref, payment.captured) if payment.state == "captured" else Voided(ref)


def refunded(
    ref: str, amount: int, before: PaidBack | None, payment: Payment | None, pending_s: float
) -> Verdict | Exception:
    """What became of a refund that was not made now; `before` is what its key paid back."""
    if before is not None and (before.ref, before.amount) == (ref, amount):
        return paid_back(before, payment, pending_s)
    if before is not None:
        return KeyReused("this key paid something else back")
    nothing_taken = payment is None or not payment.captured
    return Declined("not_captured" if nothing_taken else "more_than_captured", retryable=False)


def paid_back(made: PaidBack, payment: Payment | None, pending_s: float) -> Verdict:
    """How a refund stands: a pending one is done `pending_s` seconds after it was asked for."""
    pending = method_of(payment).refund == "pending" and made.age_s < pending_s
    return RefundPending(made.ref) if pending else Refunded(made.ref, made.amount)


def method_of(payment: Payment | None) -> Method:
    """How the payment's method behaves; one that is unknown by now behaves like any."""
    return METHODS.get(payment.method, Method()) if payment is not None else Method()
