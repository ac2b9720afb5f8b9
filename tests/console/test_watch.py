"""What the console has read of the counts that processes write down, and up to when it is complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.operate.console.watch import Watch
from tests.samples import NOON


class WrittenMeanwhile:
    """A process writes for the first time between the first look and the second."""

    def __init__(self) -> None:
        self.looks = 0

    async def now(self) -> datetime:
        return NOON

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        raise AssertionError("it looks, and writes nothing")

    async def slices(self, drop: str, since: datetime, until: datetime) -> Sequence[Slice]:
        if not since <= NOON < until:
            return []
        self.looks += 1
        one = Counted({"race_orders_total": {("sandbox",): 1.0}}) if drop else Counted()
        return [Slice(drop, NOON, "one", one)] if self.looks > 1 else []

    async def forget(self, older_than_s: float, limit: int) -> int:
        raise AssertionError("it looks, and forgets nothing")


async def test_what_is_said_to_be_counted_is_in_the_sums() -> None:
    watch = Watch(WrittenMeanwhile(), "aurora")
    now = NOON + timedelta(seconds=1)
    await watch.follow(NOON, now)
    assert watch.counted_at(now) == NOON
    assert watch.totals.total("race_orders_total") == 1
