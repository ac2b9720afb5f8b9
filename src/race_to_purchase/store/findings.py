"""Reconciliation's own rows on PostgreSQL, and which process reconciles; see `ports.Findings`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from msgspec.structs import replace

from race_to_purchase.ports import Booked
from race_to_purchase.rules.aftersale import RefundRow
from race_to_purchase.rules.rows import Attempt, Finding, Order
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.postgres import translated
from race_to_purchase.store.statements import statement
from race_to_purchase.store.wire import checkout_of, finding_of

_LEADER = 0x7ACE_0007
"""Advisory lock of the one process that reconciles."""


class PostgresFindings:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with translated:
            return list(await self._pool.fetch(statement(name), *arguments))

    async def booked(self, checkout_ids: Sequence[str]) -> Mapping[str, Booked]:
        """See the port."""
        found: dict[str, Booked] = {}
        for row in await self._rows("read_booked", list(checkout_ids)):
            columns = tuple(row)
            checkout = checkout_of(columns[:11])
            order = None if columns[30] is None else Order(*columns[30:])
            booked = found.setdefault(checkout.id, Booked(checkout, {}, order))
            if columns[11] is not None:
                booked.attempts[columns[12]] = Attempt(*columns[11:30])
        orders = [name for name, booked in found.items() if booked.order is not None]
        for name, refunds in (await self._refunds(orders)).items():
            found[name] = replace(found[name], refunds=tuple(refunds))
        return found

    async def _refunds(self, order_ids: Sequence[str]) -> dict[str, list[RefundRow]]:
        found: dict[str, list[RefundRow]] = {}
        for row in await self._rows("read_refunds", order_ids):
            found.setdefault(row["order_id"], []).append(RefundRow(**row))
        return found

    async def captured(self, gateway: str, since: datetime, until: datetime) -> Sequence[Attempt]:
        """See the port."""
        return [Attempt(**row) for row in await self._rows("captured_attempts", gateway, since, until)]

    async def finding(self, finding_id: str) -> Finding | None:
        """See the port."""
        rows = await self._rows("read_findings", [finding_id])
        return finding_of(rows[0]) if rows else None

    async def unended(self, after: str, limit: int, state: str = "") -> Sequence[Finding]:
        """See the port."""
        return [finding_of(row) for row in await self._rows("findings_unended", after, limit, state)]

    async def reached(self) -> Mapping[str, str]:
        """See the port."""
        return {row["name"]: row["reached"] for row in await self._rows("read_walks")}

    async def reach(self, walk: str, where: str) -> None:
        """See the port."""
        await self._rows("write_walk", walk, where)


@asynccontextmanager
async def leading(dsn: str) -> AsyncIterator[AuditRows | None]:
    """A connection for the rows of checks, while this process alone reconciles; None where another one does.

    The lock ends with the connection: a process that is killed gives it up at once.
    """
    async with AuditRows.open(dsn) as rows:
        yield rows if await rows.lead(_LEADER) else None
