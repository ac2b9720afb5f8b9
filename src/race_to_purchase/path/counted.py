"""What a gateway answered and how long it took, counted in this process since it was started."""

from __future__ import annotations

import msgspec
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.observe.events.gateways import GatewayAnswered
from race_to_purchase.path.breaker import BreakerState

LONGEST_US = 120_000_000
DIGITS = 2
"""Significant digits of a latency; the histogram takes 30 kB."""

CODES_MAX = 100
OTHER = "other"
"""A gateway that made up decline codes must not fill the memory: those past `CODES_MAX` are counted as one."""


class Latency(msgspec.Struct, frozen=True):
    """How long authorizations took, in milliseconds, without the queue before them; zeros where there were none."""

    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Counted(msgspec.Struct, frozen=True):
    """A gateway as this process sees it.

    `authorizations` counts by verdict (`authorized`, `declined`, `no_answer`, …), `declines` by the gateway's code.
    `pace` is the share of the configured rate at which requests leave.
    """

    name: str
    authorizations: dict[str, int]
    declines: dict[str, int]
    latency: Latency
    breaker: BreakerState
    waiting: int
    at_work: int
    pace: float


class Counters:
    """Counts authorizations."""

    def __init__(self) -> None:
        self.authorizations: dict[str, int] = {}
        """By what was said."""
        self.declines: dict[str, int] = {}
        self._latency: HdrHistogram | None = None
        """Made when it is needed: a process that only looks after others' payments has none."""
        self.mean_s = 0.0
        """Of the latest ones, the newer the heavier."""

    def authorization(self, told: GatewayAnswered) -> None:
        """One has ended: the very event that metrics are made of, so that they agree."""
        self.authorizations[told.said] = self.authorizations.get(told.said, 0) + 1
        if told.said == "declined":
            code = told.code if told.code in self.declines or len(self.declines) < CODES_MAX else OTHER
            self.declines[code] = self.declines.get(code, 0) + 1
        took_s = told.took_s
        if self._latency is None:
            self._latency = HdrHistogram(1, LONGEST_US, DIGITS)
        self._latency.record_value(min(int(took_s * 1e6) + 1, LONGEST_US))
        self.mean_s += 0.1 * (took_s - self.mean_s)

    def latency(self) -> Latency:
        """As of now."""
        if self._latency is None:
            return Latency(0, 0.0, 0.0, 0.0, 0.0, 0.0)
        count: int = self._latency.get_total_count()
        p50, p95, p99 = (self._latency.get_value_at_percentile(share) / 1e3 for share in (50, 95, 99))
        mean, longest = self._latency.get_mean_value() / 1e3, self._latency.get_max_value() / 1e3
        return Latency(count, round(mean, 3), p50, p95, p99, longest)
