"""What the API does to payments: create, confirm, capture, cancel. What the bank says to it is in `bank`.

`ALLOWED` says which step a payment in which state may take; every other one is refused and changes nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from race_to_purchase.gateways.simulator import bank, params
from race_to_purchase.gateways.simulator.cards import CARDS
from race_to_purchase.gateways.simulator.objects import PaymentIntent
from race_to_purchase.gateways.simulator.refusals import missing, rejected, unexpected_state
from race_to_purchase.gateways.simulator.unit_of_work import UnitOfWork
from race_to_purchase.rules.money import EXPONENTS

AMOUNT_MIN = 50
AMOUNT_MAX = 99_999_999

ALLOWED: dict[str, tuple[str, ...]] = {
    "confirmed": ("requires_payment_method", "requires_confirmation", "requires_action"),
    "captured": ("requires_capture",),
    "canceled": (
        "requires_payment_method",
        "requires_capture",
        "requires_confirmation",
        "requires_action",
        "processing",
    ),
}
"""By what is done to a payment: the states from which it can be."""


def create(unit: UnitOfWork, ask: params.CreateIntent, _: str) -> PaymentIntent:
    """A new payment; with `confirm`, all the way to what the bank says."""
    _require_amount(ask.amount, ask.currency)
    _require_card(ask.payment_method)
    name = unit.new_id(PaymentIntent)
    intent = PaymentIntent(
        id=name,
        amount=ask.amount,
        allowed_payment_method_types=ask.allowed_payment_method_types,
        automatic_payment_methods=_automatic(ask.automatic_payment_methods),
        capture_method=ask.capture_method or "automatic",
        client_secret=unit.books.names.secret(name),
        confirmation_method=ask.confirmation_method,
        created=unit.now,
        currency=ask.currency.lower(),
        customer=ask.customer,
        description=ask.description,
        metadata=params.words(ask.metadata),
        payment_method=ask.payment_method,
        payment_method_options=ask.payment_method_options or {},
        payment_method_types=ask.allowed_payment_method_types or ["card"],
        receipt_email=ask.receipt_email,
        setup_future_usage=ask.setup_future_usage or None,
        shipping=ask.shipping,
        statement_descriptor=ask.statement_descriptor,
        statement_descriptor_suffix=ask.statement_descriptor_suffix,
        status="requires_confirmation" if ask.payment_method else "requires_payment_method",
        transfer_group=ask.transfer_group,
    )
    if ask.confirm and not ask.payment_method:
        raise _no_card(intent)
    unit.books.add(intent)
    unit.books.open_account(intent)
    unit.tell("payment_intent.created", intent)
    return bank.attempt(unit, intent, ask) if ask.confirm else intent


def retrieve(unit: UnitOfWork, _: params.Asked, name: str) -> PaymentIntent:
    """The payment as it is."""
    return _found(unit, name)


def confirm(unit: UnitOfWork, ask: params.ConfirmIntent, name: str) -> PaymentIntent:
    """Ask the bank, with the card that is given now or was given before."""
    intent = _found(unit, name)
    _require(intent, "confirmed")
    _require_card(ask.payment_method)
    card = ask.payment_method or intent.payment_method
    if card is None:
        raise _no_card(intent)
    changes: dict[str, Any] = {"payment_method": card, "last_payment_error": None, "next_action": None}
    for field in ("capture_method", "payment_method_options", "receipt_email", "shipping"):
        if (value := getattr(ask, field)) is not None:
            changes[field] = value
    if ask.allowed_payment_method_types:
        changes["allowed_payment_method_types"] = changes["payment_method_types"] = ask.allowed_payment_method_types
    if ask.setup_future_usage is not None:
        changes["setup_future_usage"] = ask.setup_future_usage or None
    return bank.attempt(unit, msgspec.structs.replace(intent, **changes), ask)


def capture(unit: UnitOfWork, ask: params.CaptureIntent, name: str) -> PaymentIntent:
    """Take what the bank holds, or a part of it; the rest goes back to the buyer."""
    intent = bank.lapsed(unit, _found(unit, name))
    _require(intent, "captured")
    amount = intent.amount_capturable if ask.amount_to_capture is None else ask.amount_to_capture
    if amount > intent.amount_capturable:
        message = f"The amount to capture, {amount}, is more than can be captured: {intent.amount_capturable}."
        raise rejected(message, code="amount_too_large", param="amount_to_capture")
    if amount < 1:
        raise rejected("The amount to capture must be above zero.", code="amount_too_small", param="amount_to_capture")
    if not ask.final_capture:
        raise rejected("Capturing in several steps is not simulated.", param="final_capture")
    changes = {"metadata": {**intent.metadata, **params.words(ask.metadata)}}
    return bank.take(unit, msgspec.structs.replace(intent, **changes), amount)


def cancel(unit: UnitOfWork, ask: params.CancelIntent, name: str) -> PaymentIntent:
    """Give up a payment; what the bank holds goes back to the buyer."""
    intent = bank.lapsed(unit, _found(unit, name))
    _require(intent, "canceled")
    return bank.release(unit, intent, ask.cancellation_reason)


def _found(unit: UnitOfWork, name: str) -> PaymentIntent:
    intent = unit.books.find(PaymentIntent, name)
    if intent is None:
        raise missing("payment_intent", name, param="intent")
    return intent


def _require(intent: PaymentIntent, step: str) -> None:
    if intent.status not in ALLOWED[step]:
        raise unexpected_state(intent, step, list(ALLOWED[step]))


def _require_amount(amount: int, currency: str) -> None:
    if currency.upper() not in EXPONENTS:
        raise rejected(f"Invalid currency: {currency[:20]}", param="currency")
    if amount < AMOUNT_MIN:
        message = f"The amount must be {AMOUNT_MIN} at least."
        raise rejected(message, code="amount_too_small", param="amount")
    if amount > AMOUNT_MAX:
        message = f"The amount must be {AMOUNT_MAX} at most."
        raise rejected(message, code="amount_too_large", param="amount")


def _require_card(name: str | None) -> None:
    if name is not None and name not in CARDS:
        raise missing("PaymentMethod", name, param="payment_method", status=400)


def _no_card(intent: PaymentIntent) -> Exception:
    message = "A payment cannot be confirmed without a payment method."
    return rejected(message, code="payment_intent_unexpected_state", payment_intent=intent)


def _automatic(asked: dict[str, Any] | None) -> dict[str, Any] | None:
    if asked is None:
        return None
    return {"allow_redirects": asked.get("allow_redirects", "always"), "enabled": asked.get("enabled") == "true"}
