"""What somebody needs who answers a dispute: which are open, and everything that is known of an order, on one page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from race_to_purchase.ports import AftersaleCounts, AftersaleReads, Reads
from race_to_purchase.rules.aftersale import DisputeRow, DisputeState
from race_to_purchase.rules.answers import RefundView, refund_view
from race_to_purchase.rules.rows import Attempt, CheckoutState, Happened, Quote

OPEN_MAX = 1000
"""So many open disputes are listed; whoever has more of them needs the first ones first."""

COUNTED = timedelta(days=120)
"""How far back M14 counts: buyers may dispute for about so long."""


class Asked(Reads, AftersaleReads, Protocol):
    """A store that answers both kinds of questions."""


class DisputeView(msgspec.Struct, frozen=True):
    """A dispute as its merchant sees it; amounts in minor units, `status` in the gateway's own word."""

    id: str
    order: str
    gateway: str
    state: DisputeState
    status: str
    amount: int
    fee: int
    currency: str
    reason: str
    opened_at: datetime
    due_by: datetime | None
    closed_at: datetime | None


class OpenDisputes(msgspec.Struct, frozen=True):
    """Disputes that have not ended, those that need an answer first; and how many orders come to one.

    `orders` and `disputed` count orders of the last 120 days, and `chargeback_rate` is their share (M14).
    """

    disputes: tuple[DisputeView, ...]
    orders: int
    disputed: int
    chargeback_rate: float | None


class Payment(msgspec.Struct, frozen=True):
    """The payment that an order stands for; `captured` is what was taken of it."""

    gateway: str
    ref: str
    method: str
    attempt: int
    captured: int
    refunded: int
    lost: int


class Evidence(msgspec.Struct, frozen=True):
    """Everything that is known of an order, for whoever has to prove it; the buyer by the storefront's own id."""

    order: str
    drop: str
    buyer: str
    state: CheckoutState
    amount: int
    currency: str
    placed_at: datetime
    delivered_at: datetime | None
    quote: Quote
    payment: Payment
    refunds: tuple[RefundView, ...]
    disputes: tuple[DisputeView, ...]
    timeline: tuple[Happened, ...]


class DisputeDesk:
    """Looks, and changes nothing."""

    def __init__(self, reads: Asked) -> None:
        self._reads = reads

    async def open(self) -> OpenDisputes:
        """What has to be answered."""
        rows = await self._reads.open_disputes(OPEN_MAX)
        counts = await self.counts()
        views = tuple(dispute_view(row) for row in rows)
        return OpenDisputes(views, counts.orders, counts.disputed, counts.chargeback_rate)

    async def counts(self) -> AftersaleCounts:
        """M14's numbers over the span in which buyers may dispute."""
        return await self._reads.aftersale_counts(await self._reads.now() - COUNTED)

    async def evidence(self, order_id: str) -> Evidence | None:
        """The page of one order; None where there is no such order."""
        order, checkout = await self._reads.order(order_id), await self._reads.checkout(order_id)
        if order is None or checkout is None:
            return None
        attempt = await self._reads.attempt(order_id, order.attempt_n)
        assert attempt is not None, "an order names its attempt"
        after = await self._reads.after(order_id)
        timeline = tuple(await self._reads.history(order_id))
        guard = after.guards.get(order_id)
        return Evidence(
            order=order.id,
            drop=order.drop_id,
            buyer=order.buyer,
            state=checkout.state,
            amount=order.amount,
            currency=order.currency,
            placed_at=order.placed_at,
            delivered_at=next((line.at for line in timeline if line.what == "fulfilled"), None),
            quote=checkout.quote,
            payment=_payment(attempt, refunded=guard.refunded if guard else 0, lost=guard.lost if guard else 0),
            refunds=tuple(refund_view(row) for row in after.refunds_of(order_id)),
            disputes=tuple(dispute_view(row) for row in after.disputes.values()),
            timeline=timeline,
        )


def dispute_view(row: DisputeRow) -> DisputeView:
    """What the merchant sees of a dispute."""
    return DisputeView(
        row.id,
        row.order_id,
        row.gateway,
        row.state,
        row.status,
        row.amount,
        row.fee,
        row.currency,
        row.reason,
        row.opened_at,
        row.due_by,
        row.closed_at,
    )


def _payment(attempt: Attempt, *, refunded: int, lost: int) -> Payment:
    captured = attempt.amount if attempt.state == "captured" else 0
    ref = attempt.gateway_ref or ""
    return Payment(attempt.gateway, ref, attempt.method, attempt.n, captured, refunded, lost)
