"""How fast a drop's error budget burns, counted from its own events while they happen.

A month's windows are no use for a sale of half an hour: at four times the pace the budget of a 30-minute drop is gone
after 7.5 minutes, and no scrape each 15 seconds feeds a window of 22. So good and bad are counted here, in the process,
in slices of a window of the drop's length ÷ 80.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

SLICES = 10
"""A window consists of so many; it moves on by a slice at a time."""


class Burning(msgspec.Struct, frozen=True):
    """What the window shows: `rate` is the share of bad events ÷ the share that may be bad; 1 is as planned."""

    rate: float
    bad: int
    total: int
    window_s: float


class BurnWindow:
    """Counts good and bad of the last `window_s` seconds; time is an argument, in seconds that only grow.

    Keeps at most `SLICES + 1` pairs of numbers, however much happens.
    """

    def __init__(self, window_s: float, budget: float) -> None:
        assert window_s > 0 and 0 < budget < 1
        self.window_s = window_s
        self._budget = budget
        self._slice_s = window_s / SLICES
        self._slices: deque[list[int]] = deque()
        """[number of the slice, good, bad], the oldest first."""

    def count(self, at_s: float, *, good: bool) -> None:
        """One more event. One that is older than the newest slice is counted there: nothing is lost."""
        number = math.floor(at_s / self._slice_s)
        if not self._slices or self._slices[-1][0] < number:
            self._slices.append([number, 0, 0])
            self._forget(at_s)
        self._slices[-1][1 if good else 2] += 1

    def burning(self, at_s: float) -> Burning:
        """The burn rate over the window that ends at `at_s`; 0 where nothing happened in it."""
        self._forget(at_s)
        good = sum(counted[1] for counted in self._slices)
        bad = sum(counted[2] for counted in self._slices)
        total = good + bad
        return Burning(bad / total / self._budget if total else 0.0, bad, total, self.window_s)

    def _forget(self, at_s: float) -> None:
        oldest = math.floor(at_s / self._slice_s) - SLICES
        while self._slices and self._slices[0][0] <= oldest:
            self._slices.popleft()


def spent(burn: float, over_s: float, period_s: float) -> float:
    """The share of the period's budget that a burn rate uses up within `over_s`: rate × window ÷ period."""
    return burn * over_s / period_s


def left_s(burn: float, period_s: float, left: float = 1.0) -> float | None:
    """How long what is `left` of the budget lasts at this pace; None: for ever."""
    return left * period_s / burn if burn > 0 else None
