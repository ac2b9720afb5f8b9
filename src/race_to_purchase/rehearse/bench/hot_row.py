"""One hot item at store level, in two ways: the engine's committer, and one transaction a buyer.

Each side runs in a process of its own, `python -m race_to_purchase.rehearse.bench.hot_row`, against the same server.
Afterwards the rows are counted: a side that wrote less for a reservation than it should, or sold more than there was,
has measured nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import msgspec

from race_to_purchase.app.bare import Bare, bare
from race_to_purchase.rehearse.bench.buyers import ITEM, Pace, crowd, hot_drop, scope, sell_out
from race_to_purchase.rehearse.bench.naive import Naive, naive, statement
from race_to_purchase.rehearse.bench.process import run
from race_to_purchase.rules.commands import Reserve
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import Drop, item_pool
from race_to_purchase.rules.outcomes import AllReserved, Reserved, SoldOut

STOCK = 1_000_000_000
FEW = 500
"""Pieces of the small sale that the same crowd is to sell out, so that overselling would show."""


class Orders(msgspec.Struct, frozen=True):
    """One measurement: `waiting` buyers at a time; the naive side serves them over `connections`."""

    side: Literal["combined", "naive"]
    dsn: str
    drop_id: str
    seconds: float
    warm_up_s: float = 1.0
    waiting: int = 512
    connections: int = 32

    @property
    def drops(self) -> tuple[Drop, Drop]:
        """The sale that is measured, and the small one."""
        return hot_drop(self.drop_id, STOCK), hot_drop(f"{self.drop_id}-few", FEW)


class Rows(msgspec.Struct, frozen=True):
    """What a drop's reservations left in the database; the first four are rows, of which each makes one."""

    checkouts: int
    keys: int
    limits: int
    buyers: int
    held: int
    capacity: int
    bytes: int

    def prove(self, reserved: int) -> bool:
        """Whether `reserved` reservations left all of their rows and nothing else, and took no piece twice."""
        return self.checkouts == self.keys == self.limits == self.buyers == self.held == reserved <= self.capacity


class HotRow(msgspec.Struct, frozen=True):
    """What one side did. `batch` is how many reservations shared a transaction, on average."""

    pace: Pace
    rows: Rows
    few_reserved: int
    few_rows: Rows
    batch: float

    @property
    def proven(self) -> bool:
        """Whether everything was written, and the small sale sold out to the last piece and not beyond."""
        return (
            self.rows.prove(self.pace.reserved)
            and self.few_rows.prove(self.few_reserved)
            and self.few_reserved == self.few_rows.capacity
        )

    @property
    def bytes_each(self) -> float:
        """What a reservation's rows hold; nearly the same on both sides, or they did not write the same rows."""
        return self.rows.bytes / max(1, self.rows.checkouts)


class Combined:
    """The engine's own way."""

    def __init__(self, engine: Bare) -> None:
        self._committer = engine.committer(self._count)
        self._batches = self._commands = 0

    def _count(self, batch: Sequence[object]) -> None:
        self._batches += 1
        self._commands += len(batch)

    @property
    def batch(self) -> float:
        """Commands in one transaction, on average."""
        return self._commands / max(1, self._batches)

    async def reserve(self, command: Reserve, key: KeyUse) -> bool:
        """See Side."""
        outcome = await self._committer.submit(command, key)
        assert isinstance(outcome, Reserved | AllReserved | SoldOut), outcome
        return isinstance(outcome, Reserved)


async def measure(orders: Orders) -> HotRow:
    """Make the sales, let the crowd come, and count what it left."""
    sale, small = orders.drops
    async with bare(orders.dsn) as engine:
        for drop in orders.drops:
            await engine.catalogue.put(drop)
        async with _side(orders, engine) as side:
            few = await sell_out(side, small.id, orders.waiting)
            pace = await crowd(
                side, sale.id, waiting=orders.waiting, warm_up_s=orders.warm_up_s, seconds=orders.seconds
            )
        rows, few_rows = await count(engine, sale.id), await count(engine, small.id)
        return HotRow(pace, rows, few, few_rows, side.batch if isinstance(side, Combined) else 1.0)


@asynccontextmanager
async def _side(orders: Orders, engine: Bare) -> AsyncIterator[Combined | Naive]:
    if orders.side == "combined":
        yield Combined(engine)
    else:
        async with naive(orders.dsn, orders.connections, orders.drops) as side:
            yield side


async def count(engine: Bare, drop_id: str) -> Rows:
    """The rows that a drop's reservations left."""
    row = await engine.pool.fetchrow(
        statement("count_reserved"), drop_id, scope(drop_id), item_pool(drop_id, ITEM), timeout=120
    )
    assert row is not None
    return Rows(**{name: int(value or 0) for name, value in row.items()})


if __name__ == "__main__":
    run(Orders, measure)
