"""Guests in a line: known by their browser's session and by the challenge that they have solved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from race_to_purchase.edge.reference.examples import NEW_CHECKOUT
from tests.edge.browser import Browser
from tests.edge.door import payload, solved
from tests.edge.shop import STOREFRONT_KEY, Server, Shop
from tests.edge.test_line import ITEM, LINE, Sale
from tests.edge.wire import Client, Response


class Guest:
    """A browser with a session."""

    def __init__(self, client: Client) -> None:
        self.client = client
        begun = client.ask("POST", "/v1/session", {})
        self.headers = {"cookie": begun.headers["set-cookie"].partition(";")[0], "race_csrf": begun.json["csrf"]}
        self.buyer = begun.json["buyer"]["id"]

    def ask(self, path: str, body: Any, **headers: str | None) -> Response:
        return self.client.ask("POST", path, body, **{**self.headers, **headers})

    def join(self) -> Response:
        """With the challenge solved that is asked for."""
        asked = self.ask(LINE, {})
        assert asked.problem == (403, "challenge_required")
        return self.ask(LINE, {"challenge": payload(solved(asked.json["challenge"]))})


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    """Whose door asks visitors for something."""
    shop.look_each_time()
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        made = Sale(shop, server, client)
        made.put(challenge="adaptive")
        made.to(1.5)
        yield made


@pytest.fixture
def guest(sale: Sale) -> Iterator[Guest]:
    with sale.server.client() as client:
        yield Guest(client)


@pytest.fixture
def other(sale: Sale) -> Iterator[Guest]:
    with sale.server.client() as client:
        yield Guest(client)


def test_a_guest_solves_a_challenge_and_buys(sale: Sale, guest: Guest) -> None:
    ticket = guest.join().json["ticket"]
    sale.to(3.1, ticks=3)
    given = guest.ask(f"{LINE}/pass", {"ticket": ticket})
    assert given.status == 201, given.body
    wish = {"drop": NEW_CHECKOUT["drop"], "lines": [{"item": ITEM, "quantity": 1}]}
    assert guest.ask("/v1/checkouts", wish).problem == (403, "pass_required")
    assert guest.ask("/v1/checkouts", wish, race_pass=given.json["pass"]).status == 201


def test_the_same_solution_is_the_same_ticket(guest: Guest) -> None:
    asked = guest.ask(LINE, {})
    answer = payload(solved(asked.json["challenge"]))
    first = guest.ask(LINE, {"challenge": answer})
    assert (first.status, guest.ask(LINE, {"challenge": answer}).body) == (201, first.body)


def test_another_challenge_is_another_ticket(guest: Guest) -> None:
    assert guest.join().json["ticket"] != guest.join().json["ticket"]


def test_a_pass_is_good_in_the_browser_that_claimed_it(sale: Sale, guest: Guest, other: Guest) -> None:
    ticket = guest.join().json["ticket"]
    sale.to(3.1, ticks=3)
    token = guest.ask(f"{LINE}/pass", {"ticket": ticket}).json["pass"]
    wish = {"drop": NEW_CHECKOUT["drop"], "lines": [{"item": ITEM, "quantity": 1}]}
    assert other.ask("/v1/checkouts", wish, race_pass=token).problem == (403, "pass_invalid")
    moved = other.ask(f"{LINE}/pass", {"ticket": ticket}).json["pass"]
    assert guest.ask("/v1/checkouts", wish, race_pass=token).problem == (403, "pass_invalid"), "it was replaced"
    assert other.ask("/v1/checkouts", wish, race_pass=moved).status == 201


class TestACustomer:
    @pytest.fixture
    def two(self, sale: Sale) -> Iterator[tuple[Browser, Browser]]:
        """Two browsers in which Ada has signed in."""
        with Browser(sale.server) as here, Browser(sale.server) as there:
            for browser in (here, there):
                browser.open()
                assert browser.sign_in(sale.shop.login.token("ada", exp=int(time.time()) + 86_400)).status == 201
            yield here, there

    def test_has_one_place_without_a_challenge_and_a_pass_in_one_browser(
        self, sale: Sale, two: tuple[Browser, Browser]
    ) -> None:
        here, there = two
        ticket = here.ask("POST", LINE, {}).json["ticket"]
        assert there.ask("POST", LINE, {}).json["ticket"] == ticket
        sale.to(3.1, ticks=3)
        token = here.ask("POST", f"{LINE}/pass", {"ticket": ticket}).json["pass"]
        wish = {"drop": NEW_CHECKOUT["drop"], "lines": [{"item": ITEM, "quantity": 1}]}
        assert there.ask("POST", "/v1/checkouts", wish, race_pass=token).problem == (403, "pass_invalid")
        assert here.ask("POST", "/v1/checkouts", wish, race_pass=token).status == 201


def test_a_solution_of_somebody_else_is_none(guest: Guest, other: Guest) -> None:
    asked = guest.ask(LINE, {})
    answer = payload(solved(asked.json["challenge"]))
    assert other.ask(LINE, {"challenge": answer}).problem == (403, "challenge_failed")


def test_a_guest_has_no_grant(guest: Guest) -> None:
    assert guest.ask(LINE, {"grant": "A" * 111}).problem == (403, "grant_invalid")


def test_a_shops_server_vouches_for_its_buyers(sale: Sale) -> None:
    assert sale.join("ada").status == 201


def test_a_door_that_asks_for_nothing_lets_a_guest_join_at_once(sale: Sale, guest: Guest) -> None:
    sale.put(challenge="none")
    assert guest.ask(LINE, {}).status == 201
