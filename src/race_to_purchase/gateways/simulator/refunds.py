"""Refunds: money that was captured goes back to the buyer, never more of it than is left.

A refund counts from the moment it is made; one that fails later gives its amount back to what may be refunded.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from race_to_purchase.gateways.simulator import disputes, params
from race_to_purchase.gateways.simulator.cards import CARDS
from race_to_purchase.gateways.simulator.desk import Desk
from race_to_purchase.gateways.simulator.objects import Charge, PaymentIntent, Refund
from race_to_purchase.gateways.simulator.refusals import invalid, missing, rejected

replace = msgspec.structs.replace


def create(desk: Desk, ask: params.CreateRefund, _: str) -> Refund:
    """Pay back `amount`, or all that is left."""
    charge = _charge(desk, ask)
    if disputes.holds_money(desk, charge.payment_intent):
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
        id=desk.new_id(Refund),
        amount=amount,
        charge=charge.id,
        created=desk.now,
        currency=charge.currency,
        destination_details={"type": "card", "card": {"type": "pending" if pending else "refund"}},
        metadata=params.words(ask.metadata),
        payment_intent=charge.payment_intent,
        reason=ask.reason,
        status="pending" if pending else "succeeded",
    )
    return _pay_back(desk, refund, charge)


def retrieve(desk: Desk, _: params.Asked, name: str) -> Refund:
    """The refund as it is."""
    return found(desk, name)


def found(desk: Desk, name: str) -> Refund:
    """The refund of this id; Refused where there is none."""
    refund = desk.books.find(Refund, name)
    if refund is None:
        raise missing("refund", name, param="refund")
    return refund


def finish(desk: Desk, refund: Refund, outcome: Literal["succeeded", "failed"]) -> Refund:
    """What became of a refund in the end. Raises Refused where that is decided."""
    if refund.status == outcome:
        return refund
    if refund.status == "failed":
        raise rejected("This refund has failed for good.", code="refund_failed")
    if outcome == "succeeded":
        refund = replace(refund, status="succeeded")
        desk.books.update(refund)
    else:
        refund = _fail(desk, refund)
        desk.tell("refund.failed", refund)
    desk.tell("refund.updated", refund)
    return refund


def _pay_back(desk: Desk, refund: Refund, charge: Charge) -> Refund:
    movement = desk.book("refund", "refund", refund, -refund.amount)
    refund = replace(refund, balance_transaction=movement.id)
    returned = charge.amount_refunded + refund.amount
    charge = replace(charge, amount_refunded=returned, refunded=returned == charge.amount_captured)
    desk.books.add(refund, parent=charge.payment_intent)
    desk.books.update(charge)
    desk.books.move(charge.payment_intent, refunded=refund.amount)
    desk.tell("refund.created", refund)
    desk.tell("charge.refunded", charge)
    if CARDS[charge.payment_method].refunding == "failed":
        # The buyer's bank says so only later: the answer to this request is the refund that looks well.
        finish(desk, refund, "failed")
    return refund


def _fail(desk: Desk, refund: Refund) -> Refund:
    movement = desk.book("refund_failure", "refund_failure", refund, refund.amount)
    charge = desk.books.find(Charge, refund.charge)
    assert charge is not None, "a refund belongs to a charge"
    desk.books.update(replace(charge, amount_refunded=charge.amount_refunded - refund.amount, refunded=False))
    desk.books.move(refund.payment_intent, refunded=-refund.amount)
    refund = replace(
        refund,
        failure_balance_transaction=movement.id,
        failure_reason="lost_or_stolen_card",
        status="failed",
    )
    desk.books.update(refund)
    return refund


def _charge(desk: Desk, ask: params.CreateRefund) -> Charge:
    """The charge whose money goes back."""
    if (ask.charge is None) == (ask.payment_intent is None):
        raise invalid("Say either charge or payment_intent.", code="parameter_missing", param="payment_intent")
    if ask.payment_intent is not None:
        intent = desk.books.find(PaymentIntent, ask.payment_intent)
        if intent is None:
            raise missing("payment_intent", ask.payment_intent, param="payment_intent", status=404)
        name = intent.latest_charge if intent.status == "succeeded" else None
        charge = desk.books.find(Charge, name or "")
        if charge is None:
            message = f"Nothing of this payment was captured: its status is {intent.status}."
            raise rejected(message, code="payment_intent_unexpected_state", payment_intent=intent)
        return charge
    charge = desk.books.find(Charge, ask.charge or "")
    if charge is None:
        raise missing("charge", ask.charge or "", param="charge", status=404)
    if not charge.captured:
        raise rejected("Nothing of this charge was captured.", code="charge_not_captured")
    return charge
