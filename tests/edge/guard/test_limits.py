"""Limits over real HTTP: who is counted by what, and what they are told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from race_to_purchase.edge.guard.address import Proxies
from race_to_purchase.edge.guard.gate import WRONG_KEY
from race_to_purchase.edge.guard.limits import LIMITS, WrongLimit, configured
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.guard import RequestLimited
from tests.edge.browser import Browser
from tests.edge.conftest import opened
from tests.edge.door import Door
from tests.edge.shop import OTHER_STOREFRONT_KEY, STOREFRONT_KEY, Server, Shop

DROP = "/v1/drops/aurora-1"


@contextmanager
def a_shop(limits: str, *, log_only: bool = False, proxies: Proxies | None = None) -> Iterator[Server]:
    """An open shop with these limits."""
    shop = Shop()
    shop.door = Door(limits=limits, log_only=frozenset({"limits"} if log_only else ()), proxies=proxies)
    with opened(shop) as server:
        yield server


def looks(server: Server, times: int, key: str | None = None, path: str = DROP, **headers: str) -> list[int]:
    """The statuses of so many requests."""
    with server.client(key) as client:
        return [client.ask("GET", path, **headers).status for _ in range(times)]


class TestWhoeverAsksTooOften:
    def test_is_told_the_limit_and_when_to_come_back(self) -> None:
        with a_shop("drop.network=2/60") as server, server.client() as client:
            assert [client.ask("GET", DROP).status for _ in range(2)] == [200, 200]
            answer = client.ask("GET", DROP)
        assert answer.problem == (429, "rate_limited")
        assert answer.json["retryable"] is True
        assert answer.json["rate_limit"] == "drop.network"
        assert answer.headers["ratelimit-policy"] == '"drop.network";q=2;w=60'
        assert re.fullmatch(r'"drop\.network";r=0;t=(59|60)', answer.headers["ratelimit"])
        assert answer.headers["retry-after"] in ("29", "30")

    def test_is_let_through_again_when_the_time_has_come(self) -> None:
        shop = Shop()
        shop.door = Door(limits="drop.network=2/60")
        with opened(shop) as server:
            assert looks(server, 3) == [200, 200, 429]
            shop.door.offset_s += 30
            assert looks(server, 2) == [200, 429]

    def test_is_counted(self) -> None:
        seen: list[RequestLimited] = []
        ends = subscribe(seen.append, RequestLimited)
        try:
            with a_shop("drop.network=1/60") as server:
                looks(server, 3)
        finally:
            ends()
        assert [(event.route, event.limited_by, event.enforced) for event in seen] == [("drop", "network", True)] * 2

    def test_is_let_through_and_counted_where_limits_are_only_watched(self) -> None:
        seen: list[RequestLimited] = []
        ends = subscribe(seen.append, RequestLimited)
        try:
            with a_shop("drop.network=1/60", log_only=True) as server:
                assert looks(server, 3) == [200, 200, 200]
        finally:
            ends()
        assert [event.enforced for event in seen] == [False, False]

    def test_has_nothing_done_for_them(self, shop: Shop) -> None:
        shop.door = Door(limits="drop.network=1/60")
        with opened(shop) as server:
            looks(server, 5)
            assert shop.catalogue.looks == 1


class TestAStorefront:
    def test_is_not_counted_by_its_network(self) -> None:
        with a_shop("order.network=1/60, order.storefront=4/60") as server:
            path = "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab"
            assert looks(server, 6, STOREFRONT_KEY, path) == [404] * 4 + [429] * 2

    def test_has_a_limit_of_its_own(self) -> None:
        with a_shop("order.storefront=1/60") as server:
            path = "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab"
            assert looks(server, 2, STOREFRONT_KEY, path) == [404, 429]
            assert looks(server, 2, OTHER_STOREFRONT_KEY, path) == [404, 429]

    def test_has_one_for_each_buyer_whom_it_names(self) -> None:
        with a_shop("order.buyer=1/60") as server:
            path = "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab"
            assert looks(server, 2, STOREFRONT_KEY, path, race_buyer="ada") == [404, 429]
            assert looks(server, 2, STOREFRONT_KEY, path, race_buyer="bob") == [404, 429]
            assert looks(server, 2, OTHER_STOREFRONT_KEY, path, race_buyer="ada") == [404, 429]

    def test_can_tell_devices_apart(self) -> None:
        with a_shop("reserve.device=1/60") as server, server.client(STOREFRONT_KEY) as client:
            assert client.ask("POST", "/v1/checkouts", {}, race_device="phone").status == 422
            assert client.ask("POST", "/v1/checkouts", {}, race_device="phone").status == 429
            assert client.ask("POST", "/v1/checkouts", {}, race_device="laptop").status == 422


class TestABrowser:
    def test_has_a_limit_of_its_own_beside_others_of_its_network(self) -> None:
        path = "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab"
        with a_shop("order.session=1/60, order.buyer=off, order.network=off") as server:
            for _ in range(2):
                with Browser(server) as browser:
                    browser.open()
                    assert [browser.ask("GET", path).status for _ in range(2)] == [404, 429]

    def test_is_counted_by_its_network_however_many_sessions_it_begins(self) -> None:
        path = "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab"
        with a_shop("order.network=2/60") as server:
            told = []
            for _ in range(3):
                with Browser(server) as browser:
                    browser.open()
                    told.append(browser.ask("GET", path))
        assert [answer.status for answer in told] == [404, 404, 429]
        assert told[2].json["rate_limit"] == "order.network"


class TestATicket:
    def test_has_a_limit_of_its_own_whoever_shows_it(self) -> None:
        with a_shop("pass.ticket=1/60") as server:
            asked = [("ada", "a-ticket"), ("bob", "a-ticket"), ("bob", "another")]
            with server.client(STOREFRONT_KEY) as client:
                path = f"{DROP}/line/pass"
                told = [client.ask("POST", path, {"ticket": ticket}, race_buyer=buyer) for buyer, ticket in asked]
        assert [answer.status for answer in told] == [404, 429, 404]
        assert told[1].json["rate_limit"] == "pass.ticket"


class TestTheAddressOfAClient:
    def test_cannot_be_made_up(self) -> None:
        with a_shop("drop.network=1/60") as server, server.client() as client:
            statuses = [client.ask("GET", DROP, x_forwarded_for=f"203.0.113.{n}").status for n in range(3)]
        assert statuses == [200, 429, 429]

    def test_is_what_a_trusted_proxy_says(self) -> None:
        with a_shop("drop.network=1/60", proxies=Proxies(["127.0.0.1"])) as server, server.client() as client:
            said = ["203.0.113.1", "203.0.113.2", "made-up, 203.0.113.1", "198.51.100.7, 203.0.113.2"]
            statuses = [client.ask("GET", DROP, x_forwarded_for=address).status for address in said]
        assert statuses == [200, 200, 429, 429]

    def test_is_one_for_a_whole_household(self) -> None:
        with a_shop("drop.network=1/60", proxies=Proxies(["127.0.0.1"])) as server, server.client() as client:
            said = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"]
            statuses = [client.ask("GET", DROP, x_forwarded_for=address).status for address in said]
        assert statuses == [200, 429, 200]


class TestTheTable:
    def test_can_be_changed_by_the_setting(self) -> None:
        table = configured(" reserve.buyer=5/1.5 , reserve.device=off,")
        assert (table["reserve"]["buyer"].quota, table["reserve"]["buyer"].window_s) == (5, 1.5)
        assert "device" not in table["reserve"]
        assert table["pay"] == LIMITS["pay"]

    @pytest.mark.parametrize(
        "text",
        ["x", "reserve=1/1", "reserve.moon=1/1", "nowhere.buyer=1/1", "reserve.buyer=0/1", "reserve.buyer=1/0",
         "reserve.buyer=1", "reserve.buyer=many/1", "reserve.buyer=1/nan", "reserve.buyer=1/inf",
         "reserve.buyer=1/86401", "reserve.buyer="],
    )  # fmt: skip
    def test_takes_nothing_that_is_no_limit(self, text: str) -> None:
        with pytest.raises(WrongLimit):
            configured(text)

    def test_names_only_what_there_is(self) -> None:
        routes = {verb.name for route in Shop().app().routes for verb in route.app._verbs.values()}
        assert set(LIMITS) - {WRONG_KEY} <= routes, "but for keys, which may be tried on any route"

    def test_stands_in_the_guide_as_it_is(self) -> None:
        """One row a route, in the order of the columns."""
        columns = ("storefront", "buyer", "session", "ticket", "device", "network")
        guide = (Path(__file__).parents[3] / "docs" / "guard.md").read_text(encoding="utf-8")
        for route, limits in LIMITS.items():
            cells = [f"{rate.quota}/{rate.window_s:g}" if (rate := limits.get(by)) else "" for by in columns]
            row = f"| `{route}` |" + "".join(f" {cell} |" if cell else " |" for cell in cells)
            assert row in guide
