"""One hot item at store level, in two ways: the engine's committer, and one transaction a buyer.

Each side runs in a process of its own, `python -m race_to_purchase.rehearse.bench_hot_row`, against the same server.
Afterwards the rows are counted: a side that wrote less for a reservation than the other, or sold more than there was,
has measured nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from typing import Literal

import asyncpg
import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rehearse.bench_buyers import ITEM, Pace, Side, crowd, hot_drop, scope, sell_out
from race_to_purchase.rehearse.bench_naive import Naive
from race_to_purchase.rules.commands import Command, Reserve
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import item_pool
from race_to_purchase.rules.outcomes import AllReserved, Outcome, Reserved
from race_to_purchase.store.postgres import SESSION_SETTINGS, PostgresStore
from race_to_purchase.store.reads import PostgresReads

ORDERS = "RACE_BENCH_ORDERS"
"""Environment variable that holds Orders as JSON: a database's address does not belong on a command line."""

STOCK = 1_000_000_000
FEW = 500
"""Pieces of the small sale that is sold out under the same crowd."""


class Orders(msgspec.Struct, frozen=True):
    """One measurement: `waiting` buyers at a time; the naive side serves them over `connections`."""

    side: Literal["combined", "naive"]
    dsn: str
    drop_id: str
    seconds: float
    warm_up_s: float = 1.0
    waiting: int = 512
    connections: int = 32


class Rows(msgspec.Struct, frozen=True):
    """What a drop's reservations left in the database; the first four are numbers of rows, one a reservation."""

    checkouts: int
    keys: int
    limits: int
    buyers: int
    held: int
    capacity: int
    bytes: int | None

    def fit(self, reserved: int) -> bool:
        """Whether each of `reserved` reservations has all of its rows, and no piece was reserved twice."""
        return {self.checkouts, self.keys, self.limits, self.buyers, self.held} == {reserved} <= {*range(1)} | {
            min(reserved, self.capacity)
        }


class HotRow(msgspec.Struct, frozen=True):
    """What one side did. `batch` is how many reservations shared a transaction, on average."""

    pace: Pace
    rows: Rows
    sold_out_at: int
    few: Rows
    batch: float


class Combined:
    """The engine's own way."""

    def __init__(self, store: PostgresStore) -> None:
        self._committer = Committer(store, observe=self._count)
        self.batches = 0
        self.commands = 0

    def _count(self, batch: Sequence[tuple[Command, Outcome, str]]) -> None:
        self.batches += 1
        self.commands += len(batch)

    async def reserve(self, command: Reserve, key: KeyUse) -> bool:
        """See Side."""
        outcome = await self._committer.submit(command, key)
        assert isinstance(outcome, Reserved | AllReserved), outcome
        return isinstance(outcome, Reserved)


@asynccontextmanager
async def _combined(store: PostgresStore) -> AsyncIterator[Combined]:
    yield Combined(store)


@asynccontextmanager
async def _naive(orders: Orders) -> AsyncIterator[Naive]:
    pool = await asyncpg.create_pool(
        orders.dsn,
        min_size=orders.connections,
        max_size=orders.connections,
        server_settings=SESSION_SETTINGS | {"lock_timeout": "30000"},
        reset=_nothing,
    )
    async with pool:
        yield Naive(pool, _statement("reserve_naively"), [hot_drop(orders.drop_id, STOCK), _small(orders)])


async def _nothing(_connection: object) -> None:
    """Neither side pays for resetting its connections."""


async def measure(orders: Orders) -> HotRow:
    """Make the drops, let the crowd come, and count."""
    store = await PostgresStore.open(orders.dsn, connections=2)
    try:
        catalogue = Catalogue(Committer(store), PostgresReads(store.pool))
        for drop in (hot_drop(orders.drop_id, STOCK), _small(orders)):
            await catalogue.put(drop)
        async with _combined(store) if orders.side == "combined" else _naive(orders) as side:
            sold_out_at = await sell_out(side, _small(orders).id, orders.waiting)
            pace = await crowd(
                side, orders.drop_id, waiting=orders.waiting, warm_up_s=orders.warm_up_s, seconds=orders.seconds
            )
            return HotRow(
                pace=pace,
                rows=await _count(store, orders.drop_id),
                sold_out_at=sold_out_at,
                few=await _count(store, _small(orders).id),
                batch=side.commands / side.batches if isinstance(side, Combined) else 1.0,
            )
    finally:
        await store.close()
