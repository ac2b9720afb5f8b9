"""The rows that a report of a sale is made of, on PostgreSQL.

What grows with the sale is read range by range of checkouts, each in a statement of its own: one long snapshot would
keep the hot row's old versions alive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.rows import DropRow, Happened, Quote
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.series import PostgresSeries
from race_to_purchase.store.statements import statement

CHECKOUTS_AT_ONCE = 2_000
TOLD_MAX = 500
"""Events, and findings, that a report has; of more, the oldest."""

FIRST = "00000000-0000-0000-0000-000000000000"
SETTINGS = {
    "search_path": "race",
    "application_name": "race-report",
    "default_transaction_read_only": "on",
    "jit": "off",
}

_drop = msgspec.json.Decoder(Drop).decode
_quote = msgspec.json.Decoder(Quote).decode
_history = msgspec.json.Decoder(Happened).decode_lines


class Way(NamedTuple):
    """How far one checkout came; `attempt` is the state of the payment that its order was paid with."""

    state: str
    quote: Quote
    history: list[Happened]
    live_n: int
    ordered: bool
    attempt: str


class Booked(NamedTuple):
    """The sum of one account over entries of one kind, in minor units, debit above zero."""

    kind: str
    account: str
    currency: str
    amount: int


class After(NamedTuple):
    """Refunds (`what` is refund) or disputes of one state."""

    what: str
    state: str
    currency: str
    number: int
    amount: int


class Queue(NamedTuple):
    """The line of a drop; `registered` is None until its list is published."""

    registered: int | None
    cursor: int
    commitment: str
    root: str
    seed: str
    beacon: str
    drawn_at: datetime | None
    late: int


class Told(NamedTuple):
    """One event of the drop, or of a gateway; `data` is JSON."""

    at: datetime
    stream: str
    kind: str
    data: str


class Difference(NamedTuple):
    """A finding of the drop."""

    kind: str
    subject: str
    state: str
    repair: str
    how: str
    first_seen: datetime
    ended_at: datetime | None


class Part(NamedTuple):
    """What a range of checkouts holds."""

    ways: Sequence[Way]
    booked: Sequence[Booked]
    after: Sequence[After]


class ReportRows:
    """Connections of its own, apart from those that sell. All methods raise DatabaseUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.series = PostgresSeries(pool)

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str) -> AsyncIterator[ReportRows]:
        """Connect for as long as the block runs."""
        with translated:
            pool = await asyncpg.create_pool(
                dsn, min_size=1, max_size=1, timeout=CONNECT_TIMEOUT_S, server_settings=SETTINGS
            )
        try:
            yield cls(pool)
        finally:
            await pool.close()

    async def _rows(self, name: str, *arguments: Any) -> Sequence[Any]:
        with translated:
            rows: Sequence[Any] = await self._pool.fetch(statement(name), *arguments)
            return rows

    async def now(self) -> datetime:
        """The database's time."""
        found: datetime = (await self._rows("now"))[0][0]
        return found

    async def drop(self, drop_id: str) -> DropRow | None:
        """The drop, None where there is none of that id."""
        rows = await self._rows("read_drops", [drop_id])
        return DropRow(rows[0][0], _drop(rows[0][1]), rows[0][2], rows[0][3]) if rows else None

    async def stock(self, drop_id: str) -> dict[str, tuple[int, int, int]]:
        """Pools of the drop that all share: capacity, held and sold by id."""
        rows = await self._rows("shared_pools", drop_id)
        return {row["id"]: (row["capacity"], row["held"], row["sold"]) for row in rows}

    async def parts(self, drop_id: str, at_once: int = CHECKOUTS_AT_ONCE) -> AsyncIterator[Part]:
        """All checkouts of the drop with what hangs on them, in the order in which they were made."""
        since = FIRST
        while rows := await self._rows("report_range", since, at_once):
            within = (since, rows[0][0], drop_id)
            ways = await self._rows("report_checkouts", *within)
            if ways:
                booked = await self._rows("report_postings", *within)
                after = await self._rows("report_aftersale", *within)
                yield Part(
                    [_way(row) for row in ways], [Booked(*row) for row in booked], [After(*row) for row in after]
                )
            since = rows[0][0]

    async def queue(self, drop_id: str) -> Queue | None:
        """Its line, None where it has none."""
        rows = await self._rows("report_line", drop_id)
        return Queue(*rows[0]) if rows else None

    async def told(self, drop_id: str, since: datetime, until: datetime) -> Sequence[Told]:
        """What happened to it at any time, and to gateways between the two, the oldest first."""
        return [Told(*row) for row in await self._rows("report_events", drop_id, since, until, TOLD_MAX)]

    async def findings(self, drop_id: str) -> Sequence[Difference]:
        """What reconciliation found, the oldest first."""
        return [Difference(*row) for row in await self._rows("report_findings", drop_id, TOLD_MAX)]


def _way(row: Any) -> Way:
    return Way(
        row["state"], _quote(row["quote"]), _history(row["history"]), row["live_n"], row["ordered"], row["attempt"]
    )
