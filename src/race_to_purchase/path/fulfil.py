"""Fulfil: tell the merchant's system that a captured order is theirs to send."""

from __future__ import annotations

from time import monotonic

from race_to_purchase.commit.committer import Committer
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.path import OrderTold
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.ports import Publisher
from race_to_purchase.rules.backoff import retry_delay_s
from race_to_purchase.rules.commands import Deliver
from race_to_purchase.rules.notices import order_paid
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Checkout, Order


async def fulfil(
    committer: Committer,
    known: KnownCheckout,
    publisher: Publisher,
    order: Order,
    checkout: Checkout,
    *,
    tries: int,
) -> Outcome:
    """Deliver, and record whether it was accepted. The message of an order always has the same id."""
    message_id = f"order-paid-{order.id}"
    began_s = monotonic()
    accepted = await publisher.deliver(message_id, "order.paid", order_paid(order, checkout))
    emit(OrderTold(known.drop_id, known.id, order.id, accepted, monotonic() - began_s))
    again_s = None if accepted else retry_delay_s(tries, message_id)
    return await committer.submit(Deliver(known.drop_id, known.id, known.pools, order.attempt_n, accepted, again_s))
