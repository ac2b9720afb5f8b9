"""The networks that send most, over the last minute, in a memory of fixed size.

Space-saving (Metwally, Agrawal, El Abbadi 2005): there are so many counters, and whoever has none takes over the
smallest one with its count, which is noted as the uncertain part of the new owner's. Whoever sends more than a share
of `1 / KEPT` of a minute's requests certainly has a counter, and only the certain part is told: a flood of made-up
networks drives out nobody who sends much, and makes nobody look busier than they are.
"""

from __future__ import annotations

from collections.abc import Callable

KEPT = 64
WINDOW_S = 60.0


class Busiest:
    """Counts by name. The last minute is what this one has so far, and as much of the one before as that lacks."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began_s = now()
        self._counts: dict[str, int] = {}
        self._unsure: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self._least = 0
        self._low: list[str] = []

    def count(self, name: str) -> None:
        """One request."""
        if self._now() >= self._began_s + WINDOW_S:
            self._turn()
        counts = self._counts
        if name in counts:
            counts[name] += 1
        elif len(counts) < KEPT:
            counts[name] = 1
        else:
            smallest = self._smallest()
            self._unsure.pop(smallest, None)
            self._unsure[name] = counts.pop(smallest)
            counts[name] = self._unsure[name] + 1

    def _smallest(self) -> str:
        """Whose count is the smallest. Counts only grow, so one look at all of them finds many that have it."""
        counts = self._counts
        while True:
            while self._low:
                name = self._low.pop()
                if counts[name] == self._least:
                    return name
            self._least = min(counts.values())
            self._low = [name for name, count in counts.items() if count == self._least]

    def per_s(self, most: int) -> list[tuple[str, float]]:
        """The busiest and their requests a second, at least so many, the busiest first."""
        if self._now() >= self._began_s + WINDOW_S:
            self._turn()
        left = 1 - (self._now() - self._began_s) / WINDOW_S
        sure = self._sure()
        lately = {name: sure.get(name, 0) + left * self._before.get(name, 0) for name in sure | self._before}
        ranked = sorted(lately.items(), key=lambda one: -one[1])
        return [(name, round(count / WINDOW_S, 2)) for name, count in ranked[:most]]

    def _sure(self) -> dict[str, int]:
        return {name: count - self._unsure.get(name, 0) for name, count in self._counts.items()}

    def _turn(self) -> None:
        windows = int((self._now() - self._began_s) / WINDOW_S)
        self._before = self._sure() if windows == 1 else {}
        self._counts, self._unsure, self._low = {}, {}, []
        self._began_s += windows * WINDOW_S
