"""The circuit breaker of a gateway: it says when nothing new should be begun there. It refuses nothing by itself.

    closed ──too many calls without an answer──► open ──pause over──► half open ──answers──► closed
                                                   ▲                      │
                                                   └──────no answer───────┘

A decline is an answer. Times are handed in, so that it has no clock.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import msgspec

BreakerState = Literal["closed", "open", "half_open"]


class BreakerRule(msgspec.Struct, frozen=True):
    """When to open: where `share` of at least `calls_min` calls within `window_s` seconds had no answer.

    It stays open for `pause_s`, each time in a row twice as long, up to `pause_max_s`. Then `probes` authorizations
    are let through; it closes when that many calls were answered, and opens again at the first that was not.
    """

    share: float = 0.5
    calls_min: int = 20
    window_s: float = 10.0
    pause_s: float = 5.0
    pause_max_s: float = 60.0
    probes: int = 3


class Breaker:
    """See the module. `saw` is told of every call, `let_through` asked before every new authorization."""

    def __init__(self, rule: BreakerRule) -> None:
        self._rule = rule
        self._seconds: deque[list[int]] = deque()
        """Second, calls and failures, for each second of the window in which there were calls."""
        self._state: BreakerState = "closed"
        self._until_s = self._half_open_at_s = 0.0
        self._trips = 0
        self._let_through = 0
        self._answered = 0

    @property
    def closed(self) -> bool:
        """Whether all is well; neither open nor half open."""
        return self._state == "closed"

    def state(self, now_s: float) -> BreakerState:
        """As of now."""
        if self._state == "open" and now_s >= self._until_s:
            return "half_open"
        return self._state

    def refuses(self, now_s: float) -> bool:
        """Whether a new authorization would be refused now."""
        waiting = self._state == "open" or (self._state == "half_open" and self._let_through >= self._rule.probes)
        return waiting and now_s < self._until_s

    def pause_s(self, now_s: float) -> float:
        """How long new authorizations are refused, from now."""
        return self._until_s - now_s if self.refuses(now_s) else 0.0

    def let_through(self, now_s: float) -> float:
        """0 where a new authorization is sent now, else how many seconds until it is worth asking again."""
        if self._state == "closed":
            return 0.0
        if pause_s := self.pause_s(now_s):
            return pause_s
        if self._state == "open" or self._let_through >= self._rule.probes:
            # Also where probes never came back, such as those of buyers who went away.
            self._state, self._half_open_at_s = "half_open", now_s
            self._until_s = now_s + self._rule.pause_s
            self._let_through = self._answered = 0
        self._let_through += 1
        return 0.0

    def saw(self, *, failed: bool, began_s: float, now_s: float) -> None:
        """A call that began then has ended: `failed` where there was no answer."""
        if self._state == "closed":
            self._count(failed, int(now_s))
            if failed and self._too_many():
                self._open(now_s)
        elif self._state == "half_open" and began_s >= self._half_open_at_s:
            self._judge(failed, now_s)

    def _count(self, failed: bool, second: int) -> None:
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append([second, 0, 0])
            while self._seconds[0][0] <= second - self._rule.window_s:
                self._seconds.popleft()
        count = self._seconds[-1]
        count[1] += 1
        count[2] += failed

    def _too_many(self) -> bool:
        calls, failures = (sum(count[place] for count in self._seconds) for place in (1, 2))
        return calls >= self._rule.calls_min and failures >= self._rule.share * calls

    def _open(self, now_s: float) -> None:
        pause_s = min(self._rule.pause_s * 2**self._trips, self._rule.pause_max_s)
        self._state, self._until_s = "open", now_s + pause_s
        self._trips += 1
        self._seconds.clear()

    def _judge(self, failed: bool, now_s: float) -> None:
        if failed:
            self._open(now_s)
            return
        self._answered += 1
        if self._answered >= self._rule.probes:
            self._state, self._trips = "closed", 0
