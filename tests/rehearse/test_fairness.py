"""The figures of a line: what strategies gained, and whether coming early helped."""

from random import Random

import pytest

from race_to_purchase.rehearse.crowd.diary import Page, Place
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.fairness import (
    KS_SIGNIFICANT,
    SIGNIFICANT,
    bot_arrival_share,
    ks_distance,
    rank_correlation,
    strategies,
)
from tests.rehearse.test_scorecard import bought


def test_a_strategy_gains_its_share_of_pieces_by_its_share_of_arrivals() -> None:
    tally = Tally()
    places = [Place("aa", "human", "person", 0.0), Place("bb", "bot", "replay", 0.1), Place("bb", "bot", "replay", 0.2)]
    sold = [bought(n, strategy="person") for n in range(3)] + [bought(9, strategy="replay", who="bot")]
    tally.add(0, Page({"arrival/person": 1, "arrival/replay": 1}, {}, sold, places, last=True))
    person, replay = strategies(tally)
    assert (person.strategy, person.share, person.gain) == ("person", 0.75, 1.5)
    assert (replay.arrivals, replay.tickets, replay.gain) == (1, 1, 0.5)
    assert bot_arrival_share(tally) == 0.5


def test_a_lottery_knows_nothing_of_who_came_first() -> None:
    places = Random(1).sample(range(1000), 1000)
    found = rank_correlation(places)
    assert found is not None
    assert abs(found) < SIGNIFICANT / 999**0.5


def test_first_come_first_served_is_found_out() -> None:
    assert rank_correlation(range(100)) == pytest.approx(1)
    assert rank_correlation(range(100, 0, -1)) == pytest.approx(-1)


def test_equal_places_share_their_rank() -> None:
    assert rank_correlation([0, 1, 1, 2]) == pytest.approx(0.9486833)
    assert rank_correlation([5, 5, 5]) is None


def test_uniform_places_are_near_and_bent_ones_are_not() -> None:
    chance = Random(2)
    even = [chance.random() for _ in range(1000)]
    assert ks_distance(even) < KS_SIGNIFICANT / 1000**0.5
    assert ks_distance([share**2 for share in even]) > KS_SIGNIFICANT / 1000**0.5
