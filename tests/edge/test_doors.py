"""The door over real HTTP: fetch a challenge ahead, a code by e-mail, a drop that asks at the reservation, a guest."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from race_to_purchase.edge.challenge.mail import MailUnavailable
from race_to_purchase.edge.challenge.wanted import Solved, Wanted
from race_to_purchase.edge.reference.examples import NEW_CHECKOUT
from tests.edge.browser import Browser
from tests.edge.conftest import opened
from tests.edge.door import Door, payload, solved
from tests.edge.shop import STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.test_challenges import BROWSER
from tests.edge.wire import Client, Response


def test_a_challenge_can_be_fetched_ahead(storefront: Client) -> None:
    answer = storefront.ask("GET", "/v1/challenges?drop=aurora-1&purpose=line", race_buyer="ada")
    assert answer.status == 200
    assert answer.json["ways"] == ["proof_of_work", "email_code"]
    assert answer.json["challenge"]["algorithm"] == "SHA-256"


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "drop"), ("drop=../x", "drop"), ("drop=a&purpose=sleep", "purpose"), ("drop=a&purpose=", "purpose")],
)
def test_a_question_that_is_none_is_refused(storefront: Client, query: str, field: str) -> None:
    answer = storefront.ask("GET", f"/v1/challenges?{query}")
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), field)


class TestACodeByMail:
    WISH: ClassVar = {"drop": "aurora-1", "email": "ada@example.com"}

    def test_is_sent_and_passes_at_the_door(self, shop: Shop, storefront: Client) -> None:
        answer = storefront.ask("POST", "/v1/challenges/code", self.WISH, race_buyer="ada")
        assert answer.status == 202
        ((address, code),) = shop.door.post.sent
        assert address == "ada@example.com"
        assert code not in answer.body.decode()
        assert shop.door.codes is not None
        found = shop.door.codes.check(answer.json["answer"] + code, Wanted("aurora-1", "line", "ada"))
        assert isinstance(found, Solved)

    def test_is_not_sent_again_and_again(self, shop: Shop, storefront: Client) -> None:
        wishes = [storefront.ask("POST", "/v1/challenges/code", self.WISH, race_buyer=f"b{n}") for n in range(4)]
        assert [wish.status for wish in wishes] == [202, 202, 202, 429]
        assert wishes[-1].problem == (429, "rate_limited")
        assert wishes[-1].json["rate_limit"] == "code_address"
        assert len(shop.door.post.sent) == 3

    def test_is_not_sent_to_many_addresses_for_one_buyer(self, shop: Shop, storefront: Client) -> None:
        wishes = [{**self.WISH, "email": f"ada{n}@example.com"} for n in range(6)]
        told = [storefront.ask("POST", "/v1/challenges/code", wish, race_buyer="ada") for wish in wishes]
        assert [answer.status for answer in told] == [202] * 5 + [429]
        assert told[-1].json["rate_limit"] == "code_holder"

    @pytest.mark.parametrize("email", ["ada,bob@example.com", "ada", "ada@example.com\n", "a@b@c", ""])
    def test_is_not_sent_to_what_is_no_address(self, shop: Shop, storefront: Client, email: str) -> None:
        answer = storefront.ask("POST", "/v1/challenges/code", {**self.WISH, "email": email}, race_buyer="ada")
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "email")
        assert shop.door.post.sent == []

    def test_is_not_sent_to_who_fills_in_what_nobody_sees(self, shop: Shop, storefront: Client) -> None:
        wish = {**self.WISH, "website": "https://spam.example.com"}
        answer = storefront.ask("POST", "/v1/challenges/code", wish, race_buyer="ada")
        assert answer.problem == (403, "refused_by_guard")
        assert shop.door.post.sent == []

    def test_says_so_where_mail_is_down(self, shop: Shop, storefront: Client) -> None:
        shop.door.post.failure = MailUnavailable(reason="down", retry_after_s=5.0)
        answer = storefront.ask("POST", "/v1/challenges/code", self.WISH, race_buyer="ada")
        assert answer.problem == (503, "unavailable")

    def test_says_so_where_there_is_no_mail(self) -> None:
        shop = Shop()
        shop.door = Door(mail=False)
        with opened(shop) as server, server.client(STOREFRONT_KEY) as client:
            answer = client.ask("POST", "/v1/challenges/code", self.WISH, race_buyer="ada")
        assert answer.problem == (409, "no_email_codes")


class TestADropThatAsksWhenSomebodyReserves:
    @pytest.fixture
    def guarded(self) -> Iterator[Client]:
        """A storefront's client of a shop with one such drop."""
        shop = Shop()
        shop.door = Door(reserving=frozenset({"aurora-1"}))
        with opened(shop) as server, server.client(STOREFRONT_KEY) as client:
            yield client

    def test_gives_nothing_for_nothing(self, guarded: Client) -> None:
        assert guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT).problem == (403, "challenge_required")

    def test_gives_for_a_solution_of_that_buyer(self, guarded: Client) -> None:
        told = guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT)
        shown = payload(solved(told.json["challenge"]))
        assert guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT, race_challenge=shown).status == 201

    def test_does_not_give_to_many_buyers_for_one_solution(self, guarded: Client) -> None:
        told = guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT)
        shown = payload(solved(told.json["challenge"]))
        other = {**NEW_CHECKOUT, "buyer": {"id": "somebody-else"}}
        assert guarded.ask("POST", "/v1/checkouts", other, race_challenge=shown).problem == (403, "challenge_failed")


class TestAGuestWhoJoinsALine:
    PATH = "/v1/drops/aurora-1/line"

    @pytest.fixture
    def guest(self, shop: Shop) -> Iterator[Browser]:
        """In the browser of somebody whom nobody knows, before a door that asks."""
        now = datetime.now(UTC)
        registers = {
            "registration_opens_at": now - timedelta(hours=1),
            "registration_closes_at": now + timedelta(hours=1),
        }
        door = {**registers, "rate_per_s": 10.0, "passes_outstanding_max": 10, "challenge": "adaptive"}
        with Server(shop.app) as server, Browser(server) as browser:
            server.do(lambda: shop.catalogue.put(a_definition(opens_at=now + timedelta(hours=2), door=door)))
            browser.open()
            yield browser

    def join(self, guest: Browser, **body: Any) -> Response:
        """As a browser does."""
        named = {name.decode().replace("-", "_"): value.decode() for name, value in BROWSER.items()}
        return guest.ask("POST", self.PATH, body, **named)

    def test_solves_something_once_and_has_one_place(self, guest: Browser) -> None:
        asked = self.join(guest)
        assert asked.problem == (403, "challenge_required")
        shown = payload(solved(asked.json["challenge"]))
        first, again = self.join(guest, challenge=shown), self.join(guest, challenge=shown)
        assert (first.status, again.status) == (201, 201)
        places = [urlsafe_b64decode(answer.json["ticket"] + "==")[3:19] for answer in (first, again)]
        assert places[0] == places[1]

    def test_can_solve_it_before(self, guest: Browser) -> None:
        ahead = guest.ask("GET", "/v1/challenges?drop=aurora-1")
        assert self.join(guest, challenge=payload(solved(ahead.json["challenge"]))).status == 201

    def test_cannot_use_what_another_has_solved(self, guest: Browser) -> None:
        shown = payload(solved(self.join(guest).json["challenge"]))
        guest.cookie = None
        guest.open()
        assert self.join(guest, challenge=shown).problem == (403, "challenge_failed")

    def test_is_refused_where_a_hidden_field_is_filled_in(self, guest: Browser) -> None:
        assert self.join(guest, website="https://spam.example.com").problem == (403, "refused_by_guard")
