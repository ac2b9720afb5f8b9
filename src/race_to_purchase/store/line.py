"""Who stands in lines, on PostgreSQL; see `ports.LineRows`.

Tickets that come together are appended together, one insert at a time and process; so are the numbers of late comers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.batching import Batcher
from race_to_purchase.ports import PART_TIDS, LineSeen
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.line.commands import Used
from race_to_purchase.rules.line.rows import GrantRow, LineRow
from race_to_purchase.rules.line.tickets import TID_BYTES
from race_to_purchase.rules.rows import DropRow, Pool
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

_line = msgspec.json.Decoder(LineRow).decode
_drop = msgspec.json.Decoder(Drop).decode
_pools = msgspec.json.Decoder(list[Pool]).decode

ROWS_AT_ONCE = 1000

SETTLE_S_MAX = 120.0
"""What a list of millions takes to be written anew, by far."""


class PostgresLineRows:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._registering = Batcher[tuple[str, bytes], bool](self._register)
        self._numbering = Batcher[tuple[str, bytes], int](self._number)

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                return list(await connection.fetch(statement(name), *arguments))

    async def seen(self, drop_id: str) -> LineSeen | None:
        """See the port."""
        rows = await self._rows("line_seen", drop_id)
        if not rows:
            return None
        found = rows[0]
        row = DropRow(drop_id, _drop(found["definition"]), found["closed_at"], found["version"])
        pools = {pool.id: pool for pool in _pools(found["pools"] or "[]")}
        return LineSeen(row, _line(found["line"]), pools, found["late"], found["now"])

    async def unended(self) -> Sequence[str]:
        """See the port."""
        return [row["drop_id"] for row in await self._rows("lines_unended")]

    async def passes_due(self, limit: int) -> Sequence[tuple[str, str]]:
        """See the port."""
        return [(row["drop_id"], row["tid"]) for row in await self._rows("passes_due", limit)]

    async def used(self, ticket: str) -> Used | None:
        """See the port."""
        rows = await self._rows("ticket_used", ticket)
        return Used(rows[0]["capacity"], tuple(rows[0]["checkouts"])) if rows else None

    async def grants(self, drop_id: str, after: str, limit: int) -> Sequence[GrantRow]:
        """See the port."""
        return [GrantRow(**row) for row in await self._rows("grants_of", drop_id, after, limit)]

    async def register(self, drop_id: str, tid: bytes) -> bool:
        """See the port."""
        return await self._registering.submit((drop_id, tid))

    async def _register(self, calls: Sequence[tuple[str, bytes]]) -> Sequence[bool]:
        together = _by_drop(calls)
        open_ = {
            drop_id: bool(await self._rows("register", drop_id, b"".join(tids))) for drop_id, tids in together.items()
        }
        return [open_[drop_id] for drop_id, _ in calls]

    async def late(self, drop_id: str, tid: bytes) -> int:
        """See the port."""
        return await self._numbering.submit((drop_id, tid))

    async def _number(self, calls: Sequence[tuple[str, bytes]]) -> Sequence[int]:
        numbers: dict[tuple[str, bytes], int] = {}
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                for drop_id, tids in _by_drop(calls).items():
                    async with connection.transaction():
                        await connection.execute(statement("late_lock"), drop_id)
                        rows = await connection.fetch(statement("late_numbers"), drop_id, list(tids))
                    numbers |= {(drop_id, bytes(row["tid"])): row["number"] for row in rows}
        return [numbers[call] for call in calls]

    async def settle(self, drop_id: str) -> Sequence[bytes] | None:
        """See the port. The list does not change any more, so it is sorted while no transaction waits for that."""
        found = await self._closed(drop_id)
        if found is None:
            return None
        parts = await asyncio.to_thread(parts_of, found)
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection, connection.transaction():
                if not await connection.fetch(statement("registrations_lock"), drop_id):
                    return None
                await connection.execute(statement("registrations_clear"), drop_id, timeout=SETTLE_S_MAX)
                await connection.execute(statement("registrations_write"), drop_id, parts, timeout=SETTLE_S_MAX)
                return parts

    async def _closed(self, drop_id: str) -> list[bytes] | None:
        """The rows of a closed list, all as they were at one moment: another process may write it anew meanwhile."""
        found: list[bytes] = []
        after = -1
        with translated:
            async with (
                self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                if not await connection.fetch(statement("registrations_closed"), drop_id):
                    return None
                while rows := await connection.fetch(statement("registrations"), drop_id, after, ROWS_AT_ONCE):
                    found += [row["tids"] for row in rows]
                    after = rows[-1]["part"]
        return found

    async def part(self, drop_id: str, number: int) -> bytes | None:
        """See the port."""
        rows = await self._rows("registrations", drop_id, number - 1, 1)
        return bytes(rows[0]["tids"]) if rows and rows[0]["part"] == number else None


def _by_drop(calls: Sequence[tuple[str, bytes]]) -> dict[str, list[bytes]]:
    together: dict[str, dict[bytes, None]] = {}
    for drop_id, tid in calls:
        together.setdefault(drop_id, {})[tid] = None
    return {drop_id: list(tids) for drop_id, tids in together.items()}


def parts_of(rows: Sequence[bytes]) -> list[bytes]:
    """The ticket ids of these rows in the order in which they are published, each once, packed in parts of one size.

    They are sorted by their first byte, then the rest: in small steps, between which other threads go on.
    """
    by_first: list[set[bytes]] = [set() for _ in range(256)]
    for packed in rows:
        for at in range(0, len(packed), TID_BYTES):
            by_first[packed[at]].add(packed[at : at + TID_BYTES])
    ordered = [tid for tids in by_first for tid in sorted(tids)]
    return [b"".join(ordered[at : at + PART_TIDS]) for at in range(0, len(ordered), PART_TIDS)]
