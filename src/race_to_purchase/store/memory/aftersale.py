"""What follows orders, in memory: the tables of refunds and disputes, and the questions about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from race_to_purchase.ports import AftersaleCounts, Rejected
from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.rows import Checkout, Entry, Order
from race_to_purchase.rules.snapshot import AftersaleTables, Posted
from race_to_purchase.store.memory.tables import check_versions, pick, write


class AfterTables:
    """The tables; part of `memory.Rows`."""

    entries: dict[tuple[str, int], Entry]
    orders: dict[str, Order]
    checkouts: dict[str, Checkout]

    def __init__(self) -> None:
        self.guards: dict[str, Refundable] = {}
        self.refunds: dict[tuple[str, int], RefundRow] = {}
        self.disputes: dict[tuple[str, str], DisputeRow] = {}

    def after(self, order_ids: set[str]) -> AftersaleTables:
        """What has followed some orders."""
        sales = pick(self.entries, ((order_id, 0) for order_id in order_ids))
        numbers = [order_id for order_id, _ in self.entries if order_id in order_ids]
        return AftersaleTables(
            pick(self.guards, order_ids),
            {name: row for name, row in self.refunds.items() if row.order_id in order_ids},
            {name: row for name, row in self.disputes.items() if row.order_id in order_ids},
            {order_id: Posted(sale, numbers.count(order_id)) for (order_id, _), sale in sales.items()},
        )

    def check_after(self, after: AftersaleTables) -> None:
        """Conflict or Rejected, as for all tables."""
        check_versions(after.guards, self.guards)
        check_versions(after.refunds, self.refunds)
        check_versions(after.disputes, self.disputes)
        for guard in after.guards.values():
            if min(guard.left, guard.pending, guard.refunded, guard.lost, guard.disputes) < 0:
                raise Rejected(f"{guard} would give back more than was captured")

    def write_after(self, after: AftersaleTables) -> None:
        """What was put."""
        write(after.guards, self.guards)
        write(after.refunds, self.refunds)
        write(after.disputes, self.disputes)


class MemoryAftersale:
    """`ports.AftersaleReads`; part of `memory.MemoryStore`."""

    @property
    def rows(self) -> AfterTables:
        """The tables."""
        raise NotImplementedError

    async def after(self, order_id: str) -> AftersaleTables:
        """See the port, here and below."""
        return self.rows.after({order_id})

    async def open_disputes(self, limit: int) -> Sequence[DisputeRow]:
        live = (row for row in self.rows.disputes.values() if row.closed_at is None)
        far = datetime.max.replace(tzinfo=UTC)
        return sorted(live, key=lambda row: (row.due_by or far, row.opened_at, row.gateway, row.id))[:limit]

    async def aftersale_counts(self, since: datetime) -> AftersaleCounts:
        orders = {row.id for row in self.rows.orders.values() if self.rows.checkouts[row.id].created_at >= since}
        guards = [row for row in self.rows.guards.values() if row.order_id in orders]
        taken = {row.order_id for row in self.rows.disputes.values() if row.state in ("open", "won", "lost")}
        refunded, lost = sum(row.refunded > 0 for row in guards), sum(row.lost > 0 for row in guards)
        return AftersaleCounts(len(orders), len(orders & taken), refunded, lost)
