"""Whence most comes: certain for whoever sends much, in a memory that does not grow."""

from __future__ import annotations

import random

import pytest

from race_to_purchase.edge.guard.address import Proxies
from race_to_purchase.edge.guard.busiest import WINDOW_S, Busiest
from tests.edge.conftest import opened
from tests.edge.shop import STOREFRONT_KEY, Shop


class Clock:
    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_busiest_comes_first_with_its_rate(clock: Clock) -> None:
    busiest = Busiest(clock)
    for name, count in (("few", 6), ("many", 120), ("some", 60)):
        for _ in range(count):
            busiest.count(name)
    assert busiest.per_s(2) == [("many", 2.0), ("some", 1.0)]


def test_a_flood_of_networks_drives_out_nobody_who_sends_much_and_invents_nobody(clock: Clock) -> None:
    busiest, chance = Busiest(clock), random.Random(7)
    for number in range(20_000):
        busiest.count(f"made-up-{number}")
        if chance.random() < 0.1:
            busiest.count("busy")
    (name, per_s), *others = busiest.per_s(10)
    assert name == "busy"
    assert 0.7 * 2000 / WINDOW_S < per_s <= 2100 / WINDOW_S
    assert all(per_s == round(1 / WINDOW_S, 2) for _, per_s in others), "of each of them one request is certain"
    assert len(busiest._counts) == 64
    assert len(busiest._unsure) <= 64


def test_what_was_a_minute_ago_fades_and_what_was_before_it_is_forgotten(clock: Clock) -> None:
    busiest = Busiest(clock)
    for _ in range(60):
        busiest.count("gone")
    clock.at_s += WINDOW_S
    assert busiest.per_s(5) == [("gone", 1.0)]
    clock.at_s += WINDOW_S / 2
    assert busiest.per_s(5) == [("gone", 0.5)]
    clock.at_s += WINDOW_S
    assert busiest.per_s(5) == []


def test_a_look_after_a_long_time_counts_only_what_is_recent(clock: Clock) -> None:
    busiest = Busiest(clock)
    for _ in range(60):
        busiest.count("yesterday")
    clock.at_s += 86_400
    busiest.count("today")
    assert [name for name, _ in busiest.per_s(5)] == ["today"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
    ],
)
def test_nobody_is_seen_by_their_own_address(address: str, shown: str) -> None:
    assert Proxies().of(address, []).shown == shown


def test_whoever_asks_is_counted_by_network_but_for_the_servers_of_the_shop() -> None:
    shop = Shop()
    with opened(shop) as server:
        for key in (STOREFRONT_KEY, None):
            with server.client(key) as client:
                client.ask("GET", "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab" if key else "/v1/drops/aurora-1")
            seen = [name for name, _ in shop.door.gate.busiest.per_s(9)]
            assert seen == ([] if key else ["127.0.0.0/24"])
