"""One place in two browsers: both may wait and both are called, and it lets one in at a time, for one purchase."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales

TICKET = """(drop) => {
  const [name, kept] = Object.entries(localStorage).find(([name]) => name.endsWith(`:${drop}`));
  return [name, JSON.stringify({ticket: JSON.parse(kept).ticket})];
}"""


def carries(first: Buyer, second: Buyer, drop: str) -> None:
    """The ticket of the first browser is put into the second one, which has a session of its own."""
    second.visit(drop)
    second.page.evaluate("([name, kept]) => localStorage.setItem(name, kept)", first.page.evaluate(TICKET, drop))
    second.page.reload()


def test_a_place_that_is_carried_to_another_browser_waits_in_both(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.with_door(door={"rate_per_s": 0.02, "challenge": "none"})
    before, first, second = a_buyer(), a_buyer(), a_buyer()
    for buyer in (before, first):
        buyer.visit(drop)
        buyer.press("Join the line")
    first.sees("You are in the line")
    carries(first, second, drop)
    second.sees("You are in the line")
    ahead = [buyer.page.locator(".number, .next").inner_text() for buyer in (first, second)]
    assert ahead[0] == ahead[1]


def test_a_place_that_is_carried_to_another_browser_buys_once(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.with_door(door={"challenge": "none"})
    first, second = a_buyer(), a_buyer()
    first.visit(drop)
    first.press("Join the line")
    first.chooses()
    carries(first, second, drop)
    second.chooses()
    first.press("Reserve for")
    first.sees("Your turn has passed")
    assert sales.pools(drop)["passes"][0] == 1
    second.reserves()
    second.pays()
    second.sees("Thank you")
    first.press("Try again")
    first.sees("Your place was used")
    second.visit(drop)
    second.sees("Your place was used")
    expect(first.page.get_by_role("button", name="Reserve for")).to_have_count(0)
    assert sales.pools(drop)["eu-42"] == (0, 1)
