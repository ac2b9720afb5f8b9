"""The generic cell rate algorithm: the arithmetic of a token bucket that is one number, and nothing else.

The number is the theoretical arrival time (TAT): when the next request would come from somebody who always kept to the
rate. Whoever asks before it has borrowed from the burst; one who would have to borrow more than the burst is refused,
and a refusal costs nothing. A TAT in the past is a full bucket, so that forgetting it changes nothing.

From ITU-T I.371 (the virtual scheduling form). Times are seconds on a clock that never goes back.
"""

from __future__ import annotations

import msgspec

FORGIVEN_S = 1e-6
"""Sums of floats round; without this, the last request of a quota would be refused now and then."""


class Rate(msgspec.Struct, frozen=True, gc=False):
    """`quota` requests in `window_s` seconds, all of which may come at once; it fills evenly."""

    quota: int
    window_s: float

    def __post_init__(self) -> None:
        if self.quota < 1 or not self.window_s > 0:
            raise ValueError("a rate needs a quota of at least 1 and a window above zero")


def taken(tat: float, now_s: float, rate: Rate, cost: int = 1) -> float | None:
    """The TAT after a request at `now_s` that costs `cost` tokens; None: it is refused, and nothing changes."""
    then = (tat if tat > now_s else now_s) + cost * rate.window_s / rate.quota
    return then if then - rate.window_s <= now_s + FORGIVEN_S else None


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """`remaining` are the requests that could follow at once, if they cost one token each.

    `full_in_s` is when the whole quota is back, `retry_in_s` when the refused request would be let through.
    """

    remaining: int
    full_in_s: float
    retry_in_s: float


def refusal(tat: float, now_s: float, rate: Rate, cost: int = 1) -> Refusal:
    """What to tell somebody whose request `taken` has refused."""
    borrowed_s = max(0.0, tat - now_s)
    remaining = int((rate.window_s - borrowed_s + FORGIVEN_S) * rate.quota / rate.window_s)
    retry_in_s = borrowed_s + cost * rate.window_s / rate.quota - rate.window_s
    return Refusal(remaining, borrowed_s, max(0.0, retry_in_s))
