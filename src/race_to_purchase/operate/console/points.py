"""The charts of the console: a point every few seconds, summed over all processes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache

import msgspec

from race_to_purchase.observe.series import Counted, Spread, Wanted, bounds_of, fits, wanted_of

POINT_S = 5
"""Seconds of a point, as often as processes write."""

SPAN_S = 6 * 3600
"""So far back there are points."""

POINTS_MAX = 720
"""So many are told at most; where more time is asked for, a point is longer."""

POINTS_DRAWN = 240
"""So many are told where nobody says how long a point shall be: a chart is a few hundred pixels wide."""

LONGEST, SHORTEST, UNOPENED = timedelta(hours=1), timedelta(seconds=90), timedelta(minutes=5)
LEAD = timedelta(seconds=30)
"""What is drawn of a sale where nothing else is asked for, and of the time before it opened."""

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
        """Count what one process did in the drop, or in none: each metric is looked at once, an hour has thousands."""
        for name, by_labels in counted.counts.items():
            for column, wanted in _sums_of(name):
                counts = [n for at, n in by_labels.items() if fits(at, wanted)] if wanted else by_labels.values()
                setattr(self, column, getattr(self, column) + sum(counts))
        for name, by_place in counted.spreads.items():
            for column, wanted in _spreads_of(name):
                for at, buckets in by_place.items():
                    if fits(at, wanted):
                        setattr(self, column, _added(getattr(self, column), buckets))

    def merge(self, other: Point, part: float = 1) -> None:
        """Add another point, or a part of it."""
        for column in SUMMED:
            more = getattr(other, column)
            if more:
                setattr(self, column, getattr(self, column) + more * part)
        for column in SPREADS:
            buckets = getattr(other, column)
            if buckets is not None:
                setattr(self, column, _added(getattr(self, column), buckets, part))


class _Counted(msgspec.Struct, frozen=True):
    """What is counted in a column: a metric, where its labels have these values."""

    column: str
    metric: str
    labels: Mapping[str, str] = {}


SUMS = (
    _Counted("orders", "race_orders_total"),
    _Counted("revenue", "race_order_amount_minor_total"),
    _Counted("pieces", "race_sold_pieces_total"),
    _Counted("reserved", "race_reservations_total"),
    _Counted("refused", "race_reservations_refused_total"),
    # What the shop owed somebody and did not give: what M1 counts as bad.
    _Counted("failed", "race_checkouts_ended_total", {"checkout_end": "expired", "step": "paying"}),
    _Counted("failed", "race_http_requests_total", {"route": "reserve", "answer": "5xx"}),
    _Counted("failed", "race_http_requests_total", {"route": "pay", "answer": "5xx"}),
    _Counted("declined", "race_payments_ended_total", {"payment_end": "declined"}),
    _Counted("called", "race_line_called_total"),
    _Counted("requests", "race_http_requests_total"),
)
DISTRIBUTIONS = (
    _Counted("checkout", CHECKOUT),
    _Counted("authorize", GATEWAY, {"operation": "authorize"}),
    _Counted("lag", LAG),
)
SUMMED = tuple(dict.fromkeys(each.column for each in SUMS))
SPREADS = {each.column: each.metric for each in DISTRIBUTIONS}


@cache
def _sums_of(metric: str) -> tuple[tuple[str, Wanted], ...]:
    """The columns in which a counter is summed, and what its labels must be there."""
    return tuple((each.column, wanted_of(metric, each.labels)) for each in SUMS if each.metric == metric)


@cache
def _spreads_of(metric: str) -> tuple[tuple[str, Wanted], ...]:
    """The same of a histogram."""
    return tuple((each.column, wanted_of(metric, each.labels)) for each in DISTRIBUTIONS if each.metric == metric)


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


class Span(msgspec.Struct, frozen=True):
    """Seconds since 1970 of the first point and after the last one, and how long each is."""

    first_s: int
    end_s: int
    step_s: int


def span_of(since: datetime, until: datetime, step_s: int | None = None) -> Span:
    """The points of a time: as long as was asked for, but so that there are not too many.

    One that is not over yet is left out: it would look as if everything had just become less.
    """
    since_s, until_s = int(since.timestamp()), int(until.timestamp())
    least_s = (until_s - since_s) / (POINTS_DRAWN if step_s is None else POINTS_MAX)
    step_s = -int(-max(step_s or 0, POINT_S, least_s) // POINT_S) * POINT_S
    return Span(since_s - since_s % step_s, until_s - until_s % step_s, step_s)


def whole_sale(now: datetime, opened: datetime) -> datetime:
    """From when on a sale is drawn whole: so that one which has just begun fills its chart; an hour at most."""
    if opened > now:
        return now - UNOPENED
    return max(now - LONGEST, min(opened - LEAD, now - SHORTEST))


def series_of(points: Iterable[Point], span: Span) -> Series:
    """These points, drawn together where there are several of a step; a time in which nothing happened is zero."""
    drawn = {at_s: Point(at_s) for at_s in range(span.first_s, span.end_s, span.step_s)}
    for point in points:
        at = drawn.get(point.at_s - point.at_s % span.step_s)
        if at is not None:
            at.merge(point)
    return _columns(list(drawn.values()), span.step_s)


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
    found = Spread(bounds_of(name), tuple(buckets)).quantile(share)
    return None if found is None else round(found * 1000, 2)


def slots(since_s: float, until_s: float) -> Iterator[tuple[int, float]]:
    """The points that a time belongs to, and which part of it to each: no process writes just when one ends."""
    for at_s in range(int(since_s // POINT_S) * POINT_S, math.ceil(until_s), POINT_S):
        yield at_s, (min(until_s, at_s + POINT_S) - max(since_s, at_s)) / (until_s - since_s)


def _added(mine: list[float] | None, buckets: list[float], part: float = 1) -> list[float]:
    if mine is None:
        return [count * part for count in buckets]
    return [a + b * part for a, b in zip(mine, buckets, strict=True)]
