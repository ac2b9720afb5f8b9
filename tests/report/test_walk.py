"""The curve of a sale is what the histories of its checkouts say, and no sample of it."""

from __future__ import annotations

from race_to_purchase.app.commands.report.walk import MOMENTS_MAX, Walk
from race_to_purchase.store.report import Part, Way
from tests.report.sale import way
from tests.samples import NOON


def walked(*ways: Way) -> Walk:
    walk = Walk(NOON)
    walk.add(Part(ways, (), ()))
    return walk


def stood(walk: Walk, at_s: float) -> tuple[int, int]:
    """Sold and held, as the last moment up to `at_s` says."""
    moments, _ = walk.curve()
    last = [moment for moment in moments if moment.at_s <= at_s + 1e-6][-1]
    return last.sold, last.held


def test_pieces_are_held_until_they_are_paid_and_sold_from_then_on() -> None:
    walk = walked(way(("reserved", 1.0), ("paid", 3.0), ("fulfilled", 4.0), pieces=2))
    assert [stood(walk, at_s) for at_s in (0.9, 2.0, 3.1, 4.1)] == [(0, 0), (0, 2), (2, 0), (2, 0)]


def test_what_expires_or_is_cancelled_is_free_again() -> None:
    ends = (way(("reserved", 1.0), (end, 2.0), state=end, ordered=False) for end in ("expired", "cancelled"))
    walk = walked(*ends)
    assert (stood(walk, 1.5), stood(walk, 2.1)) == ((0, 2), (0, 0))


def test_what_lapsed_and_is_reclaimed_is_sold_once() -> None:
    walk = walked(way(("reserved", 1.0), ("lapsed", 2.0), ("paid", 3.0)))
    assert [stood(walk, at_s) for at_s in (1.5, 2.5, 3.1)] == [(0, 1), (0, 0), (1, 0)]


def test_an_order_whose_capture_fails_gives_its_pieces_back() -> None:
    walk = walked(way(("reserved", 1.0), ("paid", 2.0), ("capture_failed", 3.0), state="cancelled"))
    assert (stood(walk, 2.1), stood(walk, 3.1)) == ((1, 0), (0, 0))


def test_what_is_refunded_stays_sold_and_what_is_returned_does_not() -> None:
    told = (("reserved", 1.0), ("paid", 2.0), ("refunded", 3.0))
    assert stood(walked(way(*told, state="refunded")), 3.1) == (1, 0)
    assert stood(walked(way(*told, state="returned")), 3.1) == (0, 0)


def test_the_sell_out_is_when_the_last_piece_was_sold() -> None:
    walk = walked(*(way(("reserved", 1.0), ("paid", at_s)) for at_s in (2.0, 5.0)))
    assert (walk.sold_out_at_s(2), walk.sold_out_at_s(3)) == (5.1, None)


def test_a_long_sale_has_no_more_moments_than_a_page_can_show() -> None:
    walk = walked(*(way(("reserved", hour * 3600.0), ("paid", hour * 3600 + 1.0)) for hour in range(100)))
    moments, step_s = walk.curve()
    assert len(moments) <= MOMENTS_MAX + 2
    assert step_s == 1800
    assert sum(moment.orders for moment in moments) == 100


def test_a_sale_to_which_nobody_came_has_no_curve() -> None:
    assert walked().curve()[0] == ()


def test_a_sale_of_years_is_drawn_as_soon_as_one_of_a_minute() -> None:
    years_s = 7 * 365 * 86_400.0
    moments, step_s = walked(way(("reserved", years_s), ("paid", years_s + 1))).curve()
    assert step_s == 86_400
    assert (moments[-1].sold, sum(moment.orders for moment in moments)) == (1, 1)
