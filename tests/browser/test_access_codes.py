"""The fast path as a customer meets it: a link or a code that lets them in by a lane of their own, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales, in_s
from tests.edge.login import Login


def issued(sales: Sales, drop: str, identity: str, *, since_s: float = -60, until_s: float = 600) -> dict[str, Any]:
    """A grant for that customer."""
    wish = {"lane": "vip", "identities": [identity], "valid_from": in_s(since_s), "valid_until": in_s(until_s)}
    found: dict[str, Any] = sales.ask("POST", f"/v1/admin/drops/{drop}/grants", wish)["grants"][0]
    return found


@pytest.fixture
def a_customer(a_buyer: Callable[..., Buyer], login: Login) -> Callable[..., Buyer]:
    """Makes customers who have signed in to the shop before they come."""

    def make(name: str, **options: Any) -> Buyer:
        customer = a_buyer(**options)
        customer.page.goto(f"{customer.url}/shop/nothing-here")
        customer.page.wait_for_function("window.race !== undefined")
        customer.page.evaluate("(token) => window.race.signIn(token)", login.token(name))
        return customer

    return make


def test_who_was_invited_comes_in_by_their_lane_and_buys(a_customer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.with_door(closes_s=30, opens_s=31, door={"challenge": "none", "reserved_share": 0.5})
    grant = issued(sales, drop, "ada")
    ada = a_customer("ada")
    ada.visit(drop, f"#grant={grant['grant']}")
    ada.sees("You have access")
    expect(ada.page.get_by_text("You come in by the lane “vip”.")).to_be_visible()
    assert grant["grant"] not in ada.page.url
    ada.picture("access-granted")
    ada.page.reload()
    ada.sees("You have access")
    expect(ada.page.get_by_role("heading", level=2)).to_have_text("Choose yours", timeout=90_000)
    ada.reserves()
    ada.pays()
    ada.sees("Thank you")
    again = a_customer("ada")
    again.visit(drop, f"#grant={grant['grant']}")
    again.told("This access code was used already.")
    again.picture("access-used")


def test_a_code_can_be_typed_in_and_counts_for_who_is_in_the_line_already(
    a_customer: Callable[..., Buyer], sales: Sales
) -> None:
    drop = sales.with_door(closes_s=120, opens_s=150, door={"challenge": "none", "reserved_share": 0.5})
    ada = a_customer("ada", color_scheme="dark")
    ada.visit(drop)
    ada.press("Take a place")
    ada.sees("You are in the draw")
    ada.press("I have an access code")
    field = ada.page.get_by_role("textbox", name="Access code")
    field.fill("not-a-code")
    ada.press("Use it")
    ada.told("This is no access code for this sale.")
    ada.picture("access-typed")
    field.fill(issued(sales, drop, "ada")["grant"])
    ada.press("Use it")
    ada.sees("You have access")


def test_a_leaked_link_is_told_in_plain_words_and_the_line_is_still_open(buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(closes_s=120, opens_s=150, door={"challenge": "none"})
    buyer.visit(drop, f"#grant={issued(sales, drop, 'ada')['grant']}")
    buyer.told("This access code is somebody else's, or you are not signed in.")
    buyer.picture("access-leaked")
    buyer.press("Take a place")
    buyer.sees("You are in the draw")


def test_expired_early_and_revoked_codes_say_so(a_customer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.with_door(closes_s=120, opens_s=150, door={"challenge": "none"})
    early = issued(sales, drop, "ada", since_s=300)
    revoked = issued(sales, drop, "bob")
    sales.ask("POST", f"/v1/admin/drops/{drop}/grants/{revoked['id']}/revoke")
    expired = issued(sales, drop, "eve", until_s=2)
    for name, grant, said in (
        ("ada", early, "This access code does not count yet."),
        ("bob", revoked, "The shop has taken this access code back."),
        ("eve", expired, "This access code has expired."),
    ):
        customer = a_customer(name)
        customer.visit(drop, f"#grant={grant['grant']}")
        customer.told(said)
