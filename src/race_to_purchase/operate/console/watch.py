"""What was counted in one drop, followed as it is written: read once, and then only what is new.

So a look costs the same after an hour as after a minute, and twenty who look cost as much as one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.observe.together import Together
from race_to_purchase.operate.console.noticing import BREAKER, Noticing
from race_to_purchase.operate.console.points import POINT_S, SPAN_S, SPREADS, Point, slots
from race_to_purchase.ports import SeriesStore

RECENT_S = 300
"""What measures are of: as the queries for `/metrics` in docs/metrics.md."""

LATE_S = 15
"""A slice may become visible so much later than the time that is written on it."""

COVERED_S = 30
"""A slice that comes after a longer time than that is drawn as if of this one: its process stood still."""

OF_OLD = (*SPREADS.values(), BREAKER)
"""Of what measures are not made of any more, no other distributions and gauges are read."""


class Watch:
    """Slices of the drop, and of what belongs to none (""); `totals` are the drop's counters since `since`."""

    def __init__(self, series: SeriesStore, drop: str) -> None:
        self._series = series
        # What a process writes of both comes at once: whoever has told of none by now has told of the drop as well.
        self._drops = ("", drop)
        self._read: dict[tuple[str, str, datetime], None] = {}
        self._reached: datetime | None = None
        self.since: datetime | None = None
        self.points: dict[int, Point] = {}
        self.totals = Counted()
        self.noticing = Noticing()
        self._recent: deque[Slice] = deque()
        self._last: dict[str, datetime] = {}
        self._wrote: dict[str, list[datetime]] = {}
        """When each process wrote, in order."""

    async def follow(self, opened: datetime, now: datetime) -> None:
        """Read what is new; the first time, what there is since the drop opened, or as far back as there are points."""
        if self._reached is None:
            first = max(opened - timedelta(minutes=10), now - timedelta(seconds=SPAN_S))
            self.since = self._reached = min(first, now - timedelta(hours=1))
        since, until = self._reached - timedelta(seconds=LATE_S), now + timedelta(seconds=LATE_S)
        lately = now - timedelta(seconds=RECENT_S + LATE_S)
        for first, last, only in ((since, lately, OF_OLD), (max(since, lately), until, None)):
            for drop in self._drops if first < last else ():
                async for one in self._series.slices(drop, first, last, only):
                    self._count(one, lasting=only is None)
        self._reached = now
        self._forget(now)

    def counted_at(self, now: datetime) -> datetime | None:
        """Up to when what every running process counted is in the sums: a few seconds behind what the rows say."""
        running = (at for at in self._last.values() if at > now - timedelta(seconds=2 * LATE_S))
        return min(running, default=None)

    def together(self, now: datetime) -> Together:
        """What was counted in the last five minutes, in the drop and in none."""
        return Together.of(self._since(now - timedelta(seconds=RECENT_S)))

    def recent(self, now: datetime, seconds: float) -> Counted:
        """Sums of what was counted lately, in the drop and in none."""
        lately = Counted()
        for one in self._since(now - timedelta(seconds=seconds)):
            lately.add(one.counted)
        return lately

    def _since(self, since: datetime) -> Iterable[Slice]:
        return (one for one in self._recent if one.at >= since)

    def _count(self, one: Slice, *, lasting: bool) -> None:
        """Once, though what is recent is read again, and all of it where reading broke off."""
        key = (one.drop, one.source, one.at)
        if key in self._read:
            return
        self._read[key] = None
        if lasting:
            self._recent.append(one)
        self._draw(one)
        self._last[one.source] = max(one.at, self._last.get(one.source, one.at))
        self.noticing.look(one)
        if one.drop:
            self.totals.add_counts(one.counted)

    def _draw(self, one: Slice) -> None:
        """Into the points of the time since its process wrote before, which is five seconds or so."""
        wrote = self._wrote.setdefault(one.source, [])
        place = bisect_left(wrote, one.at)
        if one.at not in wrote[place : place + 1]:
            wrote.insert(place, one.at)
        at_s, counted = one.at.timestamp(), Point(0)
        before_s = wrote[place - 1].timestamp() if place else at_s - POINT_S
        counted.count(one.counted)
        for point_s, part in slots(max(before_s, at_s - COVERED_S), at_s):
            if point_s not in self.points:
                self.points[point_s] = Point(point_s)
            self.points[point_s].merge(counted, part)

    def _forget(self, now: datetime) -> None:
        """Keep what may come again, what is lately, and the points that are told."""
        for key in [key for key in self._read if key[2] < now - timedelta(seconds=4 * LATE_S)]:
            del self._read[key]
        while self._recent and self._recent[0].at < now - timedelta(seconds=RECENT_S + LATE_S):
            self._recent.popleft()
        for source in [source for source, at in self._last.items() if at < now - timedelta(seconds=RECENT_S)]:
            del self._last[source]
            del self._wrote[source]
        for wrote in self._wrote.values():
            del wrote[: max(0, bisect_left(wrote, now - timedelta(seconds=4 * LATE_S)) - 1)]
        for at_s in [at_s for at_s in self.points if at_s < now.timestamp() - SPAN_S]:
            del self.points[at_s]
