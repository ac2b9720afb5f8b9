"""Several items of one drop: chosen with a quantity each, kept by the engine, and at no price that was not shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales
from tests.browser.test_access import found_by_axe, scrolls_sideways
from tests.edge.login import Login

ITEMS = [
    {"id": "stalls", "title": "Stalls", "price": 8900, "stock": 40},
    {"id": "balcony", "title": "Balcony", "price": 6500, "stock": 3},
    {"id": "box", "title": "Box for one", "price": 24000, "stock": 0},
]


@pytest.fixture
def concert(sales: Sales) -> Callable[..., str]:
    """Puts a concert on sale, of which everybody may have four tickets of any kind."""
    return lambda **changes: sales.opened(
        **{"title": "Night of Strings", "items": ITEMS, "limit_per_buyer": 4, **changes}
    )


def row(buyer: Buyer, title: str) -> Locator:
    return buyer.page.get_by_role("listitem").filter(has_text=title)


def adds(buyer: Buyer, title: str, times: int = 1) -> None:
    """Tap the plus, as quickly as a person does, and wait until the engine has it."""
    with buyer.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        for _ in range(times):
            buyer.press(f"One more: {title}")


def has(buyer: Buyer, title: str, quantity: int) -> None:
    expect(row(buyer, title).get_by_role("status")).to_have_text(str(quantity))


def test_a_buyer_takes_several_items_at_once(buyer: Buyer, sales: Sales, concert: Callable[..., str]) -> None:
    drop = concert()
    buyer.visit(drop)
    buyer.sees("Choose yours")
    adds(buyer, "Stalls", 2)
    adds(buyer, "Balcony")
    expect(buyer.page.get_by_text("€243.00")).to_be_visible()
    buyer.picture("basket")
    buyer.reserves()
    for text in ("× 2", "€178.00", "€65.00", "€243.00"):
        expect(buyer.page.get_by_text(text).first).to_be_visible()
    buyer.pays()
    buyer.sees("Thank you")
    assert sales.pools(drop) == {"stalls": (0, 2), "balcony": (0, 1), "box": (0, 0)}
    # What was bought is not in the basket any more.
    buyer.visit(drop)
    has(buyer, "Stalls", 0)


def test_no_more_than_the_limit_can_be_chosen_and_nothing_that_is_sold_out(
    buyer: Buyer, concert: Callable[..., str]
) -> None:
    buyer.visit(concert())
    adds(buyer, "Stalls", 3)
    adds(buyer, "Balcony")
    for title in ("Stalls", "Balcony", "Box for one"):
        expect(buyer.page.get_by_role("button", name=f"One more: {title}")).to_have_attribute("aria-disabled", "true")
        buyer.page.get_by_role("button", name=f"One more: {title}").click(force=True)
    has(buyer, "Stalls", 3)
    has(buyer, "Box for one", 0)
    buyer.press("One fewer: Balcony")
    buyer.press("One more: Stalls")
    has(buyer, "Stalls", 4)


def test_a_reload_and_another_tab_have_the_same_in_the_basket(buyer: Buyer, concert: Callable[..., str]) -> None:
    drop = concert()
    buyer.visit(drop)
    adds(buyer, "Stalls", 2)
    has(buyer, "Stalls", 2)
    expect(buyer.page.get_by_text("€178.00")).to_be_visible()
    buyer.page.wait_for_load_state("networkidle")
    buyer.page.reload()
    has(buyer, "Stalls", 2)
    other = buyer.tab()
    buyer.visit(drop, page=other)
    expect(other.get_by_role("listitem").filter(has_text="Stalls").get_by_role("status")).to_have_text("2")


def test_signing_in_brings_it_to_what_was_chosen_elsewhere(
    a_buyer: Callable[..., Buyer], concert: Callable[..., str], login: Login
) -> None:
    drop = concert()
    for title in ("Balcony", "Stalls"):
        device = a_buyer()
        device.visit(drop)
        adds(device, title)
        device.page.evaluate("(token) => window.race.signIn(token)", login.token("grace"))
    has(device, "Balcony", 1)
    has(device, "Stalls", 1)


def dearer(sales: Sales, drop: str, **changes: Any) -> None:
    """The first item costs more from now on."""
    definition = sales.ask("GET", f"/v1/admin/drops/{drop}")["definition"]
    first, *others = definition["items"]
    sales.put({**definition, "items": [{**first, "price": 9900}, *others], **changes})


def test_a_price_that_changed_is_shown_old_and_new_before_anything_is_reserved(
    buyer: Buyer, sales: Sales, concert: Callable[..., str]
) -> None:
    drop = concert()
    buyer.visit(drop)
    adds(buyer, "Stalls", 2)
    dearer(sales, drop)
    buyer.chooses()
    buyer.press("Reserve for")
    expect(buyer.told("The price has changed meanwhile.")).to_contain_text("Stalls: €99.00, was €89.00")
    expect(row(buyer, "Stalls")).to_contain_text(re.compile("€99.00.*was €89.00", re.DOTALL))
    expect(buyer.page.get_by_text("€198.00")).to_be_visible()
    buyer.picture("basket-price-changed")
    assert sales.pools(drop)["stalls"] == (0, 0)
    buyer.press("Reserve for")
    buyer.sees("Reserved for you")
    expect(buyer.page.get_by_text("€198.00").first).to_be_visible()


def test_whoever_comes_back_is_told_of_a_price_that_changed_while_they_were_away(
    buyer: Buyer, sales: Sales, concert: Callable[..., str]
) -> None:
    drop = concert()
    buyer.visit(drop)
    adds(buyer, "Stalls")
    dearer(sales, drop)
    buyer.page.reload()
    expect(row(buyer, "Stalls")).to_contain_text("was €89.00")
    expect(buyer.page.get_by_text("The price has changed meanwhile.")).to_be_visible()
    buyer.reserves()


def test_a_single_item_is_not_sold_at_another_price_than_shown_either(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.chooses()
    dearer(sales, drop)
    buyer.press("Reserve for")
    expect(buyer.told("The price has changed meanwhile.")).to_contain_text("EU 42: €99.00, was €159.00")
    buyer.press("Reserve for")
    buyer.sees("Reserved for you")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "light")])
def test_in_german_it_fits_every_screen_and_axe_finds_nothing(
    a_buyer: Callable[..., Buyer], sales: Sales, concert: Callable[..., str], width: int, scheme: str
) -> None:
    buyer = a_buyer(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="de-DE", reduced_motion="reduce"
    )
    drop = concert()
    buyer.visit(drop)
    with buyer.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        buyer.press("Eines mehr: Stalls")
    dearer(sales, drop)
    buyer.page.reload()
    expect(row(buyer, "Stalls")).to_contain_text("vorher 89,00")
    buyer.picture(f"de-basket-{width}-{scheme}")
    assert not scrolls_sideways(buyer.page)
    assert found_by_axe(buyer.page) == []
