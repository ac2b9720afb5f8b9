"""Slices of all processes put together, as measures want them: sums, what gauges say, and the busiest seconds.

Counts add up. A gauge of a process' own (what waits in it) is summed over the processes, and one that all read off the
same rows (what is due) is the most that any of them says: so `docs/metrics.md` asks Prometheus, too. A process that has
not written for a while has gone, and says nothing any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Self

from race_to_purchase.observe.series import Counted, Slice

SILENT = timedelta(seconds=30)
"""Whoever has not written for so long has gone: a process writes every five seconds."""

BUSIEST_S = 10
"""M13 is told over so many seconds: what is written every five must be in them."""

OF_A_PROCESS = frozenset(
    {"race_commands_waiting", "race_connections", "race_connections_used", "race_payments_under_way"}
)
"""Gauges that each process has its own of; the others are of the rows, and the same in each."""


class Together:
    """What was counted in some time, in a drop and in none."""

    def __init__(self) -> None:
        self.totals = Counted()
        """Sums; of its levels each is what was added last, whoever said it."""
        self._levels: dict[str, Counted] = {}
        self._last: dict[str, datetime] = {}
        self._orders: list[tuple[datetime, float]] = []

    @classmethod
    def of(cls, slices: Iterable[Slice]) -> Self:
        """All of these, those of one process and drop in their order."""
        made = cls()
        for one in slices:
            made.add(one)
        return made

    def add(self, one: Slice) -> None:
        """Count one more."""
        self.totals.add(one.counted)
        self._levels.setdefault(one.source, Counted()).levels.update(one.counted.levels)
        self._last[one.source] = max(one.at, self._last.get(one.source, one.at))
        if orders := one.counted.total("race_orders_total"):
            self._orders.append((one.at, orders))

    @property
    def last(self) -> dict[str, datetime]:
        """When each process has written last."""
        return self._last

    def processes(self) -> list[Counted]:
        """What each process that was there at the end of the time said last."""
        end = max(self._last.values(), default=None)
        return [told for source, told in self._levels.items() if end is None or self._last[source] >= end - SILENT]

    def counted(self) -> Counted:
        """Sums, and of each gauge one value over the processes that are there."""
        told = self.processes()
        names = {name for one in told for name in one.levels}
        levels: dict[str, dict[tuple[str, ...], float]] = {name: {(): level(told, name)} for name in names}
        return Counted(self.totals.counts, levels, self.totals.spreads)

    def busiest_per_s(self) -> float | None:
        """Orders a second in the busiest ten of them, by when they were written down; None where nothing was."""
        return busiest(sorted(self._orders), BUSIEST_S) / BUSIEST_S if self._last else None


def level(told: Sequence[Counted], name: str) -> float:
    """A gauge over the processes, all of its labels together; see OF_A_PROCESS."""
    values = [sum(one.levels[name].values()) for one in told if name in one.levels]
    if not values:
        return 0.0
    return sum(values) if name in OF_A_PROCESS else max(values)


def busiest(numbers: Iterable[tuple[datetime, float]], seconds: float) -> float:
    """The most that fell into any span of so many seconds; in order of time."""
    window: deque[tuple[datetime, float]] = deque()
    within = most = 0.0
    for at, number in numbers:
        window.append((at, number))
        within += number
        while window[0][0] <= at - timedelta(seconds=seconds):
            within -= window.popleft()[1]
        most = max(most, within)
    return most
