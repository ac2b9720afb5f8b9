"""The operator's hand on a line over HTTP, a draw with a beacon, and the check of a draw that somebody has bent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from race_to_purchase.app.commands.verify_draw import DrawUnreadable, NoTicket, check, place_of, run_verify_draw
from race_to_purchase.rules.line import draw, tickets
from tests.edge.shop import ADMIN_KEY, STOREFRONT_KEY, Server, Shop
from tests.edge.test_line import LINE, Sale
from tests.edge.wire import Client

ADMIN = "/v1/admin/drops/aurora-1/line"


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    """Looks are never old here: the clock jumps by hours."""
    shop.look_each_time()
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        made = Sale(shop, server, client)
        made.put()
        yield made


@pytest.fixture
def admin(sale: Sale) -> Iterator[Client]:
    with sale.server.client(ADMIN_KEY) as client:
        yield client


class TestTheHand:
    def test_pauses_and_resumes(self, sale: Sale, admin: Client) -> None:
        sale.to(1.5)
        ticket = sale.join("ada").json["ticket"]
        sale.to(2.5)
        paused = admin.ask("PATCH", ADMIN, {"paused": True, "message": "one moment"}, content_type="application/json")
        assert (paused.status, paused.json["status"]["message"]) == (200, "one moment")
        sale.to(3.1, ticks=3)
        assert (sale.status["phase"], sale.status["cursor"]) == ("paused", 0)
        refused = sale.claim("ada", ticket)
        assert (refused.problem, refused.json["detail"]) == ((409, "line_paused"), "one moment")
        admin.ask("PATCH", ADMIN, {"paused": False, "message": ""}, content_type="application/json")
        sale.to(3.2, ticks=3)
        assert (sale.status["phase"], sale.status["message"]) == ("open", None)
        assert sale.claim("ada", ticket).status == 201

    def test_changes_the_rate(self, sale: Sale, admin: Client) -> None:
        slow = admin.ask("PATCH", ADMIN, {"rate_per_s": 0.5}, content_type="application/json")
        assert slow.json["status"]["rate_per_s"] == 0.5 == sale.status["rate_per_s"]
        own = admin.ask("PATCH", ADMIN, {"rate_per_s": 0}, content_type="application/json")
        assert own.json["status"]["rate_per_s"] == 1000.0

    @pytest.mark.parametrize(
        "body", [{"rate_per_s": -1}, {"paused": 1}, {"message": "a\nb"}, {"message": "x" * 301}, {"cursor": 9}]
    )
    def test_refuses_what_is_none(self, admin: Client, body: dict[str, Any]) -> None:
        assert admin.ask("PATCH", ADMIN, body, content_type="application/json").problem == (422, "invalid_input")

    def test_is_for_operators(self, sale: Sale) -> None:
        steered = sale.client.ask("PATCH", ADMIN, {"paused": True}, content_type="application/json")
        assert steered.problem == (403, "forbidden")
        assert sale.client.ask("GET", ADMIN).problem == (403, "forbidden")

    def test_says_what_bounds_it(self, sale: Sale, admin: Client) -> None:
        sale.to(1.5)
        sale.join("ada")
        sale.to(3.1, ticks=3)
        told = admin.ask("GET", ADMIN).json
        assert (told["bound"], told["leader"], told["passes_max"]) == ("nobody waits", "this process", 100)
        assert (told["rate_now_per_s"], told["room"]) > (0.0, 0.0)

    def test_finds_no_line_where_there_is_none(self, admin: Client) -> None:
        assert admin.ask("GET", ADMIN.replace("aurora-1", "nothing")).problem == (404, "unknown_line")


class TestABeacon:
    VALUE = "ab" * 32

    @pytest.fixture
    def sale(self, shop: Shop) -> Iterator[Sale]:
        shop.look_each_time()
        with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
            made = Sale(shop, server, client)
            made.put(beacon="drand quicknet 21000000")
            yield made

    def test_is_waited_for_and_takes_part(self, sale: Sale, admin: Client) -> None:
        assert admin.ask("POST", f"{ADMIN}/draw", {"beacon": self.VALUE}).problem == (409, "draw_not_possible")
        sale.to(3.5)
        assert (sale.status["phase"], sale.status["seed"]) == ("draw", None), "nobody is called before the draw"
        for _ in range(2):
            assert admin.ask("POST", f"{ADMIN}/draw", {"beacon": self.VALUE}).status == 200
        assert admin.ask("POST", f"{ADMIN}/draw", {"beacon": "cd" * 32}).problem == (409, "draw_not_possible")
        told = sale.client.ask("GET", f"{LINE}/draw").json
        assert (told["beacon"], told["beacon_value"]) == ("drand quicknet 21000000", self.VALUE)
        assert all(ok for _, ok, _ in check(told, b""))

    @pytest.mark.parametrize("beacon", ["", "ab", "xy" * 32, "ab" * 300])
    def test_is_hexadecimal(self, admin: Client, beacon: str) -> None:
        assert admin.ask("POST", f"{ADMIN}/draw", {"beacon": beacon}).problem == (422, "invalid_input")

    def test_a_door_without_one_takes_none(self, sale: Sale, admin: Client) -> None:
        sale.server.do(lambda: sale.shop.catalogue.put(_without_beacon(sale)))
        sale.to(2.5)
        told = admin.ask("POST", "/v1/admin/drops/plain/line/draw", {"beacon": self.VALUE})
        assert told.problem == (409, "draw_not_possible")


def _without_beacon(sale: Sale) -> Any:
    from tests.edge.shop import a_definition

    return a_definition(id="plain", opens_at=sale.door()["registration_closes_at"], door=sale.door())


class TestTheCheck:
    @pytest.fixture
    def drawn(self, sale: Sale) -> tuple[dict[str, Any], bytes, str]:
        """What is published after a draw of nine, and a ticket."""
        sale.to(1.5)
        ticket, *_ = [sale.join(f"buyer-{n}").json["ticket"] for n in range(9)]
        sale.to(2.5)
        listed = sale.client.ask("GET", f"{LINE}/tickets/0").body
        return sale.client.ask("GET", f"{LINE}/draw").json, listed, ticket

    def test_holds_for_what_was_drawn(self, drawn: tuple[dict[str, Any], bytes, str]) -> None:
        told, listed, ticket = drawn
        assert all(ok for _, ok, _ in check(told, listed))
        tid = tickets.read_ticket(Shop().keys, "aurora-1", ticket).tid
        assert place_of(told, listed, ticket) == f"stands at {draw.place(bytes.fromhex(told['seed']), tid, 9)}"

    @pytest.mark.parametrize("bent", ["secret", "seed", "root", "commitment"])
    def test_finds_a_changed_value(self, drawn: tuple[dict[str, Any], bytes, str], bent: str) -> None:
        told, listed, _ = drawn
        assert not all(ok for _, ok, _ in check({**told, bent: "00" * 32}, listed))

    def test_finds_a_list_that_was_changed_after_it_was_published(
        self, drawn: tuple[dict[str, Any], bytes, str]
    ) -> None:
        told, listed, _ = drawn
        for other in (listed[16:], listed + b"\xff" * 16, listed[16:32] + listed[:16] + listed[32:]):
            assert not all(ok for _, ok, _ in check(told, other))
        assert not all(ok for _, ok, _ in check({**told, "registered": 8}, listed))

    def test_says_of_a_ticket_that_it_is_not_on_the_list(self, drawn: tuple[dict[str, Any], bytes, str]) -> None:
        told, _, ticket = drawn
        assert place_of(told, b"", ticket) == "is not on the list"
        with pytest.raises(NoTicket):
            place_of(told, b"", "AAAA")

    def test_is_a_command(self, sale: Sale, tmp_path: Path) -> None:
        url, file, quiet = f"http://127.0.0.1:{sale.client.port}", tmp_path / "draw.json", Console(quiet=True)
        assert run_verify_draw(url, "aurora-1", [], quiet, file) == 1
        assert json.loads(file.read_text())["checks"] == {"the draw has been made": False}, (
            "there is nothing to check yet"
        )
        sale.to(2.5)
        assert run_verify_draw(url, "aurora-1", [], quiet, file) == 0
        assert json.loads(file.read_text())["holds"] is True
        with pytest.raises(DrawUnreadable, match=r"There is no such line\.$"):
            run_verify_draw(url, "nothing", [], quiet, None)
