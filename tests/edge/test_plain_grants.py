"""The fast path without a script: a field for the code, where some of the places are kept for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.shop import ADMIN_KEY, STOREFRONT_KEY, Server, Shop
from tests.edge.test_grants import issue
from tests.edge.test_line import Sale
from tests.edge.test_plain import Visitor
from tests.edge.wire import Client


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    """Half of the places are for holders of grants; registration is open."""
    shop.look_each_time()
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        made = Sale(shop, server, client)
        made.put(reserved_share=0.5, passes_outstanding_max=10, challenge="none")
        made.to(1.5)
        yield made


@pytest.fixture
def admin(sale: Sale) -> Iterator[Client]:
    with sale.server.client(ADMIN_KEY) as client:
        yield client


@pytest.fixture
def visitor(sale: Sale) -> Iterator[Visitor]:
    with sale.server.client() as client:
        yield Visitor(client)


def sign_in(sale: Sale, visitor: Visitor, customer: str) -> None:
    """The shop has said who this browser's buyer is."""
    sessions = sale.shop.sessions()
    visitor.cookies["race_session"] = sessions.cookie(sessions.signed_in(sessions.begin(), customer))[0]
    visitor.look()


def show(visitor: Visitor, code: str) -> None:
    """Ask for the field, and send the code."""
    visitor.look("?access")
    assert visitor.reads("Access code")
    visitor.send("join", access=code)


def test_who_was_invited_comes_in_before_the_line(sale: Sale, admin: Client, visitor: Visitor) -> None:
    (grant,) = issue(sale, admin, "ada")
    sign_in(sale, visitor, "ada")
    show(visitor, f" {grant['grant']} ")
    assert visitor.reads("You have access")
    assert visitor.reads("The sale opens in")
    assert not visitor.reads("I have an access code")
    sale.to(3.5, ticks=3)
    visitor.look()
    visitor.send("pass")
    assert visitor.reads("Choose yours")


def test_a_page_with_the_field_stands_still(visitor: Visitor) -> None:
    visitor.send("join")
    assert "refresh" in visitor.look().headers
    assert "refresh" not in visitor.look("?access").headers, "what is typed in must not be lost"


@pytest.mark.parametrize("code", ["nonsense", "A" * 5000, "é"])
def test_a_code_that_is_none_says_so_and_the_line_is_still_open(visitor: Visitor, code: str) -> None:
    show(visitor, code)
    assert visitor.page.status == 403
    assert visitor.reads("This is no access code for this sale.")
    visitor.send("join")
    assert visitor.reads("You are in the draw")


def test_a_code_of_somebody_else_keeps_the_place_that_there_was(sale: Sale, admin: Client, visitor: Visitor) -> None:
    (grant,) = issue(sale, admin, "ada")
    visitor.send("join")
    kept = visitor.cookies["race_plain"]
    show(visitor, grant["grant"])
    assert visitor.reads("This access code is somebody else's, or you are not signed in.")
    assert visitor.cookies["race_plain"] == kept


def test_where_no_places_are_kept_for_it_no_code_is_asked_for(sale: Sale, visitor: Visitor) -> None:
    assert visitor.reads("I have an access code")
    sale.put(challenge="none")
    visitor.look("?access")
    assert not visitor.reads("ccess code")
