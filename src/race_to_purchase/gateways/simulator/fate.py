"""What somebody outside decides: the buyer at the bank's page, the bank about a payment, a refund or a dispute.

Rehearsals decide it through the control API, people on a page; here is what then happens.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from race_to_purchase.gateways.simulator import bank, disputes, refunds
from race_to_purchase.gateways.simulator.cards import DECLINES
from race_to_purchase.gateways.simulator.core import Gateway
from race_to_purchase.gateways.simulator.objects import Charge, Dispute, Event, PaymentIntent, Refund
from race_to_purchase.gateways.simulator.refusals import Refused, invalid, missing, rejected
from race_to_purchase.gateways.simulator.unit_of_work import UnitOfWork


class OpenDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A buyer goes to the bank; without an amount, for all that is left of the payment."""

    payment_intent: str
    amount: int | None = None
    reason: str = "fraudulent"
    inquiry: bool = False


async def finish_payment(gateway: Gateway, name: str, outcome: Literal["succeeded", "failed"]) -> PaymentIntent:
    """End what a payment waits for. Raises Refused where it waits for nothing."""
    return await gateway.transact(lambda unit: _finish(unit, _payment(unit, name), outcome))


async def finish_refund(gateway: Gateway, name: str, outcome: Literal["succeeded", "failed"]) -> Refund:
    """The buyer's bank took the money, or sent it back. Raises Refused where that is decided."""
    return await gateway.transact(lambda unit: refunds.finish(unit, refunds.found(unit, name), outcome))


async def open_dispute(gateway: Gateway, ask: OpenDispute) -> Dispute:
    """A buyer goes to the bank. Raises Refused for what cannot be disputed."""
    if ask.reason not in disputes.REASONS:
        raise invalid(f"The reason is one of {', '.join(disputes.REASONS)}.", param="reason")

    def work(unit: UnitOfWork) -> Dispute:
        intent = _payment(unit, ask.payment_intent)
        charge = unit.books.find(Charge, intent.latest_charge or "")
        left = 0 if charge is None else charge.amount_captured - charge.amount_refunded
        amount = left if ask.amount is None else ask.amount
        return disputes.open_dispute(unit, intent, amount, ask.reason, inquiry=ask.inquiry)

    return await gateway.transact(work)


async def resolve_dispute(gateway: Gateway, name: str, outcome: Literal["won", "lost"]) -> Dispute:
    """The bank decides. Raises Refused where it has decided."""
    return await gateway.transact(lambda unit: disputes.resolve(unit, disputes.found(unit, name), outcome))


async def send_again(gateway: Gateway, name: str) -> Event:
    """Owe the merchant the message of an event once more. Raises Refused where there is no such event."""

    def work(unit: UnitOfWork) -> Event:
        event = unit.books.find(Event, name)
        if event is None:
            raise missing("event", name)
        unit.owe_again(event)
        return event

    return await gateway.transact(work)


def _finish(unit: UnitOfWork, intent: PaymentIntent, outcome: Literal["succeeded", "failed"]) -> PaymentIntent:
    try:
        match intent.status, outcome:
            case "requires_action", "succeeded":
                return bank.decide(unit, intent)
            case "requires_action", "failed":
                return bank.unauthenticated(unit, intent)
            case "processing", "succeeded":
                return bank.approve(unit, intent)
            case "processing", "failed":
                raise bank.refuse(unit, intent, DECLINES["generic_decline"])
    except Refused:
        # The decline is written: whoever decided is told how the payment stands, and not that it was refused.
        return _payment(unit, intent.id)
    raise rejected(f"This payment waits for nothing: its status is {intent.status}.", param="id")


def _payment(unit: UnitOfWork, name: str) -> PaymentIntent:
    intent = unit.books.find(PaymentIntent, name)
    if intent is None:
        raise missing("payment_intent", name)
    return intent
