"""The past of a sale is read before anybody looks, once, and what is new of it as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.loops.keep_up import SALES, KeepUp
from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.console.queries import ConsoleQueries
from race_to_purchase.rules.rows import DropRow
from tests.sale import a_sale

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Rows:
    """Drops, a clock, and how much of the counts was asked for."""

    def __init__(self) -> None:
        self.at = NOON
        self.rows: list[DropRow] = []
        self.asked: list[tuple[str, timedelta]] = []

    async def now(self) -> datetime:
        return self.at

    async def drops(self) -> Sequence[DropRow]:
        return self.rows

    async def slices(
        self, drop: str, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> AsyncIterator[Slice]:
        self.asked.append((drop, until - since))
        for one in ():
            yield one

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        raise AssertionError("it looks, and writes nothing")

    async def forget(self, older_than_s: float, limit: int) -> int:
        raise AssertionError("it looks, and forgets nothing")

    def put(self, id_: str, opens_at: datetime, **changes: Any) -> None:
        drop = replace(a_sale(id=id_), opens_at=opens_at, closes_at=changes.pop("closes_at", None))
        self.rows.append(replace(DropRow(id_, drop, None, 0), **changes))

    def read(self, drop: str) -> timedelta:
        """So much of a drop's past was asked for since the last time."""
        read = sum((span for name, span in self.asked if name == drop), timedelta())
        self.asked.clear()
        return read


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def loop(rows: Rows) -> KeepUp:
    source: Any = rows
    queries = ConsoleQueries(source, source, source, list, list, Slo())
    return KeepUp(source, queries.keep_up)


async def test_an_hour_is_read_once_and_then_only_what_is_new(rows: Rows, loop: KeepUp) -> None:
    rows.put("aurora", NOON - HOUR)
    await loop.tick()
    assert rows.read("aurora") > HOUR
    rows.at += timedelta(seconds=15)
    await loop.tick()
    assert rows.read("aurora") < timedelta(seconds=60)


async def test_what_is_not_on_sale_is_left_alone(rows: Rows, loop: KeepUp) -> None:
    rows.put("closed", NOON - HOUR, closed_at=NOON)
    rows.put("over", NOON - HOUR, closes_at=NOON - HOUR / 2)
    rows.put("tomorrow", NOON + 24 * HOUR)
    await loop.tick()
    assert rows.asked == []


async def test_of_many_the_latest_are_followed(rows: Rows, loop: KeepUp) -> None:
    for number in range(SALES + 5):
        rows.put(f"drop-{number}", NOON - number * HOUR)
    await loop.tick()
    assert {name for name, _ in rows.asked if name} == {f"drop-{number}" for number in range(SALES)}
