"""The crowd is a function of its seed, and what it is meant to do, somebody in it does."""

from collections import Counter

import pytest
from msgspec.structs import replace

from race_to_purchase.rehearse.crowd.plan import DECLINED, HUMAN_SHARE_OF_RESERVATION, LATE, Line, comes_s, plan
from tests.rehearse.shop import SALE


def test_the_same_seed_gives_the_same_people() -> None:
    assert plan(7, 300, 100, SALE) == plan(7, 300, 100, SALE)


def test_another_seed_gives_others() -> None:
    ones, others = plan(7, 50, 50, SALE), plan(8, 50, 50, SALE)
    assert all(one != other for one, other in zip(ones.humans, others.humans, strict=True))


def test_when_the_drop_opens_changes_nobody() -> None:
    assert plan(7, 50, 50, SALE) == plan(7, 50, 50, replace(SALE, drop="another", opens_at_s=1.0))


def test_a_larger_crowd_begins_with_the_smaller_one() -> None:
    small, large = plan(7, 50, 20, SALE), plan(7, 200, 80, SALE)
    assert (large.humans[:50], large.bots[:20]) == (small.humans, small.bots)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_the_parts_are_the_whole_crowd_with_everybody_once(parts: int) -> None:
    crowd = plan(7, 100, 31, SALE)
    shares = [crowd.share(part, parts) for part in range(parts)]
    assert sorted(one.name for share in shares for one in share.humans) == sorted(one.name for one in crowd.humans)
    assert sorted(one.name for share in shares for one in share.bots) == sorted(one.name for one in crowd.bots)


def test_every_way_to_behave_occurs() -> None:
    crowd = plan(1, 2000, 300, SALE)
    humans = crowd.humans
    assert {one.double_click for one in humans} == {True, False}
    assert {one.lost_answer for one in humans} == {"no", "reserve", "pay"}
    assert {one.second_tab for one in humans} == {"no", "checkout", "payment"}
    assert {one.abandons for one in humans} == {"no", "leaves", "cancels"}
    assert {one.quantity for one in humans} == {1, 2}
    assert {card for one in humans for card in one.cards} == {"pm_approved", *DECLINED, *LATE}
    assert {one.kind for one in crowd.bots} == {"scalper", "hoarder", "carder"}


def test_every_size_is_on_everybodys_list_and_the_first_is_the_favourite() -> None:
    humans = plan(1, 1000, 0, SALE).humans
    assert {frozenset(one.wishes) for one in humans} == {frozenset(SALE.prices)}
    firsts = Counter(one.wishes[0] for one in humans)
    assert [size for size, _ in firsts.most_common()] == list(SALE.prices)


@pytest.mark.parametrize("reservation_s", [2.0, 5.0, 300.0])
def test_nobodys_own_slowness_lets_a_reservation_expire(reservation_s: float) -> None:
    for one in plan(1, 1000, 0, replace(SALE, reservation_s=reservation_s)).humans:
        own_s = one.think_s + one.other_card_s * (len(one.cards) - 1)
        assert own_s <= reservation_s * HUMAN_SHARE_OF_RESERVATION


def test_a_silent_gateway_is_met_only_where_a_reservation_outlives_it() -> None:
    short = plan(1, 2000, 0, replace(SALE, reservation_s=5.0)).humans
    assert not [one for one in short if "pm_answer_lost" in one.cards]


def test_a_limit_of_one_is_respected_by_the_plan() -> None:
    crowd = plan(1, 300, 100, replace(SALE, limit_per_buyer=1))
    assert {one.quantity for one in (*crowd.humans, *crowd.bots)} == {1}


def test_at_a_door_most_register_in_time_and_a_few_come_late() -> None:
    line = Line(opens_s=-10.5, closes_s=-1.5)
    sale = replace(SALE, line=line)
    moments = [comes_s(one.arrives_s, sale) for one in plan(1, 1000, 0, sale).humans]
    late = sum(moment > line.closes_s for moment in moments)
    assert min(moments) >= line.opens_s
    assert 10 < late < 100
    assert comes_s(3.0, SALE) == 3.0, "without a door nothing is shifted"
