"""Refunds: money that was captured goes back to the buyer, never more of it than is left.

A refund counts from the moment it is made; one that fails later gives its amount back to what may be refunded.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from race_to_purchase.gateways.simulator import disputes, params
from race_to_purchase.gateways.simulator.cards import CARDS
from race_to_purchase.gateways.simulator.objects import Charge, PaymentIntent, Refund
from race_to_purchase.gateways.simulator.refusals import invalid, missing, rejected
from race_to_purchase.gateways.simulator.unit_of_work import UnitOfWork

replace = msgspec.structs.replace


def create(unit: UnitOfWork, ask: params.CreateRefund, _: str) -> Refund:
    """Pay back `amount`, or all that is left."""
    charge = _charge(unit, ask)
    if disputes.holds_money(unit, charge.payment_intent):
        raise rejected("This charge is disputed: the bank has its money.", code="charge_disputed")
    left = charge.amount_captured - charge.amount_refunded
    if left == 0:
        raise rejected(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = left if ask.amount is None else ask.amount
    if amount > left:
        raise rejected(f"The refund of {amount} is more than is left of the charge, {left}.", param="amount")
    if amount < 1:
        raise rejected("The amount of a refund must be above zero.", code="amount_too_small", param="amount")
    pending = CARDS[charge.payment_method].refunding == "pending"
    refund = Refund(
        id=unit.new_id(Refund),
        amount=amount,
        charge=charge.id,
        created=unit.now,
        currency=charge.currency,
        destination_details={"type": "card", "card": {"type": "pending" if pending else "refund"}},
        metadata=params.words(ask.metadata),
        payment_intent=charge.payment_intent,
        reason=ask.reason,
        status="pending" if pending else "succeeded",
    )
    return _pay_back(unit, refund, charge)


def retrieve(unit: UnitOfWork, _: params.Asked, name: str) -> Refund:
    """The refund as it is."""
    return found(unit, name)


def found(unit: UnitOfWork, name: str) -> Refund:
    """The refund of this id; Refused where there is none."""
    refund = unit.books.find(Refund, name)
    if refund is None:
        raise missing("refund", name, param="refund")
    return refund


def finish(unit: UnitOfWork, refund: Refund, outcome: Literal["succeeded", "failed"]) -> Refund:
    """What became of a refund in the end. Raises Refused where that is decided."""
    if refund.status == outcome:
        return refund
    if refund.status == "failed":
        raise rejected("This refund has failed for good.", code="refund_failed")
    if outcome == "succeeded":
        refund = replace(refund, status="succeeded")
        unit.books.update(refund)
    else:
        refund = _fail(unit, refund)
        unit.tell("refund.failed", refund)
    unit.tell("refund.updated", refund)
    return refund


def _pay_back(unit: UnitOfWork, refund: Refund, charge: Charge) -> Refund:
    movement = unit.book("refund", "refund", refund, -refund.amount)
    refund = replace(refund, balance_transaction=movement.id)
    returned = charge.amount_refunded + refund.amount
    charge = replace(charge, amount_refunded=returned, refunded=returned == charge.amount_captured)
    unit.books.add(refund, parent=charge.payment_intent)
    unit.books.update(charge)
    unit.books.move(charge.payment_intent, refunded=refund.amount)
    unit.tell("refund.created", refund)
    unit.tell("charge.refunded", charge)
    if CARDS[charge.payment_method].refunding == "failed":
        # The buyer's bank says so only later: the answer to this request is the refund that looks well.
        finish(unit, refund, "failed")
    return refund


def _fail(unit: UnitOfWork, refund: Refund) -> Refund:
    movement = unit.book("refund_failure", "refund_failure", refund, refund.amount)
    charge = unit.books.find(Charge, refund.charge)
    assert charge is not None, "a refund belongs to a charge"
    unit.books.update(replace(charge, amount_refunded=charge.amount_refunded - refund.amount, refunded=False))
    unit.books.move(refund.payment_intent, refunded=-refund.amount)
    refund = replace(
        refund,
        failure_balance_transaction=movement.id,
        failure_reason="lost_or_stolen_card",
        status="failed",
    )
    unit.books.update(refund)
    return refund


def _charge(unit: UnitOfWork, ask: params.CreateRefund) -> Charge:
    """The charge whose money goes back."""
    if (ask.charge is None) == (ask.payment_intent is None):
        raise invalid("Say either charge or payment_intent.", code="parameter_missing", param="payment_intent")
    if ask.payment_intent is not None:
        intent = unit.books.find(PaymentIntent, ask.payment_intent)
        if intent is None:
            raise missing("payment_intent", ask.payment_intent, param="payment_intent", status=404)
        name = intent.latest_charge if intent.status == "succeeded" else None
        charge = unit.books.find(Charge, name or "")
        if charge is None:
            message = f"Nothing of this payment was captured: its status is {intent.status}."
            raise rejected(message, code="payment_intent_unexpected_state", payment_intent=intent)
        return charge
    charge = unit.books.find(Charge, ask.charge or "")
    if charge is None:
        raise missing("charge", ask.charge or "", param="charge", status=404)
    if not charge.captured:
        raise rejected("Nothing of this charge was captured.", code="charge_not_captured")
    return charge
