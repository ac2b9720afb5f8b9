"""The generic cell rate algorithm: the arithmetic of a token bucket that is one number, and nothing else.

The number is the theoretical arrival time (TAT): when the next request would come from somebody who always kept to the
rate. Whoever asks before it has borrowed from the burst; one who would have to borrow more than the burst is refused,
and a refusal costs nothing. A TAT in the past is a full bucket, so that forgetting it changes nothing.

From ITU-T I.371 (the virtual scheduling form). Times are seconds on a clock that never goes back.
"""

from __future__ import annotations

import msgspec


class Rate(msgspec.Struct, frozen=True, gc=False):
    """`quota` requests in `window_s` seconds, all of which may come at once; it fills evenly."""

    quota: int
    window_s: float

    def __post_init__(self) -> None:
        if self.quota < 1 or not self.window_s > 0:
            raise ValueError("a rate needs a quota of at least 1 and a window above zero")

    @property
    def interval_s(self) -> float:
        """What one request costs: the time in which one token comes back."""
        return self.window_s / self.quota


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """`tat` is what to remember; `remaining` are the requests that could follow at once.

    `full_in_s` is when the whole quota is back, `retry_in_s` when the refused request would be let through; 0: now.
    """

    allowed: bool
    tat: float
    remaining: int
    full_in_s: float
    retry_in_s: float = 0.0


def decide(tat: float, now_s: float, rate: Rate, cost: int = 1) -> Verdict:
    """Whether a request at `now_s` that costs `cost` tokens is let through, where the last one left `tat` behind."""
    interval_s = rate.window_s / rate.quota
    begun = max(tat, now_s)
    then = begun + cost * interval_s
    earliest_s = then - rate.window_s
    if earliest_s > now_s:
        return Verdict(False, tat, _left(begun, now_s, rate), begun - now_s, earliest_s - now_s)
    return Verdict(True, then, _left(then, now_s, rate), then - now_s)


def _left(tat: float, now_s: float, rate: Rate) -> int:
    # The smallest part of a token would round down to one less than there are: 1e-9 of one is forgiven.
    return int((rate.window_s - (tat - now_s)) * rate.quota / rate.window_s + 1e-9)
