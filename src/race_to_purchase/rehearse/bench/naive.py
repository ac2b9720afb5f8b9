"""The other side of the comparison: one transaction a buyer, as one call, with the row of the hot item locked in it.

It writes the very rows that the engine would write, made by the engine's own rules and encoded by its own store, so
that what is compared is the way of writing alone. It refuses nothing but an empty stock; a real shop would do more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import asyncpg

from race_to_purchase.app.bare import plain_connections, written
from race_to_purchase.rehearse.bench.buyers import ITEM
from race_to_purchase.rules.commands import Reserve
from race_to_purchase.rules.decide import KeyUse, decide
from race_to_purchase.rules.drop import Drop, item_pool
from race_to_purchase.rules.rows import DropRow, Pool
from race_to_purchase.rules.snapshot import Snapshot

LOCK_TIMEOUT_MS = 60_000
"""Thirty buyers before one may take longer than the engine would ever wait for a lock; here they are let."""


class Naive:
    """Reserves on whichever of its connections is free."""

    def __init__(self, connections: asyncpg.Pool[asyncpg.Record], drops: Sequence[Drop]) -> None:
        self._connections = connections
        self._drops = {drop.id: DropRow(drop.id, drop) for drop in drops}

    async def reserve(self, command: Reserve, key: KeyUse) -> bool:
        """See Side."""
        drop = self._drops[command.drop_id]
        values = _values(drop, command, key)
        async with self._connections.acquire() as connection:
            taken: int = await connection.fetchval(statement("reserve_naively"), *values)
        return taken == 1


@asynccontextmanager
async def naive(dsn: str, connections: int, drops: Sequence[Drop]) -> AsyncIterator[Naive]:
    """The naive side on that many connections, all of them open."""
    async with await plain_connections(dsn, connections, lock_timeout=str(LOCK_TIMEOUT_MS)) as pool:
        yield Naive(pool, drops)


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`; FileNotFoundError for a name without a file."""
    return files("race_to_purchase.rehearse.bench").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def _values(drop: DropRow, command: Reserve, key: KeyUse) -> list[Any]:
    """The stock's pool, then the columns of buyer's pool, checkout, key and buyer, in the order of their tables."""
    stock = Pool(item_pool(drop.id, ITEM), drop.id, "item", drop.definition.items[0].stock)
    snapshot = Snapshot(datetime.now(UTC), drops={drop.id: drop}, pools={stock.id: stock})
    for row in decide(snapshot, command, key).rows:
        snapshot.put(row)
    _, _, (_,), (limit,), (checkout,), _, _, _, (stored,), _, _, _, (buyer,) = written(snapshot)
    return [stock.id, *limit, *checkout, *stored, *buyer]
