"""How a comparison is led over time: in windows of fitting length, never up to the present, from where it was."""

from datetime import datetime, timedelta

import pytest

from race_to_purchase.loops.reconcile.walk import BUSY, WINDOW_S_MAX, WINDOW_S_MIN, Age, Walk
from race_to_purchase.ports import GatewayUnanswered
from race_to_purchase.store.memory.findings import MemoryFindings
from race_to_purchase.store.memory.store import MemoryStore
from tests.samples import NOON

AGE = Age("new", 300.0, 30.0)


class Walked:
    """A walk whose comparison finds `rows` in every window, and the lengths of its windows in seconds."""

    def __init__(self, rows: int = 0) -> None:
        self.rows = rows
        self.windows_s: list[float] = []
        self.kept = MemoryFindings(MemoryStore(lambda: NOON).rows)
        self.walk = Walk("checkouts", AGE, self.compare, self.kept)

    async def compare(self, since: datetime, until: datetime) -> int:
        if self.rows < 0:
            raise GatewayUnanswered("the list broke off")
        self.windows_s.append((until - since).total_seconds())
        return self.rows

    async def step(self, ago_s: float, *, whole: bool = False) -> float:
        """One step from so long ago; how long ago the walk is then."""
        reached = await self.walk.step(NOON - timedelta(seconds=ago_s), NOON, whole=whole)
        return (NOON - reached).total_seconds()

    async def steps(self, number: int) -> list[float]:
        """The windows of so many steps, from long ago."""
        ago_s = 1e9
        for _ in range(number):
            ago_s = await self.step(ago_s)
        return self.windows_s


@pytest.mark.parametrize(
    ("ago_s", "whole", "then_s"),
    [
        (330.0, False, 300.0),
        (329.0, False, 329.0),
        (329.0, True, 300.0),
        (300.0, True, 300.0),
        (200.0, True, 200.0),
    ],
)
async def test_what_is_young_waits_and_a_short_stretch_does_unless_all_is_wanted(
    ago_s: float, whole: bool, then_s: float
) -> None:
    walked = Walked()
    assert await walked.step(ago_s, whole=whole) == then_s
    assert walked.windows_s == ([ago_s - then_s] if ago_s != then_s else [])
    assert list(await walked.kept.reached()) == (["checkouts/new"] if ago_s != then_s else [])


async def test_windows_become_longer_where_little_happened_and_shorter_where_much_did() -> None:
    assert (await Walked(BUSY).steps(3)) == [900.0, 1800.0, 3600.0]
    assert (await Walked(BUSY + 1).steps(3)) == [900.0, 450.0, 225.0]
    assert (await Walked(BUSY).steps(9))[-2:] == [WINDOW_S_MAX, WINDOW_S_MAX]
    assert (await Walked(BUSY + 1).steps(9))[-2:] == [WINDOW_S_MIN, WINDOW_S_MIN]


async def test_a_window_that_broke_off_is_done_again() -> None:
    walked = Walked()
    at_s = await walked.step(1e6)
    kept = await walked.kept.reached()
    assert datetime.fromisoformat(kept["checkouts/new"]) == NOON - timedelta(seconds=at_s)
    walked.rows = -1
    with pytest.raises(GatewayUnanswered):
        await walked.step(at_s)
    assert await walked.kept.reached() == kept


@pytest.mark.parametrize(("ago_s", "lag_s"), [(1000.0, 700.0), (300.0, 0.0), (100.0, 0.0)])
def test_the_lag_is_counted_from_where_the_walk_may_be(ago_s: float, lag_s: float) -> None:
    assert Walked().walk.lag_s(NOON - timedelta(seconds=ago_s), NOON) == lag_s
