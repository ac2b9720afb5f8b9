"""The limiter: so many requests a second over all and for each operation, and 429 for the rest.

It stands before everything that remembers. A bucket holds one second's worth, so a pause may be followed by a burst.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

PerSecond = Annotated[float, Meta(gt=0, le=1_000_000)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests a second: `per_second` over all, `operations` by name; None or absent is no limit."""

    per_second: PerSecond | None = None
    operations: dict[str, PerSecond] = {}


class _Bucket:
    """Tokens that come back with time."""

    def __init__(self, per_second: float, now_s: float) -> None:
        self._per_second = per_second
        self._size = max(1.0, per_second)
        self._tokens = self._size
        self._at_s = now_s

    def has(self, now_s: float) -> bool:
        """Whether one could be taken."""
        self._tokens = min(self._size, self._tokens + (now_s - self._at_s) * self._per_second)
        self._at_s = now_s
        return self._tokens >= 1

    def take(self) -> None:
        """Take one that is there."""
        self._tokens -= 1


class Limiter:
    """Says who is too fast; `refused` counts them by the reason that Stripe's header gives."""

    def __init__(self, limits: Limits, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self.refused: dict[str, int] = {}
        self.set(limits)

    def set(self, limits: Limits) -> None:
        """Have these limits, with every bucket full."""
        now_s = self._monotonic_s()
        self.limits = limits
        self._whole = None if limits.per_second is None else _Bucket(limits.per_second, now_s)
        self._each = {name: _Bucket(rate, now_s) for name, rate in limits.operations.items()}

    def refuse(self, operation: str) -> str | None:
        """Why this request is refused; None lets it through. A refused one uses nothing up."""
        now_s = self._monotonic_s()
        asked = (("global-rate", self._whole), ("endpoint-rate", self._each.get(operation)))
        buckets = [(reason, bucket) for reason, bucket in asked if bucket is not None]
        for reason, bucket in buckets:
            if not bucket.has(now_s):
                self.refused[reason] = self.refused.get(reason, 0) + 1
                return reason
        for _, bucket in buckets:
            bucket.take()
        return None
