"""How a comparison is led over time: in windows, from where it came to the last time, and never up to the present.

What is younger than the walk's age is not judged, since it may still be under way. The cursor is stored after each
window, so a walk that was broken off does its last window again, which harms nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from race_to_purchase.ports import Findings

WINDOW_S_MIN = 60.0
WINDOW_S_MAX = 86_400.0
BUSY = 20_000
"""Rows in one window, above which the next one is shorter."""


class Age(msgspec.Struct, frozen=True):
    """How old what is compared has to be, and how long a stretch is worth a walk."""

    name: str
    age_s: float
    step_s: float


Compare = Callable[[datetime, datetime], Awaitable[int]]
"""Compares what began at `since <= … < until`; how many rows that were."""


class Walk:
    """One comparison at one age."""

    def __init__(self, name: str, age: Age, compare: Compare, findings: Findings) -> None:
        self.name = f"{name}/{age.name}"
        self.age = age
        self._compare = compare
        self._findings = findings
        self._window_s = 900.0

    def lag_s(self, reached: datetime, now: datetime) -> float:
        """How long ago that should have been compared which is the next to be."""
        return max(0.0, (now - reached).total_seconds() - self.age.age_s)

    async def step(self, reached: datetime, now: datetime, *, whole: bool = False) -> datetime:
        """Compare one window; where the walk is then, which is where it was if there is too little to compare.

        With `whole` a stretch that is shorter than the walk's step is worth it too.
        """
        end = now - timedelta(seconds=self.age.age_s)
        left_s = (end - reached).total_seconds()
        if left_s <= 0 or (left_s < self.age.step_s and not whole):
            return reached
        until = min(end, reached + timedelta(seconds=self._window_s))
        rows = await self._compare(reached, until)
        self._window_s *= 0.5 if rows > BUSY else 2.0
        self._window_s = min(WINDOW_S_MAX, max(WINDOW_S_MIN, self._window_s))
        await self._findings.reach(self.name, until.isoformat())
        return until
