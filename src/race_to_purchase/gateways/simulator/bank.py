"""What the bank behind a card does: approve, refuse, ask for authentication, take its time, take money, let go of it.

Every function takes a payment that may do this step, and leaves payment, charge, books and events saying the same.
A refusal is written first, and raised afterwards as the error that the merchant gets.
"""

from __future__ import annotations

from typing import Any

import msgspec

from race_to_purchase.gateways.simulator import disputes
from race_to_purchase.gateways.simulator.cards import CARDS, DECLINES, Card, Decline
from race_to_purchase.gateways.simulator.objects import Charge, PaymentIntent
from race_to_purchase.gateways.simulator.params import ConfirmIntent
from race_to_purchase.gateways.simulator.refusals import Refused, declined
from race_to_purchase.gateways.simulator.unit_of_work import UnitOfWork

OPERATION = "payment_intents.confirm"
"""The name under which fault rules find what the bank does, whichever request it comes from."""

replace = msgspec.structs.replace


def attempt(unit: UnitOfWork, intent: PaymentIntent, ask: ConfirmIntent) -> PaymentIntent:
    """Put a payment with a card before the bank. Raises Refused after it has written a decline."""
    card = CARDS[intent.payment_method or ""]
    away = bool(ask.off_session)
    if card.authenticates == "always" or (card.authenticates == "off_session" and away):
        if away or ask.error_on_requires_action:
            raise refuse(unit, intent, DECLINES["authentication_required"])
        return _ask_buyer(unit, intent, ask.return_url)
    return decide(unit, intent)


def decide(unit: UnitOfWork, intent: PaymentIntent) -> PaymentIntent:
    """The bank's answer, once nothing more is wanted of the buyer. Raises Refused after it has written a decline."""
    name = intent.payment_method or ""
    card = CARDS[name]
    decline = card.decline or unit.faults.decline(OPERATION, name)
    if decline is not None:
        raise refuse(unit, intent, decline)
    waits, seconds = (True, None) if card.waits else unit.faults.waiting(OPERATION, name)
    if not waits:
        return approve(unit, intent)
    waiting = replace(intent, status="processing", next_action=None, processing={"type": "card", "card": {}})
    unit.books.update(waiting)
    unit.books.set_due(intent.id, None if seconds is None else unit.now_s + seconds)
    unit.tell("payment_intent.processing", waiting)
    return waiting


def approve(unit: UnitOfWork, intent: PaymentIntent) -> PaymentIntent:
    """The bank holds the amount; with automatic capture it is taken at once."""
    manual = intent.capture_method == "manual"
    until = int(unit.now_s + unit.terms.authorization_s) if manual else None
    charge = _charge(unit, intent, status="succeeded", paid=True, until=until)
    held = replace(
        intent,
        amount_capturable=intent.amount,
        last_payment_error=None,
        latest_charge=charge.id,
        next_action=None,
        processing=None,
        status="requires_capture",
    )
    unit.books.add(charge, parent=intent.id)
    unit.books.move(intent.id, authorized=intent.amount, held=intent.amount)
    unit.tell("charge.succeeded", charge)
    if not manual:
        return take(unit, held, intent.amount)
    unit.books.update(held)
    unit.books.set_due(intent.id, until)
    unit.tell("payment_intent.amount_capturable_updated", held)
    return held


def refuse(unit: UnitOfWork, intent: PaymentIntent, decline: Decline) -> Refused:
    """Write that the bank said no; the error that tells it."""
    charge = _charge(unit, intent, status="failed", paid=False, until=None, decline=decline)
    unit.books.add(charge, parent=intent.id)
    return _fail(unit, intent, decline, charge)


def unauthenticated(unit: UnitOfWork, intent: PaymentIntent) -> PaymentIntent:
    """Write that the buyer did not authenticate; the payment wants another card."""
    decline = Decline("payment_intent_authentication_failure", message="The buyer could not be authenticated.")
    _fail(unit, intent, decline, None)
    return unit.books.find(PaymentIntent, intent.id) or intent


def take(unit: UnitOfWork, intent: PaymentIntent, amount: int) -> PaymentIntent:
    """Capture `amount` of what is held, let go of the rest, and credit the merchant."""
    charge = _held_charge(unit, intent)
    movement = unit.book("charge", "charge", charge, amount, fee=unit.terms.fee(amount), description=intent.description)
    charge = replace(charge, amount_captured=amount, captured=True, balance_transaction=movement.id)
    taken = replace(intent, amount_capturable=0, amount_received=amount, status="succeeded")
    unit.books.update(charge)
    unit.books.update(taken)
    unit.books.move(intent.id, held=-intent.amount_capturable, captured=amount)
    unit.books.set_due(intent.id, None)
    if intent.capture_method == "manual":
        unit.tell("charge.captured", charge)
    unit.tell("payment_intent.succeeded", taken)
    card = CARDS[charge.payment_method]
    if card.disputed is not None:
        disputes.open_dispute(unit, taken, amount, card.disputed, inquiry=card.inquiry)
    return taken


def release(unit: UnitOfWork, intent: PaymentIntent, reason: str | None) -> PaymentIntent:
    """Cancel a payment; what was held is the buyer's again."""
    gone = replace(
        intent,
        amount_capturable=0,
        canceled_at=unit.now,
        cancellation_reason=reason,
        next_action=None,
        processing=None,
        status="canceled",
    )
    unit.books.update(gone)
    unit.books.move(intent.id, held=-intent.amount_capturable)
    unit.books.set_due(intent.id, None)
    if intent.amount_capturable:
        charge = replace(_held_charge(unit, intent), refunded=True, amount_refunded=intent.amount_capturable)
        unit.books.update(charge)
        unit.tell("charge.expired" if reason == "automatic" else "charge.refunded", charge)
    unit.tell("payment_intent.canceled", gone)
    return gone


def lapsed(unit: UnitOfWork, intent: PaymentIntent) -> PaymentIntent:
    """The payment, cancelled now if its authorization is too old to be captured."""
    if intent.status != "requires_capture" or unit.now_s < _capture_before(_held_charge(unit, intent)):
        return intent
    return release(unit, intent, "automatic")


def _ask_buyer(unit: UnitOfWork, intent: PaymentIntent, return_url: str | None) -> PaymentIntent:
    """Send the buyer to a page of the bank."""
    action = {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": unit.page(intent.id)},
    }
    asking = replace(intent, status="requires_action", next_action=action)
    unit.books.update(asking)
    unit.tell("payment_intent.requires_action", asking)
    return asking


def _fail(unit: UnitOfWork, intent: PaymentIntent, decline: Decline, charge: Charge | None) -> Refused:
    extra: dict[str, Any] = {
        "advice_code": decline.advice_code,
        "charge": None if charge is None else charge.id,
        "payment_method": {"id": intent.payment_method, "object": "payment_method", "type": "card"},
    }
    refused = declined(decline.code, decline.decline_code, decline.message, **extra)
    failed = replace(
        intent,
        last_payment_error=refused.error,
        latest_charge=intent.latest_charge if charge is None else charge.id,
        next_action=None,
        payment_method=None,
        processing=None,
        status="requires_payment_method",
    )
    unit.books.update(failed)
    unit.books.set_due(intent.id, None)
    if charge is not None:
        unit.tell("charge.failed", charge)
    unit.tell("payment_intent.payment_failed", failed)
    return declined(decline.code, decline.decline_code, decline.message, **extra, payment_intent=failed)


def _charge(
    unit: UnitOfWork,
    intent: PaymentIntent,
    *,
    status: Any,
    paid: bool,
    until: int | None,
    decline: Decline | None = None,
) -> Charge:
    card = CARDS[intent.payment_method or ""]
    return Charge(
        id=unit.new_id(Charge),
        amount=intent.amount,
        created=unit.now,
        currency=intent.currency,
        customer=intent.customer,
        description=intent.description,
        failure_code=None if decline is None else decline.code,
        failure_message=None if decline is None else decline.message,
        metadata=intent.metadata,
        outcome=_outcome(decline),
        paid=paid,
        payment_intent=intent.id,
        payment_method=intent.payment_method or "",
        payment_method_details=_details(card, intent.amount, until),
        receipt_email=intent.receipt_email,
        shipping=intent.shipping,
        statement_descriptor=intent.statement_descriptor,
        statement_descriptor_suffix=intent.statement_descriptor_suffix,
        status=status,
        transfer_group=intent.transfer_group,
    )


def _outcome(decline: Decline | None) -> dict[str, Any]:
    if decline is None:
        return {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": decline.advice_code,
        "network_status": "declined_by_network",
        "reason": decline.decline_code or decline.code,
        "risk_level": "normal",
        "seller_message": decline.message,
        "type": "issuer_declined",
    }


def _details(card: Card, amount: int, until: int | None) -> dict[str, Any]:
    if card.waits:
        return {"type": card.brand, card.brand: {"last4": card.last4}}
    details = {
        "amount_authorized": amount,
        "brand": card.brand,
        "capture_before": until,
        "country": card.country,
        "exp_month": 12,
        "exp_year": 2034,
        "funding": "credit",
        "last4": card.last4,
        "network": card.brand,
        "three_d_secure": None,
    }
    return {"type": "card", "card": details}


def _held_charge(unit: UnitOfWork, intent: PaymentIntent) -> Charge:
    charge = unit.books.find(Charge, intent.latest_charge or "")
    assert charge is not None, "what is held was charged"
    return charge


def _capture_before(charge: Charge) -> float:
    details = charge.payment_method_details.get("card", {})
    return float(details.get("capture_before") or float("inf"))
