"""A cart over HTTP: changed by several tabs, merged at sign-in, shown at the prices of now, and bought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from race_to_purchase.edge.reference.examples import NEW_PAYMENT
from tests.edge.browser import Browser
from tests.edge.shop import Server, Shop, a_definition
from tests.edge.wire import Client, Response

PATH = "/v1/carts/aurora-1"
ITEMS = [
    {"id": "aurora-1-42", "title": "Aurora One, size 42", "price": 15900, "stock": 50},
    {"id": "aurora-1-43", "title": "Aurora One, size 43", "price": 15900, "stock": 50},
]
A42, A43 = ({"item": item["id"], "quantity": 1} for item in ITEMS)


@pytest.fixture
def browser(shop: Shop, server: Server) -> Iterator[Browser]:
    """A guest's, with two items on sale."""
    server.do(lambda: shop.catalogue.put(a_definition(items=ITEMS)))
    with Browser(server) as opened:
        opened.open()
        yield opened


def dearer(shop: Shop, server: Server) -> None:
    """The first item costs more from now on."""
    server.do(lambda: shop.catalogue.put(a_definition(items=[{**ITEMS[0], "price": 17900}, ITEMS[1]])))


def change(browser: Browser, *lines: Any, method: str = "PATCH", **more: Any) -> Response:
    headers = {name: more.pop(name) for name in ("if_match",) if name in more}
    return browser.ask(method, PATH, {"lines": lines, **more}, content_type="application/json", **headers)


def quantities(answer: Response) -> dict[str, int]:
    assert answer.status == 200, answer.body
    return {line["item"]: line["quantity"] for line in answer.json["lines"]}


class TestACart:
    def test_is_empty_at_first(self, browser: Browser) -> None:
        answer = browser.ask("GET", PATH)
        assert (answer.status, answer.headers["etag"]) == (200, '"0"')
        assert answer.json == {
            "drop": "aurora-1", "version": 0, "currency": "EUR", "lines": [], "total": 0,
            "price_changed": False, "expires_at": None,
        }  # fmt: skip

    def test_keeps_what_two_tabs_put_in(self, browser: Browser) -> None:
        change(browser, A42)
        answer = change(browser, {**A43, "quantity": 2})
        assert quantities(answer) == {"aurora-1-42": 1, "aurora-1-43": 2}
        assert (answer.json["total"], answer.json["version"], answer.headers["etag"]) == (47700, 2, '"2"')
        assert quantities(browser.ask("GET", PATH)) == quantities(answer)

    def test_is_changed_once_by_a_double_tap(self, browser: Browser) -> None:
        first, again = change(browser, A42), change(browser, A42)
        assert first.body == again.body

    def test_loses_what_is_set_to_nothing(self, browser: Browser) -> None:
        change(browser, A42, A43)
        assert quantities(change(browser, {**A42, "quantity": 0})) == {"aurora-1-43": 1}

    def test_is_replaced_only_as_it_was_seen(self, browser: Browser) -> None:
        change(browser, A42)
        assert change(browser, A43, method="PUT").problem == (428, "version_required")
        stale = change(browser, A43, method="PUT", version=0)
        assert (stale.problem, stale.json["version"]) == ((409, "cart_changed"), 1)
        assert quantities(change(browser, A43, method="PUT", if_match='"1"')) == {"aurora-1-43": 1}
        assert change(browser, A42, version=1).problem == (409, "cart_changed")

    def test_is_emptied_as_often_as_one_likes(self, browser: Browser) -> None:
        change(browser, A42)
        for _ in range(2):
            assert quantities(browser.ask("DELETE", PATH)) == {}
        assert browser.ask("DELETE", PATH, if_match='"1"').problem == (409, "cart_changed")

    def test_says_until_when_it_is_kept(self, browser: Browser) -> None:
        assert change(browser, A42).json["expires_at"].endswith("Z")

    def test_is_its_buyers_alone(self, server: Server, browser: Browser, storefront: Client) -> None:
        change(browser, A42)
        with Browser(server) as other:
            other.open()
            assert quantities(other.ask("GET", PATH)) == {}
        assert quantities(storefront.ask("GET", PATH, race_buyer=browser.buyer["id"])) == {"aurora-1-42": 1}
        assert storefront.ask("GET", PATH).problem == (400, "buyer_required")

    @pytest.mark.parametrize(
        ("body", "problem", "field"),
        [
            ({"lines": [A42, {"item": "nothing", "quantity": 1}]}, (422, "unknown_item"), "lines[1].item"),
            ({"lines": [A42, A42]}, (422, "duplicate_line"), "lines[1].item"),
            ({"lines": [{**A42, "quantity": -1}]}, (422, "invalid_input"), "lines[0].quantity"),
            ({"lines": [{**A42, "quantity": 1001}]}, (422, "invalid_input"), "lines[0].quantity"),
            ({"lines": [{**A42, "price": -1}]}, (422, "invalid_input"), "lines[0].price"),
            ({"lines": [{**A42, "colour": "red"}]}, (422, "invalid_input"), "lines[0].colour"),
            ({"lines": [A42], "version": -1}, (422, "invalid_input"), "version"),
            ({}, (422, "invalid_input"), "lines"),
        ],
    )
    def test_takes_nothing_that_is_wrong(
        self, browser: Browser, body: Any, problem: tuple[int, str], field: str
    ) -> None:
        answer = browser.ask("PATCH", PATH, body, content_type="application/json")
        assert (answer.problem, answer.json["field"]) == (problem, field)
        assert browser.ask("GET", PATH).json["version"] == 0

    @pytest.mark.parametrize("tag", ["3", 'W/"3"', '"three"', '"3", "4"', '"99999999999"', ""])
    def test_takes_no_etag_that_is_none(self, browser: Browser, tag: str) -> None:
        assert change(browser, A42, if_match=tag).problem == (400, "if_match_invalid")

    def test_of_a_drop_that_does_not_exist_is_unknown(self, browser: Browser) -> None:
        assert browser.ask("GET", "/v1/carts/nothing").problem == (404, "unknown_drop")


class TestSigningIn:
    def test_brings_the_guests_cart_to_the_customers(self, shop: Shop, server: Server, browser: Browser) -> None:
        with server.client(shop.login.token("ada")) as elsewhere:
            lines = {"lines": [{**A42, "quantity": 2}]}
            elsewhere.ask("PATCH", PATH, lines, content_type="application/json")
        change(browser, A42, A43)
        guest = browser.buyer["id"]
        browser.sign_in(shop.login.token("ada"))
        assert quantities(browser.ask("GET", PATH)) == {"aurora-1-42": 2, "aurora-1-43": 1}
        browser.sign_in(shop.login.token("ada"))
        assert quantities(browser.ask("GET", PATH)) == {"aurora-1-42": 2, "aurora-1-43": 1}
        assert server.do(lambda: shop.carts.read(guest, "aurora-1")).lines == ()


class TestBuyingIt:
    def reserve(self, browser: Browser, version: int, **more: Any) -> Response:
        headers = {name: more.pop(name) for name in ("idempotency_key",) if name in more}
        return browser.ask("POST", "/v1/checkouts", {"drop": "aurora-1", "cart": version, **more}, **headers)

    def test_reserves_what_is_in_it(self, browser: Browser) -> None:
        version = change(browser, A42, A43).json["version"]
        checkout = self.reserve(browser, version)
        assert (checkout.status, checkout.json["quote"]["total"]) == (201, 31800)
        paid = browser.ask("POST", f"/v1/checkouts/{checkout.json['id']}/payment", NEW_PAYMENT)
        assert paid.json["state"] == "paid"

    def test_is_refused_where_another_tab_has_changed_it(self, browser: Browser) -> None:
        version = change(browser, A42).json["version"]
        change(browser, A43)
        answer = self.reserve(browser, version)
        assert (answer.problem, answer.json["version"]) == ((409, "cart_changed"), version + 1)

    def test_is_refused_where_it_is_empty(self, browser: Browser) -> None:
        assert self.reserve(browser, 0).problem == (422, "cart_empty")

    def test_gives_the_same_answer_again_whatever_became_of_the_cart(self, browser: Browser) -> None:
        version = change(browser, A42).json["version"]
        first = self.reserve(browser, version, idempotency_key="once")
        browser.ask("DELETE", PATH)
        again = self.reserve(browser, version, idempotency_key="once")
        assert (again.status, again.body) == (201, first.body)

    def test_waits_until_a_new_price_was_seen(self, shop: Shop, server: Server, browser: Browser) -> None:
        version = change(browser, A42, A43).json["version"]
        dearer(shop, server)
        shown = browser.ask("GET", PATH).json
        assert (shown["price_changed"], shown["total"]) == (True, 33800)
        assert {name: shown["lines"][0][name] for name in ("was", "price", "price_changed")} == {
            "was": 15900, "price": 17900, "price_changed": True,
        }  # fmt: skip
        refused = self.reserve(browser, version)
        assert refused.problem == (409, "price_changed")
        assert (refused.json["item"], refused.json["was"], refused.json["price"]) == ("aurora-1-42", 15900, 17900)
        seen = change(browser, {**A42, "price": 17900}).json
        assert seen["price_changed"] is False
        assert self.reserve(browser, seen["version"]).json["quote"]["total"] == 33800

    def test_may_be_said_line_by_line_with_the_price_that_was_shown(
        self, shop: Shop, server: Server, browser: Browser
    ) -> None:
        wish = {"drop": "aurora-1", "lines": [{**A42, "price": 15900}]}
        assert browser.ask("POST", "/v1/checkouts", wish).status == 201
        dearer(shop, server)
        assert browser.ask("POST", "/v1/checkouts", wish).problem == (409, "price_changed")

    def test_takes_either_lines_or_the_cart(self, browser: Browser) -> None:
        assert self.reserve(browser, 0, lines=[A42]).json["field"] == "cart"
        answer = browser.ask("POST", "/v1/checkouts", {"drop": "aurora-1"})
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "lines")

    def test_says_before_what_is_gone_that_the_drop_has_closed(self, shop: Shop, browser: Browser) -> None:
        version = change(browser, A42).json["version"]
        shop.offset = timedelta(hours=-2)
        assert self.reserve(browser, version).problem == (409, "drop_not_open")
