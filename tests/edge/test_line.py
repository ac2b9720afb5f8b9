"""The line over HTTP: join, be drawn, be called, claim a pass, and buy with it; and whatever does not get in."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from msgspec.structs import replace

from race_to_purchase.app.line import reveal
from race_to_purchase.edge.line import handlers
from race_to_purchase.edge.reference.examples import NEW_CHECKOUT, NEW_PAYMENT
from race_to_purchase.loops.draw import DrawPlaces
from race_to_purchase.loops.expire import Expire
from race_to_purchase.loops.passes import ExpirePasses
from race_to_purchase.loops.release import Release
from race_to_purchase.rules.drop import item_pools
from race_to_purchase.rules.line import draw
from tests.edge.shop import STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.wire import Client, Response

ITEM = "aurora-1-42"
LINE = "/v1/drops/aurora-1/line"


class Sale:
    """The drop with a door, through its phases: `to` moves the clock and lets the loops do what is due."""

    def __init__(self, shop: Shop, server: Server, client: Client) -> None:
        self.shop, self.server, self.client = shop, server, client
        committer, rows = shop.line._committer, shop.line_rows
        self.draw = DrawPlaces(committer, rows, partial(reveal, shop.keys))
        self.release = Release(committer, rows, "this process")
        self.expire = ExpirePasses(committer, rows)
        self.began = datetime.now(UTC)

    def door(self, **changes: Any) -> dict[str, Any]:
        return {
            "registration_opens_at": self.began + timedelta(hours=1),
            "registration_closes_at": self.began + timedelta(hours=2),
            "rate_per_s": 1000.0,
            "passes_outstanding_max": 100,
            **changes,
        }

    def put(self, **changes: Any) -> None:
        definition = a_definition(opens_at=self.began + timedelta(hours=3), door=self.door(**changes))
        self.server.do(lambda: self.shop.catalogue.put(definition))

    def to(self, hours: float, ticks: int = 1) -> None:
        self.shop.offset = timedelta(hours=hours)
        for _ in range(ticks):
            self.shop.offset += timedelta(seconds=1)
            while self.server.do(self.draw.tick):
                pass
            self.server.do(self.release.tick)
            self.server.do(self.expire.tick)

    def join(self, buyer: str) -> Response:
        return self.client.ask("POST", LINE, {}, race_buyer=buyer)

    def claim(self, buyer: str, ticket: str) -> Response:
        return self.client.ask("POST", f"{LINE}/pass", {"ticket": ticket}, race_buyer=buyer)

    def reserve(self, buyer: str, token: str | None, **headers: str) -> Response:
        wish = {**NEW_CHECKOUT, "buyer": {"id": buyer}, "lines": [{"item": ITEM, "quantity": 1}]}
        return self.client.ask("POST", "/v1/checkouts", wish, race_pass=token, **headers)

    def give_up(self, buyer: str, checkout: str) -> Response:
        return self.client.ask("DELETE", f"/v1/checkouts/{checkout}", race_buyer=buyer)

    def pay(self, buyer: str, checkout: str) -> Response:
        return self.client.ask("POST", f"/v1/checkouts/{checkout}/payment", NEW_PAYMENT, race_buyer=buyer)

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.ask("GET", f"{LINE}/status").json
        return found


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    """Looks are never old here: the clock jumps by hours."""
    shop.look_each_time()
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        made = Sale(shop, server, client)
        made.put()
        yield made


class TestTheWay:
    def test_goes_from_a_ticket_through_the_draw_to_a_reservation(self, sale: Sale) -> None:
        assert sale.status["phase"] == "announced"
        assert sale.join("ada").problem == (409, "registration_not_open")
        sale.to(1.5)
        assert sale.status["phase"] == "registration"
        ada = sale.join("ada")
        assert (ada.status, ada.json["late"]) == (201, None)
        assert sale.join("ada").body == ada.body
        tickets = {f"buyer-{n}": sale.join(f"buyer-{n}").json["ticket"] for n in range(20)}
        assert sale.claim("ada", ada.json["ticket"]).problem == (409, "not_called")
        sale.to(2.5)
        drawn = sale.status
        assert (drawn["phase"], drawn["registered"], drawn["cursor"]) == ("draw", 21, 0)
        late = sale.join("eve")
        assert late.json["late"] == 0
        assert sale.join("ada").body == ada.body, "a second device of somebody registered is found in the list"
        assert sale.claim("ada", ada.json["ticket"]).problem == (409, "not_called")
        sale.to(3.1, ticks=5)
        assert (sale.status["phase"], sale.status["cursor"]) == ("open", 22)
        for buyer, ticket in {**tickets, "ada": ada.json["ticket"], "eve": late.json["ticket"]}.items():
            given = sale.claim(buyer, ticket)
            assert given.status == 201, given.body
            assert sale.claim(buyer, ticket).body == given.body, "a reload gets the same pass"
            assert sale.reserve(buyer, given.json["pass"]).status == 201

    def test_lets_everybody_compute_their_place(self, sale: Sale) -> None:
        sale.to(1.5)
        ticket = sale.join("ada").json["ticket"]
        sale.to(2.5)
        told = sale.status
        tid = urlsafe_b64decode(ticket + "==")[3:19]
        assert draw.place(bytes.fromhex(told["seed"]), tid, told["registered"]) == 0

    def test_tells_from_which_place_on_the_chance_is_gone(self, sale: Sale) -> None:
        sale.put(passes_outstanding_max=1)
        sale.to(1.5)
        stock = sale.shop.store.rows.pools[f"aurora-1/item/{ITEM}"].capacity
        for n in range(stock):
            sale.join(f"buyer-{n}")
        assert sale.status["slim_from"] is None, "nobody has a place yet"
        sale.to(2.5)
        assert sale.status["slim_from"] is None, "there is one for each"
        sale.join("late")
        assert sale.status["slim_from"] == stock

    def test_publishes_all_that_is_needed_to_check_the_draw(self, sale: Sale) -> None:
        before = sale.client.ask("GET", f"{LINE}/draw").json
        assert (before["secret"], before["seed"], len(before["commitment"])) == (None, None, 64)
        sale.to(1.5)
        for n in range(5):
            sale.join(f"buyer-{n}")
        assert sale.client.ask("GET", f"{LINE}/tickets/0").problem == (404, "unknown_part")
        sale.to(2.5)
        told = sale.client.ask("GET", f"{LINE}/draw").json
        listed = sale.client.ask("GET", f"{LINE}/tickets/0").body
        tids = [listed[at : at + 16] for at in range(0, len(listed), 16)]
        assert (told["registered"], told["parts"], len(tids)) == (5, 1, 5)
        assert draw.root(tids).hex() == told["root"]
        assert draw.commitment(bytes.fromhex(told["secret"])).hex() == told["commitment"] == before["commitment"]
        assert draw.seed(bytes.fromhex(told["secret"]), b"").hex() == told["seed"] != before["commitment"]


class TestAtTheDoor:
    @pytest.fixture
    def given(self, sale: Sale) -> tuple[str, str]:
        """Ada's ticket and pass."""
        sale.to(1.5)
        ticket = sale.join("ada").json["ticket"]
        sale.to(3.1, ticks=3)
        return ticket, sale.claim("ada", ticket).json["pass"]

    def test_nobody_comes_in_without_a_pass(self, sale: Sale) -> None:
        sale.to(3.1)
        assert sale.reserve("ada", None).problem == (403, "pass_required")

    def test_a_pass_is_good_once(self, sale: Sale, given: tuple[str, str]) -> None:
        ticket, token = given
        assert sale.reserve("ada", token).status == 201
        assert sale.reserve("ada", token).problem == (403, "pass_used")
        assert sale.claim("ada", ticket).problem == (403, "pass_used")

    def test_the_same_reservation_repeated_is_the_same(self, sale: Sale, given: tuple[str, str]) -> None:
        first = sale.reserve("ada", given[1], idempotency_key="once")
        assert sale.reserve("ada", given[1], idempotency_key="once").body == first.body

    def test_a_pass_is_good_in_its_browser_alone(self, sale: Sale, given: tuple[str, str]) -> None:
        assert sale.reserve("eve", given[1]).problem == (403, "pass_invalid")
        assert sale.reserve("ada", given[1]).status == 201

    def test_another_browser_gets_a_pass_that_replaces_the_one_before(self, sale: Sale, given: tuple[str, str]) -> None:
        ticket, token = given
        moved = sale.claim("eve", ticket).json["pass"]
        assert sale.reserve("ada", token).problem == (403, "pass_invalid")
        assert sale.reserve("eve", moved).status == 201

    def test_a_pass_whose_time_is_up_lets_nobody_in_and_may_be_claimed_again(
        self, sale: Sale, given: tuple[str, str]
    ) -> None:
        ticket, token = given
        sale.shop.offset += timedelta(seconds=121)
        assert sale.reserve("ada", token).problem == (403, "pass_expired")
        sale.to(3.3)
        again = sale.claim("ada", ticket)
        assert again.status == 201
        assert sale.reserve("ada", again.json["pass"]).status == 201

    def test_a_reservation_that_was_given_up_gives_the_ticket_another_pass_three_times(
        self, sale: Sale, given: tuple[str, str]
    ) -> None:
        ticket, token = given
        for _ in range(4):
            checkout = sale.reserve("ada", token)
            assert checkout.status == 201, checkout.body
            assert sale.claim("ada", ticket).problem == (403, "pass_used"), "it is not given up yet"
            assert sale.give_up("ada", checkout.json["id"]).status == 200
            assert sale.reserve("ada", token).problem == (403, "pass_used")
            again = sale.claim("ada", ticket)
            token = again.json.get("pass")
        assert again.problem == (403, "pass_used")

    def test_a_telephone_that_failed_has_not_lost_the_race(self, sale: Sale, given: tuple[str, str]) -> None:
        """Its reservation runs out, and another device buys with the same ticket."""
        ticket, token = given
        checkout = sale.reserve("ada", token).json["id"]
        sale.shop.offset += timedelta(seconds=301)
        sale.server.do(Expire(sale.shop.line._committer, sale.shop.store).tick)
        assert sale.client.ask("GET", f"/v1/checkouts/{checkout}").json["state"] == "expired"
        elsewhere = sale.claim("ada-2", ticket)
        assert elsewhere.status == 201, elsewhere.body
        bought = sale.pay("ada-2", sale.reserve("ada-2", elsewhere.json["pass"]).json["id"])
        assert bought.status == 200, bought.body
        assert sale.claim("ada", ticket).problem == (403, "pass_used"), "one order is all that a ticket is good for"

    @pytest.mark.parametrize("token", ["x", "A" * 128, "A" * 200, "ä", "AQEC", ""])
    def test_garbage_is_no_pass(self, sale: Sale, token: str) -> None:
        assert sale.reserve("ada", token).problem == (403, "pass_invalid")

    def test_a_ticket_is_no_pass_and_a_pass_no_ticket(self, sale: Sale, given: tuple[str, str]) -> None:
        ticket, token = given
        assert sale.reserve("ada", ticket).problem == (403, "pass_invalid")
        assert sale.claim("ada", token).problem == (403, "ticket_invalid")

    def test_a_drop_without_a_door_knows_no_line(self, sale: Sale) -> None:
        sale.server.do(lambda: sale.shop.catalogue.put(a_definition(id="open")))
        assert sale.client.ask("GET", "/v1/drops/open/line/status").problem == (404, "unknown_line")
        assert sale.client.ask("POST", "/v1/drops/open/line", {}, race_buyer="ada").problem == (404, "unknown_line")

    def test_a_ticket_that_many_share_is_asked_with_no_more_often_than_by_one(
        self, sale: Sale, given: tuple[str, str]
    ) -> None:
        ticket, _ = given
        shared = [sale.claim(f"buyer-{n}", ticket) for n in range(40)]
        assert shared[0].status == 201
        assert shared[-1].problem == (429, "rate_limited")
        assert '"pass.ticket"' in shared[-1].headers["ratelimit"]
        sale.to(3.2)
        another = sale.join("bob").json["ticket"]
        assert sale.claim("bob", another).status != 429, "and nobody else pays for it"

    def test_a_place_is_somebodys(self, sale: Sale) -> None:
        assert sale.client.ask("POST", LINE, {}).problem == (400, "buyer_required")

    def test_a_pass_is_somebodys(self, sale: Sale, given: tuple[str, str]) -> None:
        assert sale.client.ask("POST", f"{LINE}/pass", {"ticket": given[0]}).problem == (400, "buyer_required")

    @pytest.mark.parametrize("number", ["1", "x", "-1", "+0", "0x", "%D9%A0", "9" * 10, "9" * 5000])
    def test_a_part_of_the_draw_that_is_none_is_not_found(
        self, sale: Sale, given: tuple[str, str], number: str
    ) -> None:
        assert sale.client.ask("GET", f"{LINE}/tickets/0").status == 200
        assert sale.client.ask("GET", f"{LINE}/tickets/{number}").problem == (404, "unknown_part")


async def test_of_lines_that_are_asked_for_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {f"drop-{number}": object() for number in range(3)}
    line: Any = SimpleNamespace(seen=AsyncMock(side_effect=seen.get))
    asked: Any = [SimpleNamespace(drop=lambda name=name: name) for name in seen]
    monkeypatch.setattr(handlers, "status_of", id)
    monkeypatch.setattr(handlers, "STATUS_MAX", 2)
    nobody: Any = None
    lines = handlers.LineHandlers(line, nobody, nobody)
    told = [await lines.status(call) for call in (*asked, *asked)]
    assert [one.body for one in told] == [str(id(one)).encode() for one in (*seen.values(), *seen.values())]
    assert len(lines._told) <= 2
    assert await lines.status(asked[2]) is told[-1]


@pytest.mark.parametrize(
    ("capacity", "held", "sold", "stock"),
    [(100, 0, 0, "plenty"), (100, 89, 0, "plenty"), (100, 0, 90, "few"), (100, 50, 49, "few"), (100, 40, 60, "none")],
)
def test_what_is_left_is_told_as_a_band(sale: Sale, capacity: int, held: int, sold: int, stock: str) -> None:
    seen = sale.server.do(lambda: sale.shop.line.seen("aurora-1"))
    pools = item_pools(seen.row.definition)
    filled = {name: replace(seen.pools[name], capacity=capacity, held=held, sold=sold) for name in pools}
    assert handlers.status_of(replace(seen, pools={**seen.pools, **filled})).stock == stock
