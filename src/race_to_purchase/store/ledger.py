"""The journal as a whole, on PostgreSQL: sealed, summed up and read out; see `ports.Ledger`.

A block covers every entry of the transactions from one place to another. A transaction's place is its number, and a
block ends below the oldest one that is still open, so that nothing can come into it later. Whoever reads much reads
block by block, in statements of their own: one long snapshot would keep the hot row's old versions alive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.rules.aftersale import DisputeRow
from race_to_purchase.rules.ledger import Balance, Frozen
from race_to_purchase.rules.ledger_after import frozen
from race_to_purchase.rules.rows import Entry
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

SEALING = 0x7ACE_0006
"""Advisory lock of the process that seals."""

SEAL_S_MAX = 600.0
"""What was there before there were seals comes into one block, which may take its time."""

ROWS_AT_ONCE = 2_000

_disputed = msgspec.json.Decoder(list[tuple[DisputeRow, Entry]]).decode

SETTINGS = {
    "search_path": "race",
    "application_name": "race-ledger",
    "default_transaction_read_only": "on",
    "jit": "off",
}


class PostgresLedger:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def seal(self, entries: int) -> int:
        """See the port."""
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection, connection.transaction():
                if not await connection.fetchval(statement("seal_lock"), SEALING):
                    return 0
                sealed: int = await connection.fetchval(statement("seal_block"), entries, timeout=SEAL_S_MAX)
                return sealed

    async def balances(self, at: datetime | None = None) -> Sequence[Balance]:
        """See the port."""
        return await _balances(self._pool, at)

    async def frozen(self) -> Sequence[Frozen]:
        """See the port."""
        return await _frozen(self._pool)


async def _balances(source: Any, at: datetime | None) -> Sequence[Balance]:
    """By a pool or a connection."""
    with translated:
        if at is None:
            rows = await source.fetch(statement("ledger_balance"))
        else:
            rows = await source.fetch(statement("ledger_balance_at"), at)
    return [Balance(row["account"], row["currency"], int(row["debit"]), int(row["credit"])) for row in rows]


async def _frozen(source: Any) -> Sequence[Frozen]:
    with translated:
        return frozen(_disputed(await source.fetchval(statement("ledger_disputed"))))


class Head(msgspec.Struct, frozen=True):
    """The newest block: who notes its hash elsewhere can tell later that nothing before it was rewritten."""

    number: int
    hash: str
    sealed_at: datetime
    sealed: int
    """Entries in all blocks."""


class Wanted(msgspec.Struct, frozen=True):
    """Which postings are wanted; None for all. `since` is the first moment, `until` the first one after them."""

    since: datetime | None = None
    until: datetime | None = None
    drop_id: str | None = None
    seller: str | None = None


class Posting(msgspec.Struct, frozen=True, array_like=True):
    """One account of one entry; `amount` in minor units, debit above zero."""

    at: datetime
    order_id: str
    entry: int
    kind: str
    drop_id: str
    account: str
    currency: str
    amount: int


class LedgerReader:
    """Reads a ledger on a connection of its own, wherever it is and whether it is in use or not."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str) -> AsyncIterator[LedgerReader]:
        """Connect for as long as the block runs. DatabaseUnavailable where that fails."""
        with translated:
            connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=SETTINGS)
        try:
            yield cls(connection)
        finally:
            await connection.close()

    async def balances(self, at: datetime | None = None) -> Sequence[Balance]:
        """See `ports.Ledger`."""
        return await _balances(self._connection, at)

    async def frozen(self) -> Sequence[Frozen]:
        """See `ports.Ledger`."""
        return await _frozen(self._connection)

    async def head(self) -> Head | None:
        """The newest block; None before the first."""
        with translated:
            row = await self._connection.fetchrow(statement("seal_head"))
        return None if row is None else Head(*row)

    async def hash_of(self, number: int) -> str | None:
        """The hash of a block, in hexadecimal digits; None for one that is not there."""
        with translated:
            found: str | None = await self._connection.fetchval(statement("seal_hash_of"), number)
        return found

    async def postings(self, wanted: Wanted) -> AsyncIterator[Sequence[Posting]]:
        """What fits, in the order in which it was booked: block by block, and at last what is unsealed yet.

        A block is read by a cursor, so that however large it is, little of it is in memory.
        """
        with translated:
            parts = await self._connection.fetch(statement("ledger_parts"), wanted.since, wanted.until)
        for part in parts:
            async for postings in self._part(part["since"], part["until"], wanted):
                yield postings

    async def _part(self, since: int, until: int, wanted: Wanted) -> AsyncIterator[Sequence[Posting]]:
        limits = (since, until, wanted.since, wanted.until, wanted.drop_id, wanted.seller)
        with translated:
            async with self._connection.transaction():
                cursor = await self._connection.cursor(statement("ledger_export"), *limits)
                while rows := await cursor.fetch(ROWS_AT_ONCE):
                    yield [Posting(*row) for row in rows]
