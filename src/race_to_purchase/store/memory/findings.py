"""Reconciliation's own rows in memory, beside those of a MemoryStore; see `ports.Findings`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from race_to_purchase.ports import Booked
from race_to_purchase.rules.aftersale import RefundRow
from race_to_purchase.rules.rows import Attempt, Checkout, Finding
from race_to_purchase.store.memory.store import Rows


class MemoryFindings:
    """Over the rows of a MemoryStore."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._reached: dict[str, str] = {}

    async def booked(self, checkout_ids: Sequence[str]) -> Mapping[str, Booked]:
        """See the port, here and below."""
        rows = self._rows
        found = [rows.checkouts[id_] for id_ in checkout_ids if id_ in rows.checkouts]
        return {
            row.id: Booked(row, self._attempts(row), rows.orders.get(row.id), self._refunds(row.id)) for row in found
        }

    def _refunds(self, order_id: str) -> tuple[RefundRow, ...]:
        refunds = (row for row in self._rows.refunds.values() if row.order_id == order_id)
        return tuple(sorted(refunds, key=lambda row: row.n))

    def _attempts(self, checkout: Checkout) -> dict[int, Attempt]:
        return {n: self._rows.attempts[(checkout.id, n)] for n in range(1, checkout.live_n + 1)}

    async def captured(self, gateway: str, since: datetime, until: datetime) -> Sequence[Attempt]:
        attempts = (row for row in self._rows.attempts.values() if row.gateway == gateway and row.state == "captured")
        return [row for row in attempts if since <= row.began_at < until]

    async def finding(self, finding_id: str) -> Finding | None:
        return self._rows.findings.get(finding_id)

    async def unended(self, after: str, limit: int, state: str = "") -> Sequence[Finding]:
        open_ones = [row for row in self._rows.findings.values() if row.ended_at is None and row.id > after]
        wanted = [row for row in open_ones if state in ("", row.state)]
        return sorted(wanted, key=lambda row: row.id)[:limit]

    async def reached(self) -> Mapping[str, str]:
        return dict(self._reached)

    async def reach(self, walk: str, where: str) -> None:
        self._reached[walk] = where
