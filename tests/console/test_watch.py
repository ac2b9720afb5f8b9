"""What the console reads of the counts that processes write down, and up to when it is complete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta

import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.operate.console.points import POINT_S
from race_to_purchase.operate.console.watch import COVERED_S, LATE_S, OF_OLD, RECENT_S, Watch
from tests.samples import NOON


class Kept:
    """What one process has written; what was asked for, by when its time ended; it may break off at a drop once."""

    def __init__(self, *slices: Slice, breaks_at: str | None = None) -> None:
        self._slices = slices
        self._breaks_at = breaks_at
        self.asked: dict[datetime, Collection[str] | None] = {}

    async def slices(
        self, drop: str, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> AsyncIterator[Slice]:
        self.asked[until] = only
        for one in self._slices:
            if one.drop == drop and since <= one.at < until:
                yield one
                if drop == self._breaks_at:
                    self._breaks_at = None
                    raise DatabaseUnavailable(reason="a test says so")

    async def now(self) -> datetime:
        return NOON

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        raise AssertionError("it looks, and writes nothing")

    async def forget(self, older_than_s: float, limit: int) -> int:
        raise AssertionError("it looks, and forgets nothing")


class WrittenMeanwhile:
    """A process writes for the first time between the first look and the second."""

    def __init__(self) -> None:
        self.looks = 0

    async def now(self) -> datetime:
        return NOON

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        raise AssertionError("it looks, and writes nothing")

    async def slices(
        self, drop: str, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> AsyncIterator[Slice]:
        if since <= NOON < until:
            self.looks += 1
            if self.looks > 1:
                yield Slice(drop, NOON, "one", Counted({"race_orders_total": {("sandbox",): 1.0}} if drop else {}))

    async def forget(self, older_than_s: float, limit: int) -> int:
        raise AssertionError("it looks, and forgets nothing")


async def test_what_is_said_to_be_counted_is_in_the_sums() -> None:
    watch = Watch(WrittenMeanwhile(), "aurora")
    now = NOON + timedelta(seconds=1)
    await watch.follow(NOON, now)
    assert watch.counted_at(now) == NOON
    assert watch.totals.total("race_orders_total") == 1


async def test_of_what_is_long_ago_only_what_charts_are_made_of_is_read_and_each_time_is_asked_for_once() -> None:
    kept, lately = Kept(), NOON - timedelta(seconds=RECENT_S + LATE_S)
    watch = Watch(kept, "aurora")
    await watch.follow(NOON - timedelta(days=2000), NOON)
    assert kept.asked == {lately: OF_OLD, NOON + timedelta(seconds=LATE_S): None}
    kept.asked.clear()
    await watch.follow(NOON - timedelta(days=2000), NOON + timedelta(seconds=1))
    assert kept.asked == {NOON + timedelta(seconds=LATE_S + 1): None}


@pytest.mark.parametrize("broken", ["", "aurora"])
async def test_what_was_read_before_the_database_was_lost_is_counted_once(broken: str) -> None:
    orders = Counted({"race_orders_total": {("sandbox",): 1.0}})
    kept = Kept(Slice("aurora", NOON - timedelta(hours=1), "one", orders), Slice("", NOON, "one", Counted()),
                breaks_at=broken)  # fmt: skip
    watch = Watch(kept, "aurora")
    with pytest.raises(DatabaseUnavailable):
        await watch.follow(NOON - timedelta(hours=1), NOON)
    await watch.follow(NOON - timedelta(hours=1), NOON)
    assert watch.totals.total("race_orders_total") == 1


async def test_measures_are_of_the_last_minutes_and_points_of_all_of_it() -> None:
    orders = Counted({"race_orders_total": {("sandbox",): 1.0}})
    ages_s = (3000, RECENT_S + 1, RECENT_S - 1, 7)
    kept = Kept(*(Slice("aurora", NOON - timedelta(seconds=age_s), "one", orders) for age_s in ages_s))
    watch = Watch(kept, "aurora")
    await watch.follow(NOON - timedelta(hours=1), NOON)
    assert watch.together(NOON).totals.total("race_orders_total") == 2
    assert sum(point.orders for point in watch.points.values()) == watch.totals.total("race_orders_total") == 4


async def test_what_a_process_wrote_late_is_drawn_where_it_happened() -> None:
    """One order a second, written down after six seconds, then after four: no point of it is empty, none is doubled."""
    ends_s = [s for turn in range(12) for s in (10 * turn + 6, 10 * turn + 10)]
    written = zip([0, *ends_s], ends_s, strict=False)
    opened = NOON - timedelta(seconds=120)
    slices = [
        Slice(drop, opened + timedelta(seconds=end), "one", Counted({name: {labels: float(end - begin)}}))
        for begin, end in written
        for drop, name, labels in (
            ("", "race_http_requests_total", ("drop", "2xx")),
            ("aurora", "race_reservations_total", ()),
        )
    ]
    watch = Watch(Kept(*slices), "aurora")
    await watch.follow(opened, NOON - timedelta(seconds=50))
    await watch.follow(opened, NOON)
    drawn = [watch.points[at_s] for at_s in sorted(watch.points)][2:]  # When it began is not known.
    assert [point.reserved for point in drawn] == [pytest.approx(5)] * 22
    assert [point.requests for point in drawn] == [pytest.approx(5)] * 22


async def test_a_process_that_stood_still_is_not_drawn_as_if_it_had_worked() -> None:
    orders = Counted({"race_orders_total": {("sandbox",): 30.0}})
    ages_s = (1000, 0)
    watch = Watch(
        Kept(*(Slice("aurora", NOON - timedelta(seconds=age_s), "one", orders) for age_s in ages_s)), "aurora"
    )
    await watch.follow(NOON - timedelta(hours=1), NOON)
    latest = [point for at_s, point in watch.points.items() if at_s >= NOON.timestamp() - 500]
    assert [point.orders for point in latest] == [pytest.approx(30 * POINT_S / COVERED_S)] * (COVERED_S // POINT_S)
