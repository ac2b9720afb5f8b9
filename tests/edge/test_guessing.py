"""Whoever tries keys is slowed down, by network, and learns nothing from the answers; those whose keys work go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from race_to_purchase.edge.guard import gate
from race_to_purchase.edge.guard.address import Origin, Proxies
from race_to_purchase.edge.problems import Refused
from tests.edge.conftest import opened
from tests.edge.door import Door
from tests.edge.shop import ADMIN_KEY, OPERATOR_KEY, STOREFRONT_KEY, Server, Shop
from tests.edge.wire import Response

TRIES = 3


@pytest.fixture
def door() -> Door:
    """With patience for three wrong keys a minute, behind a proxy that says whom it asks for."""
    return Door(limits=f"key.network={TRIES}/60", proxies=Proxies(["127.0.0.0/8"]))


@pytest.fixture
def server(door: Door) -> Iterator[Server]:
    """A shop behind that door."""
    shop = Shop()
    shop.door = door
    with opened(shop) as running:
        yield running


def shown(server: Server, key: str, path: str = "/v1/admin/drops", network: str = "192.0.2.1") -> Response:
    """The answer to that key, from that network."""
    with server.client(key) as client:
        return client.ask("GET", path, x_forwarded_for=network)


def signed_in(server: Server, key: str) -> Response:
    """The answer of the console's sign-in."""
    with server.client() as client:
        return client.ask("POST", "/v1/admin/session", {"key": key}, x_forwarded_for="192.0.2.1")


def guessed(server: Server) -> None:
    """As many wrong keys as are borne."""
    for n in range(TRIES):
        assert shown(server, f"a-key-that-nobody-has-{n}").problem == (401, "unauthorized")


def test_too_many_wrong_keys_are_refused_with_when_to_come_back(server: Server) -> None:
    guessed(server)
    refused = shown(server, "a-key-that-nobody-has")
    assert refused.problem == (429, "rate_limited")
    assert refused.json["rate_limit"] == "key.network"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-policy"] == f'"key.network";q={TRIES};w=60'


@pytest.mark.parametrize("path", ["/v1/admin/drops", "/v1/orders/01980000-0000-7000-8000-000000000000"])
def test_a_guess_that_is_right_is_told_as_one_that_is_wrong(server: Server, path: str) -> None:
    guessed(server)
    for key in (ADMIN_KEY, STOREFRONT_KEY, "a-key-that-nobody-has"):
        assert shown(server, key, path).problem == (429, "rate_limited")


def test_the_console_s_sign_in_counts_like_all_others(server: Server) -> None:
    for n in range(TRIES):
        assert signed_in(server, f"a-key-that-nobody-has-{n}").problem == (401, "unauthorized")
    assert signed_in(server, "a-key-that-nobody-has").problem == (429, "rate_limited")
    assert signed_in(server, ADMIN_KEY).problem == (429, "rate_limited")
    assert shown(server, ADMIN_KEY).problem == (429, "rate_limited")


def test_whose_key_worked_there_before_goes_on(server: Server) -> None:
    assert shown(server, ADMIN_KEY).status == 200
    guessed(server)
    assert shown(server, ADMIN_KEY).status == 200
    assert shown(server, OPERATOR_KEY).status == 429


def test_other_networks_are_not_concerned_and_time_heals(server: Server, door: Door) -> None:
    guessed(server)
    assert shown(server, ADMIN_KEY, network="192.0.2.2").status == 200
    assert shown(server, OPERATOR_KEY).status == 429
    door.offset_s += 60
    assert shown(server, OPERATOR_KEY).status == 200


def test_who_shows_no_key_at_all_guesses_nothing(server: Server) -> None:
    for _ in range(TRIES + 2):
        with server.client() as client:
            assert client.ask("GET", "/v1/admin/drops").problem == (401, "unauthorized")
    assert shown(server, ADMIN_KEY, network="127.0.0.1").status == 200


async def test_of_those_whose_keys_worked_the_oldest_is_forgotten_where_there_is_no_room(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "USERS_MAX", 2)
    here = Origin("192.0.2.1", "192.0.2.1")
    for holder in ("ada", "bob", "eve"):
        await door.gate.right_key(holder, here)
    for _ in range(TRIES):
        await door.gate.wrong_key(here)
    for holder in ("bob", "eve"):
        await door.gate.right_key(holder, here)
    with pytest.raises(Refused):
        await door.gate.right_key("ada", here)
