"""The gateway's clock: real time, moved on by whoever wants to see tomorrow.

It only ever goes forward. What happens to payments (keys forgotten, authorizations lapsing, retries of messages) goes
by it; what the outside world checks against its own clock, a signature's time above all, goes by `real`.
"""

from __future__ import annotations

import time


class Clock:
    """Unix time in seconds, plus an offset that grows by `advance`."""

    def __init__(self, offset_s: float = 0.0) -> None:
        self._offset_s = offset_s
        self.real = time.time

    @property
    def offset_s(self) -> float:
        """How far this clock is ahead of the real one."""
        return self._offset_s

    def now(self) -> float:
        """The gateway's time."""
        return self.real() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Move on; ValueError for a step backwards, which no list or deadline here could bear."""
        if not 0 <= seconds <= 10 * 365 * 86400:
            raise ValueError("a clock advances by zero seconds to ten years")
        self._offset_s += seconds
