"""A buyer chooses, reserves and pays: by every way that a payment goes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales


def test_a_buyer_chooses_reserves_pays_and_has_a_receipt(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.chooses()
    buyer.picture("choose")
    buyer.press("Reserve for 5 minutes")
    buyer.sees("Reserved for you")
    buyer.picture("reserved")
    assert sales.pools(drop)["eu-42"] == (1, 0)
    buyer.pays()
    buyer.sees("Thank you")
    buyer.picture("receipt")
    expect(buyer.page.get_by_text("€159.00").first).to_be_visible()
    assert sales.pools(drop)["eu-42"] == (0, 1)
    assert f"/shop/{drop}/orders/" in buyer.page.url
    buyer.page.reload()
    buyer.sees("Thank you")


def test_a_sale_without_line_and_codes_asks_for_neither(buyer: Buyer, sales: Sales) -> None:
    drop, failed = sales.opened(), []
    buyer.page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    buyer.visit(drop)
    buyer.chooses()
    expect(buyer.page.get_by_role("button", name="I have a code")).to_have_count(0)
    assert failed == []
    assert not any(request.url.endswith("/line/status") for request in buyer.sent)


def test_two_pieces_with_a_code_cost_what_the_page_says(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened(promos=[{"code": "HELLO", "redemptions": 5, "percent_off": 10}])
    buyer.visit(drop)
    buyer.press("One more")
    buyer.press("I have a code")
    buyer.page.get_by_label("Code").fill("HELLO")
    buyer.reserves()
    for text in ("× 2", "€318.00", "-€31.80", "€286.20"):
        expect(buyer.page.get_by_text(text).first).to_be_visible()
    buyer.pays()
    buyer.sees("Thank you")


@pytest.mark.parametrize(
    ("method", "why"), [("without enough money", "not enough money"), ("that is declined", "gave no reason")]
)
def test_a_declined_card_is_told_and_another_one_pays(buyer: Buyer, sales: Sales, method: str, why: str) -> None:
    buyer.visit(sales.opened())
    buyer.reserves()
    buyer.pays(method)
    notice = buyer.told("The payment was declined")
    expect(notice).to_contain_text(why)
    expect(notice).to_contain_text("Nothing was charged")
    buyer.picture("declined")
    buyer.pays()
    buyer.sees("Thank you")


def test_a_bank_that_asks_sends_the_buyer_back_to_their_receipt(buyer: Buyer, sales: Sales) -> None:
    buyer.visit(sales.opened())
    buyer.reserves()
    buyer.pays("A card that asks the bank")
    buyer.sees("Your bank asks you to confirm")
    buyer.picture("bank")
    buyer.page.get_by_role("link", name="Go to the bank").click()
    buyer.press("It is me")
    buyer.page.get_by_role("link", name="Go back to the shop").click()
    buyer.sees("Thank you")
    expect(buyer.page).not_to_have_url(re.compile("race-return"))


def test_who_comes_back_after_it_was_paid_has_their_receipt_at_its_own_address(buyer: Buyer, sales: Sales) -> None:
    """The gateway's message was faster than the buyer."""
    drop = sales.opened()
    buyer.visit(drop)
    buyer.reserves()
    buyer.pays()
    buyer.sees("Thank you")
    checkout = buyer.page.url.rpartition("/")[2]
    buyer.page.goto(f"{buyer.url}/shop/{drop}/checkout/{checkout}?race-return={checkout}")
    buyer.sees("Thank you")
    expect(buyer.page).to_have_url(f"{buyer.url}/shop/{drop}/orders/{checkout}")


def test_a_bank_that_says_no_leaves_the_reservation(buyer: Buyer, sales: Sales) -> None:
    buyer.visit(sales.opened())
    buyer.reserves()
    buyer.pays("A card whose bank says no")
    buyer.page.get_by_role("link", name="Go to the bank").click()
    buyer.press("It is me")
    buyer.page.get_by_role("link", name="Go back to the shop").click()
    buyer.told("The payment was declined")
    buyer.pays()
    buyer.sees("Thank you")


def test_a_payment_that_waits_for_its_turn_shows_its_place(buyer: Buyer, sales: Sales) -> None:
    """The gateway for crowns takes one payment in three seconds, and others are before this one."""
    drop = sales.opened(currency="SEK")
    buyer.visit(drop)
    buyer.reserves()
    for number in range(4):
        sales.bought_elsewhere(drop, f"buyer-{number}")
    buyer.press("Pay SEK")
    expect(buyer.page.get_by_text(re.compile(r"Your payment is number \d in the queue"))).to_be_visible()
    expect(buyer.page.get_by_text("Do not pay again")).to_be_visible()
    buyer.picture("queued")
    buyer.page.reload()
    expect(buyer.page.get_by_text(re.compile(r"Your payment is (next|number \d in the queue)"))).to_be_visible()
    buyer.sees("Thank you")
    assert len(buyer.asked("POST", "/payment")) == 1


def test_what_is_given_back_is_free_at_once(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.reserves()
    buyer.press("Give it back")
    buyer.sees("You have given it back. Nothing was charged.")
    assert sales.pools(drop)["eu-42"] == (0, 0)
    buyer.press("Start again")
    buyer.reserves()


def test_a_form_that_is_not_complete_says_what_is_missing_where_it_is_missing(buyer: Buyer, sales: Sales) -> None:
    two = [{"id": f"eu-{size}", "title": f"EU {size}", "price": 15900, "stock": 5} for size in (41, 42)]
    buyer.visit(sales.opened(items=two, limit_per_buyer=1))
    buyer.sees("Choose yours")
    buyer.press("Reserve for")
    buyer.told("Choose one first.")
    buyer.page.get_by_text("EU 42").click()
    buyer.page.get_by_label("E-mail").fill("not an address")
    buyer.press("Reserve for")
    buyer.told("This does not look like an e-mail address.")
    expect(buyer.page.get_by_label("E-mail")).to_be_focused()
    buyer.picture("form-wrong")
    assert buyer.asked("POST", "/v1/checkouts") == []


def test_what_has_run_out_cannot_be_chosen_and_the_last_one_goes_to_one_buyer(
    a_buyer: Callable[..., Buyer], sales: Sales
) -> None:
    gone = {"id": "eu-41", "title": "EU 41", "price": 15900, "stock": 0}
    drop = sales.opened(items=[gone, {"id": "eu-42", "title": "EU 42", "price": 15900, "stock": 1}], limit_per_buyer=1)
    first, second = a_buyer(), a_buyer()
    for one in (first, second):
        one.visit(drop)
        one.chooses()
    expect(first.page.get_by_label("EU 41")).to_be_disabled()
    first.press("Reserve for")
    first.sees("Reserved for you")
    second.press("Reserve for")
    second.told("All that are left are in somebody's hands.")
    second.picture("all-reserved")
    first.pays()
    first.sees("Thank you")
    second.press("Reserve for")
    second.sees("Sold out")
    second.picture("sold-out")


def test_whoever_had_as_many_as_one_may_have_is_told_so(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened(limit_per_buyer=1)
    buyer.visit(drop)
    buyer.reserves()
    buyer.pays()
    buyer.sees("Thank you")
    buyer.visit(drop)
    buyer.chooses()
    buyer.press("Reserve for")
    buyer.told("That is more than one person may have.")


def test_titles_are_text_whatever_they_hold(buyer: Buyer, sales: Sales) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script> & “Ω” \\u003cb\\u003e"
    items = [{"id": "eu-42", "title": hostile, "price": 15900, "stock": 5}]
    dialogs: list[str] = []
    buyer.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    buyer.visit(sales.opened(title=hostile, items=items))
    buyer.reserves()
    expect(buyer.page.get_by_role("heading", level=1)).to_have_text(hostile)
    expect(buyer.page.get_by_text(hostile).last).to_be_visible()
    buyer.picture("hostile")
    assert buyer.page.locator("img, race-checkout img").count() == 0
    assert dialogs == []


def test_a_browser_solves_what_is_asked_for_before_a_reservation(buyer: Buyer, sales: Sales) -> None:
    sales.opened(id="guarded")
    buyer.visit("guarded")
    buyer.reserves()
    first, second = buyer.asked("POST", "/v1/checkouts")
    assert "race-challenge" not in first.headers
    assert second.headers["race-challenge"]
    buyer.pays()
    buyer.sees("Thank you")
