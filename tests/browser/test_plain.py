"""The shop without JavaScript: wait, come in and buy by links and forms alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales, in_s
from tests.browser.test_access import found_by_axe, scrolls_sideways
from tests.journeys.engine import Engine

MAILED = "a code was asked for"


@pytest.fixture
def plain(a_buyer: Callable[..., Buyer]) -> Buyer:
    """Somebody whose browser runs no script."""
    return a_buyer(java_script_enabled=False)


def code_of(engine: Engine, number: int) -> str:
    """The code of that mail."""
    found = re.search(r"here it is: (\d{8})", str(engine.logged(MAILED)[number]))
    assert found is not None
    return found[1]


def test_a_code_by_e_mail_is_the_way_to_a_reservation_that_asks_for_something(
    plain: Buyer, sales: Sales, engine: Engine
) -> None:
    sales.opened(id="guarded")
    before = len(engine.logged(MAILED))

    email = plain.page.get_by_role("textbox", name="E-mail")
    plain.visit("guarded")
    plain.sees("Choose yours")
    plain.page.get_by_label("How many").select_option("2")
    email.fill("ada@example.com")
    plain.press("Reserve for")
    plain.sees("A code by e-mail")
    expect(email).to_have_value("ada@example.com")
    plain.press("Send the code")
    plain.sees("Choose yours")
    expect(email).to_have_value("ada@example.com")
    code = plain.page.get_by_role("textbox", name="Code")
    code.fill("12345678")
    plain.press("Reserve for")
    plain.told("The check did not work out.")
    code.fill(code_of(engine, before))
    plain.picture("plain-choose-with-code")
    plain.press("Reserve for")
    plain.sees("Reserved for you")
    assert sales.pools("guarded")["eu-42"] == (2, 0), "what was chosen before the code was asked for"


def test_somebody_without_javascript_registers_waits_enters_and_buys(
    plain: Buyer, sales: Sales, engine: Engine
) -> None:
    drop = sales.with_door(closes_s=25, opens_s=26)
    before = len(engine.logged(MAILED))
    plain.visit(drop)
    plain.sees("Registration is open")
    named_ahead = len(plain.asked("GET", ".js"))  # By the page that sent them here.
    plain.picture("plain-registration")
    plain.press("Take a place")
    plain.sees("A code by e-mail")
    plain.page.get_by_role("textbox", name="E-mail").fill("ada@example.com")
    plain.picture("plain-code-asked")
    plain.press("Send the code")
    plain.page.get_by_role("textbox", name="Code").fill("12345678")
    plain.press("Confirm")
    plain.told("The check did not work out.")
    plain.page.get_by_role("textbox", name="Code").fill(code_of(engine, before))
    plain.picture("plain-code-sent")
    plain.press("Confirm")
    plain.sees("You are in the draw")
    plain.picture("plain-registered")
    turn = plain.page.get_by_role("heading", level=2, name="It is your turn", exact=True)
    expect(turn).to_be_visible(timeout=90_000)  # The page has looked again by itself.
    plain.picture("plain-called")
    plain.press("Go in")
    plain.sees("Choose yours")
    plain.page.get_by_role("textbox", name="E-mail").fill("ada@example.com")
    plain.picture("plain-choose")
    plain.press("Reserve for")
    plain.sees("Reserved for you")
    plain.page.reload()
    plain.sees("Reserved for you")
    plain.page.get_by_label("A card without enough money").check()
    plain.picture("plain-reserved")
    plain.press("Pay €")
    expect(plain.told("The payment was declined")).to_contain_text("There is not enough money on it.")
    plain.picture("plain-declined")
    plain.page.get_by_label("A card that asks the bank").check()
    plain.press("Pay €")
    plain.sees("Your bank asks you to confirm")
    plain.page.get_by_role("link", name="Go to the bank").click()
    plain.press("It is me")
    plain.page.get_by_role("link", name="Go back to the shop").click()
    plain.press("I am back from the bank")
    plain.sees("Thank you")
    plain.picture("plain-receipt")
    assert sales.pools(drop)["eu-42"] == (0, 1)
    assert len(plain.asked("GET", ".js")) == named_ahead


def test_the_page_of_the_line_looks_again_by_itself_unless_told_not_to(plain: Buyer, sales: Sales) -> None:
    plain.visit(sales.with_door(closes_s=120, opens_s=150, door={"challenge": "none"}))
    plain.press("Take a place")
    plain.sees("You are in the draw")
    plain.page.get_by_role("link", name="Do not look again by itself").click()
    expect(plain.page.get_by_role("link", name="Let this page look again by itself")).to_be_visible()
    answer = plain.page.reload()
    assert answer is not None
    assert "refresh" not in answer.headers


def test_it_says_where_one_stands_and_how_long_it_may_take(plain: Buyer, sales: Sales) -> None:
    drop = sales.with_door(door={"rate_per_s": 0.02, "challenge": "none"})
    plain.visit(drop)
    expect(plain.page.get_by_role("button", name="Join the line")).to_be_visible()  # The draw was a moment ago.
    for n in range(4):
        sales.joins(drop, f"buyer-{n}")
    plain.press("Join the line")
    plain.sees("You are in the line")
    expect(plain.page.get_by_text("Ahead of you")).to_be_visible()
    plain.picture("plain-waiting")


def test_it_speaks_german_and_shows_what_went_wrong(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    plain = a_buyer(java_script_enabled=False, locale="de-DE", color_scheme="dark")
    plain.visit(sales.opened(title="Weihnachts<b>baum</b>kugel & Söhne"))
    plain.sees("Wählen Sie aus")
    expect(plain.page.get_by_role("heading", level=1)).to_have_text("Weihnachts<b>baum</b>kugel & Söhne")
    assert plain.page.get_attribute("html", "lang") == "de"
    plain.page.get_by_role("textbox", name="E-Mail").fill("ada@no-dot")
    plain.picture("plain-german")
    plain.press("Für 5 Minuten reservieren")
    plain.sees("Für Sie reserviert")
    expect(plain.page.get_by_text("159,00 €").first).to_be_visible()
    plain.press("Zurückgeben")
    plain.sees("Sie haben es zurückgegeben. Es wurde nichts berechnet.")
    plain.press("Von vorn beginnen")
    plain.sees("Wählen Sie aus")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_plain_pages(a_buyer: Callable[..., Buyer], sales: Sales, scheme: str) -> None:
    """Axe is a script itself, so this browser may run one; the pages have none."""
    buyer = a_buyer(color_scheme=scheme, bypass_csp=True)
    waiting = sales.with_door(closes_s=120, opens_s=150)
    buyer.visit(waiting, "/plain")
    buyer.sees("Registration is open")
    assert found_by_axe(buyer.page) == []
    buyer.press("Take a place")
    buyer.sees("A code by e-mail")
    assert found_by_axe(buyer.page) == []
    buyer.visit(sales.opened(), "/plain")
    buyer.page.get_by_role("textbox", name="E-mail").fill("ada@example.com")
    assert found_by_axe(buyer.page) == []
    buyer.press("Reserve for")
    buyer.sees("Reserved for you")
    assert found_by_axe(buyer.page) == []
    assert not scrolls_sideways(buyer.page)


def test_a_drop_without_a_line_opens_for_those_who_wait_on_the_plain_page(plain: Buyer, sales: Sales) -> None:
    plain.visit(sales.opened(opens_at=in_s(6)))
    plain.sees("Opens soon")
    plain.sees("Choose yours")
