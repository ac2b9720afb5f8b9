"""Forms of the plain pages that no page has made, and cookies that say more than is so."""

from __future__ import annotations

import pytest

from tests.edge.shop import a_definition
from tests.edge.test_line import ITEM, Sale
from tests.edge.test_plain import PLAIN, Visitor, registered, sale, visitor

__all__ = ["sale", "visitor"]


def let_in(sale: Sale, visitor: Visitor) -> None:
    """Registered, called, and in."""
    registered(sale, visitor)
    sale.to(3.5, ticks=3)
    visitor.look()
    visitor.send("pass")
    assert visitor.reads("Choose yours")


class TestAForgedForm:
    """A form that no page of ours has made asks for nothing that a page could not ask for."""

    @pytest.mark.parametrize("step", ["payment", "cancel", "return"])
    def test_about_a_checkout_that_was_never_begun_is_refused(self, visitor: Visitor, step: str) -> None:
        visitor.send("join")
        csrf = visitor.hidden("code")["csrf"]
        assert visitor.post(step, {"csrf": csrf, "method": "pm_approved", "key": "a-key-of-its-own"}).status == 404

    def test_for_a_pass_without_a_place_is_refused(self, visitor: Visitor) -> None:
        visitor.send("join")
        assert visitor.post("pass", {"csrf": visitor.hidden("code")["csrf"]}).status == 404
        assert visitor.reads("This sale has no line.")

    def test_with_a_place_that_is_none_is_back_before_the_line(self, sale: Sale, visitor: Visitor) -> None:
        registered(sale, visitor)
        sale.to(3.5, ticks=3)
        visitor.look()
        csrf = visitor.hidden("pass")["csrf"]
        parts = visitor.cookies["race_plain"].split("~")
        visitor.cookies["race_plain"] = "~".join([parts[0][:-4] + "AAAA", *parts[1:]])
        assert visitor.post("pass", {"csrf": csrf}).status == 303
        visitor.look()
        assert visitor.reads("Join the line")
        assert visitor.cookies["race_plain"].split("~")[0] == ""

    @pytest.mark.parametrize(
        "wish",
        [
            {"item": ITEM},
            {"item": f"{ITEM} free"},
            {"item": f"{ITEM} \u0664\u0662"},
            {"quantity": "-1"},
            {"quantity": "\u0661"},
            {"quantity": "9" * 5000},
            {"item": f"{ITEM} {'9' * 5000}"},
        ],
    )
    def test_with_numbers_that_are_none_is_told_as_a_page(
        self, sale: Sale, visitor: Visitor, wish: dict[str, str]
    ) -> None:
        let_in(sale, visitor)
        sent = {"item": f"{ITEM} 15900", "quantity": "1", "email": "ada@example.com", **wish}
        answer = visitor.send("checkout", **sent)
        assert answer.status == 422
        assert visitor.reads("Choose yours")

    def test_without_a_key_of_its_own_is_refused(self, sale: Sale, visitor: Visitor) -> None:
        let_in(sale, visitor)
        sent = {"item": f"{ITEM} 15900", "quantity": "1", "email": "ada@example.com", "key": ""}
        assert visitor.send("checkout", **sent).status == 400

    def test_to_join_that_a_program_filled_in_is_refused(self, visitor: Visitor) -> None:
        visitor.send("join", website="https://spam.example")
        assert visitor.reads("it looks like a program's")

    def test_for_a_code_that_a_program_filled_in_is_refused(self, sale: Sale, visitor: Visitor) -> None:
        visitor.send("join")
        visitor.send("code", email="ada@example.com", website="https://spam.example")
        assert visitor.reads("it looks like a program's")
        assert sale.shop.door.post.sent == []


def test_a_checkout_of_another_drop_is_not_shown_here(sale: Sale, visitor: Visitor) -> None:
    let_in(sale, visitor)
    visitor.send("checkout", item=f"{ITEM} 15900", quantity="1", email="ada@example.com")
    assert visitor.reads("Reserved for you")
    sale.server.do(lambda: sale.shop.catalogue.put(a_definition(id="plain-3")))
    there = visitor.client.ask("GET", PLAIN.replace("aurora-1", "plain-3"), cookie=visitor._cookie()).body.decode()
    assert "Reserved for you" not in there


def test_who_starts_again_does_so_without_the_turn_that_was_used(sale: Sale, visitor: Visitor) -> None:
    let_in(sale, visitor)
    visitor.send("checkout", item=f"{ITEM} 15900", quantity="1", email="ada@example.com")
    assert visitor.cookies["race_plain"].split("~")[1] == "", "the pass has become a reservation"
    visitor.send("cancel")
    visitor.send("again")
    assert visitor.cookies["race_plain"].split("~")[1:3] == ["", ""]


def test_a_turn_that_is_over_is_said_to_be(sale: Sale, visitor: Visitor) -> None:
    let_in(sale, visitor)
    sale.to(3.6)
    visitor.look()
    assert not visitor.reads("Choose yours")
