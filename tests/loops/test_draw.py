"""A line on its way to its draw: each step at its time, and by another process where whoever began it is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from race_to_purchase.app.line import reveal
from race_to_purchase.loops.draw import OVERDUE, DrawPlaces, Reveal
from race_to_purchase.loops.passes import ExpirePasses
from race_to_purchase.rules.drop import passes_pool
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.outcomes import PassGiven
from race_to_purchase.store.memory.line import MemoryLineRows
from race_to_purchase.store.memory.store import MemoryStore
from tests.conformance.test_line import KEYS, Drop, tid

REGISTRATION_S = 60.0
OURS: Reveal = partial(reveal, KEYS)


class Line(Drop):
    """A line in memory, whose clock a test moves on."""

    def __init__(self) -> None:
        self.later = timedelta()
        memory = MemoryStore(self.now)
        super().__init__(memory, memory, MemoryLineRows(memory.rows, self.now))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def passes(self, seconds: float) -> None:
        self.later += timedelta(seconds=seconds)

    def process(self, known: Reveal = OURS) -> DrawPlaces:
        """What one of the processes does."""
        return DrawPlaces(self.committer, self.rows, known)

    async def row(self) -> LineRow:
        return (await self.seen()).line


@pytest.fixture
def line() -> Line:
    return Line()


async def registered(line: Line, **door: object) -> None:
    """Three have come, and the time of registration is over."""
    await line.put(closes_s=REGISTRATION_S, **door)
    for n in range(3):
        assert await line.rows.register("aurora", tid(n))
    line.passes(REGISTRATION_S + 1)


async def test_it_is_closed_listed_and_drawn_each_by_a_step_of_its_own(line: Line) -> None:
    await registered(line)
    process = line.process()
    steps = []
    while await process.tick():
        row = await line.row()
        steps.append((row.closed_at is not None, row.registered, row.seed is not None))
    assert steps == [(True, None, False), (True, 3, False), (True, 3, True)]


async def test_it_is_not_closed_before_its_time(line: Line) -> None:
    await line.put(closes_s=REGISTRATION_S)
    assert not await line.process().tick()
    assert (await line.row()).closed_at is None


async def test_whoever_has_closed_the_list_makes_it_and_others_only_where_that_is_overdue(line: Line) -> None:
    await registered(line)
    assert await line.process().tick()
    other = line.process()
    assert not await other.tick()
    assert (await line.row()).registered is None
    line.passes(OVERDUE.total_seconds())
    assert await other.tick()
    assert (await line.row()).registered == 3


async def test_one_with_a_beacon_waits_for_whoever_brings_it(line: Line) -> None:
    await registered(line, beacon="round 1 of a public source")
    process = line.process()
    while await process.tick():
        pass
    assert ((await line.row()).registered, (await line.row()).seed) == (3, None)
    assert await process.draw(await line.row(), "00ff")
    assert (await line.row()).seed is not None


def missing(row: LineRow) -> bytes:
    raise KeyError(row.key)


@pytest.mark.parametrize(
    ("known", "said"),
    [(missing, "RACE_LINE_KEYS has no key 1 any more"), (lambda _: b"x" * 32, "is not the one of before")],
    ids=["missing", "another"],
)
async def test_without_the_key_that_it_was_begun_with_it_is_not_drawn_and_somebody_is_told(
    line: Line, caplog: pytest.LogCaptureFixture, known: Reveal, said: str
) -> None:
    await registered(line)
    process = line.process(known)
    assert await process.tick()
    assert await process.tick()
    assert not await process.tick()
    assert (await line.row()).seed is None
    assert said in caplog.text


async def test_the_place_of_a_pass_whose_time_is_up_is_given_back(line: Line) -> None:
    await registered(line, pass_seconds=20)
    process = line.process()
    while await process.tick():
        pass
    while (await line.row()).cursor < 3:
        await line.call()
        line.passes(1)
    assert isinstance(await line.claim(0), PassGiven)
    expire = ExpirePasses(line.committer, line.rows)
    assert not await expire.tick()
    assert (await line.seen()).pools[passes_pool("aurora")].held == 1
    line.passes(21)
    await expire.tick()
    assert (await line.seen()).pools[passes_pool("aurora")].held == 0
