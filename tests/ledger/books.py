"""A journal to seal: entries put into it as the engine's writer does, without the rest of a sale."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from race_to_purchase.store.ledger import PostgresLedger
from race_to_purchase.store.postgres import SESSION_SETTINGS
from tests.samples import NOON, new_id

BOOK = """
    INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts)
    VALUES ($1, 0, 'sale', $2, $3, $4, $5)"""


async def book(
    connection: asyncpg.Connection,
    amount: int = 119,
    *,
    at: datetime = NOON,
    currency: str = "EUR",
    seller: str = "house",
    order_id: str | None = None,
) -> str:
    """One sale at nineteen percent; its order's id."""
    order_id = order_id or new_id()
    tax = amount * 19 // 119
    accounts = ["receivable:sandbox", f"revenue:{seller}", f"tax:{seller}"]
    await connection.execute(BOOK, order_id, at, currency, accounts, [amount, tax - amount, -tax])
    return order_id


@asynccontextmanager
async def connected(dsn: str, **settings: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the engine's are."""
    connection = await asyncpg.connect(dsn, server_settings={**SESSION_SETTINGS, **settings})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def ledger_at(dsn: str, connections: int = 4) -> AsyncIterator[tuple[PostgresLedger, asyncpg.Pool]]:
    """The ledger, and the pool that it is over."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=connections, server_settings=SESSION_SETTINGS)
    try:
        yield PostgresLedger(pool), pool
    finally:
        await pool.close()


async def seal_all(ledger: PostgresLedger, entries: int = 1000) -> int:
    """Seal until nothing is left; how many blocks that took."""
    blocks = 0
    while await ledger.seal(entries):
        blocks += 1
    return blocks


async def column(source: Any, query: str, *arguments: object) -> list[Any]:
    """The one column that a query gives."""
    return [row[0] for row in await source.fetch(query, *arguments)]
