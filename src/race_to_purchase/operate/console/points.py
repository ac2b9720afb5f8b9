"""The charts of the console: a point every few seconds, summed over all processes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from race_to_purchase.observe.events.event import Histogram
from race_to_purchase.observe.series import Counted, Spread, metrics_by_name

POINT_S = 5
"""Seconds of a point, as often as processes write."""

SPAN_S = 6 * 3600
"""So far back there are points."""

POINTS_MAX = 720
"""So many are told at most; where more time is asked for, a point is longer."""

CHECKOUT, GATEWAY, LAG = "race_checkout_seconds", "race_gateway_seconds", "race_loop_lag_seconds"


class Point(msgspec.Struct):
    """What happened from `at_s` on (seconds since 1970); levels are those told last."""

    at_s: int
    orders: float = 0
    revenue: float = 0
    pieces: float = 0
    reserved: float = 0
    refused: float = 0
    failed: float = 0
    declined: float = 0
    called: float = 0
    requests: float = 0
    checkout: list[float] | None = None
    authorize: list[float] | None = None
    lag: list[float] | None = None

    def count(self, counted: Counted) -> None:
        """Count what one process did in the drop, or in none."""
        self.orders += counted.total("race_orders_total")
        self.revenue += counted.total("race_order_amount_minor_total")
        self.pieces += counted.total("race_sold_pieces_total")
        self.reserved += counted.total("race_reservations_total")
        self.refused += counted.total("race_reservations_refused_total")
        self.failed += failures(counted)
        self.declined += counted.total("race_payments_ended_total", payment_end="declined")
        self.called += counted.total("race_line_called_total")
        self.requests += counted.total("race_http_requests_total")
        self.checkout = _more(self.checkout, counted, CHECKOUT)
        self.authorize = _more(self.authorize, counted, GATEWAY, operation="authorize")
        self.lag = _more(self.lag, counted, LAG)

    def merge(self, other: Point) -> None:
        """Add a later point."""
        for name in SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in SPREADS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if theirs is not None:
                setattr(self, name, theirs if mine is None else [a + b for a, b in zip(mine, theirs, strict=True)])


SUMMED = ("orders", "revenue", "pieces", "reserved", "refused", "failed", "declined", "called", "requests")
SPREADS = {"checkout": CHECKOUT, "authorize": GATEWAY, "lag": LAG}


class Series(msgspec.Struct, frozen=True):
    """Columns of one length for a chart: `at` in seconds since 1970; counts a second, revenue in minor units a minute.

    A latency is a 95th percentile in milliseconds, null where there was nothing.
    """

    step_s: int
    at: tuple[int, ...]
    orders: tuple[float, ...]
    revenue: tuple[float, ...]
    sold: tuple[float, ...]
    reserved: tuple[float, ...]
    refused: tuple[float, ...]
    failed: tuple[float, ...]
    declined: tuple[float, ...]
    called: tuple[float, ...]
    requests: tuple[float, ...]
    checkout_ms: tuple[float | None, ...]
    authorize_ms: tuple[float | None, ...]
    lag_ms: tuple[float | None, ...]


def failures(counted: Counted) -> float:
    """What the shop owed somebody and did not give: what M1 counts as bad."""
    failed = counted.total("race_checkouts_ended_total", checkout_end="expired", step="paying")
    for route in ("reserve", "pay"):
        failed += counted.total("race_http_requests_total", route=route, answer="5xx")
    return failed


def step_of(span_s: float, asked_s: int) -> int:
    """Seconds of a point: what was asked for, but so many that there are `POINTS_MAX` at most."""
    least = max(asked_s, POINT_S, span_s / POINTS_MAX)
    return -int(-least // POINT_S) * POINT_S


def series_of(points: Iterable[Point], since: datetime, until: datetime, asked_s: int) -> Series:
    """The points of a time, drawn together where there are too many; a time in which nothing happened is zero.

    One that is not over yet is left out: it would look as if everything had just become less.
    """
    since_s, until_s = int(since.timestamp()), int(until.timestamp())
    step_s = step_of(until_s - since_s, asked_s)
    first_s = since_s - since_s % step_s
    drawn = {at_s: Point(at_s) for at_s in range(first_s, until_s - until_s % step_s, step_s)}
    for point in points:
        at = drawn.get(point.at_s - point.at_s % step_s)
        if at is not None:
            at.merge(point)
    return _columns(list(drawn.values()), step_s)


def _columns(drawn: list[Point], step_s: int) -> Series:
    def rate(name: str, per_s: float = 1) -> tuple[float, ...]:
        return tuple(round(getattr(point, name) * per_s / step_s, 3) for point in drawn)

    def p95(name: str) -> tuple[float | None, ...]:
        return tuple(quantile_ms(getattr(point, name), SPREADS[name], 0.95) for point in drawn)

    return Series(
        step_s,
        tuple(point.at_s for point in drawn),
        orders=rate("orders"),
        revenue=rate("revenue", 60),
        sold=rate("pieces"),
        reserved=rate("reserved"),
        refused=rate("refused"),
        failed=rate("failed"),
        declined=rate("declined"),
        called=rate("called"),
        requests=rate("requests"),
        checkout_ms=p95("checkout"),
        authorize_ms=p95("authorize"),
        lag_ms=p95("lag"),
    )


def quantile_ms(buckets: list[float] | None, name: str, share: float) -> float | None:
    """A quantile of a histogram of seconds, in milliseconds; None where there was nothing."""
    if buckets is None:
        return None
    metric = metrics_by_name()[name]
    assert isinstance(metric, Histogram), "it is one of those named above"
    found = Spread(metric.buckets, tuple(buckets)).quantile(share)
    return None if found is None else round(found * 1000, 2)


def slot(at: datetime) -> int:
    """The point that a moment belongs to."""
    at_s = int(at.astimezone(UTC).timestamp())
    return at_s - at_s % POINT_S


def _more(mine: list[float] | None, counted: Counted, name: str, **labels: str) -> list[float] | None:
    if name not in counted.spreads:
        return mine
    buckets = counted.spread(name, **labels).buckets
    return list(buckets) if mine is None else [a + b for a, b in zip(mine, buckets, strict=True)]
