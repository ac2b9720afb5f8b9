"""The charts: what is counted in which column, from when on they are drawn, and how long a point is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from race_to_purchase.observe.series import Counted
from race_to_purchase.operate.console.points import (
    POINTS_DRAWN,
    POINTS_MAX,
    Point,
    series_of,
    slots,
    span_of,
    whole_sale,
)
from tests.samples import NOON

LAG = [0.0] * 20


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_each_column_counts_what_is_its_own() -> None:
    point = Point(0)
    requests = {("reserve", "2xx"): 5.0, ("reserve", "5xx"): 1.0, ("pay", "5xx"): 2.0, ("drop", "5xx"): 4.0}
    ended = {("expired", "paying"): 8.0, ("expired", "reserved"): 16.0, ("cancelled", "paying"): 32.0}
    point.count(
        Counted(
            {
                "race_http_requests_total": requests,
                "race_checkouts_ended_total": ended,
                "race_orders_total": {("bank",): 3.0, ("other",): 4.0},
                "race_payments_ended_total": {("bank", "declined"): 9.0, ("bank", "expired"): 1.0},
                "race_of_a_later_version_total": {("x",): 1.0},
            },
            spreads={"race_gateway_seconds": {("bank", "authorize"): [1.0, 2.0], ("bank", "capture"): [4.0, 8.0]}},
        )
    )
    assert (point.requests, point.failed) == (12, 1 + 2 + 8)
    assert (point.orders, point.declined, point.reserved) == (7, 9, 0)
    assert (point.authorize, point.checkout) == ([1.0, 2.0], None)


def test_points_of_two_processes_are_drawn_as_one() -> None:
    at = int(NOON.timestamp())
    points = [Point(at, orders=10, lag=[1.0, *LAG]), Point(at + 5, orders=20, lag=[2.0, *LAG]), Point(at + 10)]
    drawn = series_of(points, span_of(NOON, NOON + seconds(20), 10))
    assert (drawn.step_s, drawn.at, drawn.orders) == (10, (at, at + 10), (3.0, 0.0))
    assert drawn.lag_ms[0] is not None
    assert drawn.lag_ms[1] is None


@pytest.mark.parametrize(
    ("since_s", "until_s", "parts"),
    [
        (7, 12, [(5, 0.6), (10, 0.4)]),
        (5, 10, [(5, 1.0)]),
        (6, 7, [(5, 1.0)]),
        (9, 21, [(5, 1 / 12), (10, 5 / 12), (15, 5 / 12), (20, 1 / 12)]),
    ],
)
def test_a_time_is_divided_among_the_points_that_it_belongs_to(
    since_s: float, until_s: float, parts: list[tuple[int, float]]
) -> None:
    assert list(slots(since_s, until_s)) == [(at, pytest.approx(part)) for at, part in parts]


@pytest.mark.parametrize(
    ("opened", "first"),
    [
        (NOON - timedelta(hours=5), NOON - timedelta(hours=1)),
        (NOON - timedelta(minutes=20), NOON - timedelta(minutes=20, seconds=30)),
        (NOON - seconds(5), NOON - seconds(90)),
        (NOON + timedelta(hours=5), NOON - timedelta(minutes=5)),
    ],
)
def test_a_sale_is_drawn_whole_an_hour_at_most(opened: datetime, first: datetime) -> None:
    assert whole_sale(NOON, opened) == first


@pytest.mark.parametrize(
    ("minutes", "asked_s", "step_s"),
    [(5, None, 5), (20, None, 5), (60, None, 15), (360, None, 90), (60, 1, 5), (360, 5, 30), (60, 60, 60)],
)
def test_points_are_as_many_as_fit(minutes: int, asked_s: int | None, step_s: int) -> None:
    span = span_of(NOON, NOON + timedelta(minutes=minutes), asked_s)
    assert span.step_s == step_s
    assert (span.end_s - span.first_s) / step_s <= (POINTS_DRAWN if asked_s is None else POINTS_MAX)


def test_a_point_that_is_not_over_is_left_out() -> None:
    span = span_of(NOON + seconds(3), NOON + seconds(14), 5)
    assert (span.first_s - NOON.timestamp(), span.end_s - NOON.timestamp()) == (0, 10)
