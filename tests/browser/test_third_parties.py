"""A buyer who is asked for a third party's challenge: its widget comes when it is asked for, and lets them in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.provider import ORIGINS, Provider, asking
from tests.browser.sales import Sales
from tests.browser.test_access import found_by_axe
from tests.browser.test_plain import MAILED, code_of
from tests.journeys.engine import Engine

TALL = 1600
"""A window in which nothing has to be scrolled."""


@pytest.fixture(scope="module", params=["turnstile", "hcaptcha"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """One of the two."""
    running = Provider(request.param)
    yield running
    running.close()


@pytest.fixture(scope="module")
def engine(provider: Provider) -> Iterator[Engine]:
    """One that asks everybody here for it."""
    reserving = {"RACE_MAIL_URL": "console", "RACE_CHALLENGE_RESERVE": "guarded, guarded-by-mail"}
    with asking(provider, **reserving) as running:
        yield running


@pytest.fixture
def asked(a_buyer: Callable[..., Buyer], provider: Provider, sales: Sales) -> Buyer:
    """Somebody who wants a place."""
    provider.asked.clear()
    provider.bad.clear()
    buyer = a_buyer()
    provider.serve(buyer.page)
    buyer.visit(sales.with_door(closes_s=120, opens_s=150))
    buyer.sees("Registration is open")
    return buyer


def solve(buyer: Buyer) -> None:
    """Do what the widget asks for."""
    buyer.page.frame_locator("iframe[title=Check]").get_by_role("button", name="I am a person").click()


def test_their_widget_lets_a_buyer_in(asked: Buyer, provider: Provider) -> None:
    asked.press("Take a place")
    asked.sees("One more check")
    expect(asked.page.frame_locator("iframe[title=Check]").get_by_role("button")).to_be_visible()
    asked.picture(f"widget-{provider.name}")
    assert found_by_axe(asked.page) == []
    rendered = asked.page.evaluate("({...rendered})")
    assert (rendered["sitekey"], rendered["ofPage"]) == ("the-site-key", True)
    assert (rendered.get("cData") is not None) is (provider.name == "turnstile")
    solve(asked)
    asked.sees("You are in the draw")
    assert [form["response"] for form in provider.asked] == ["token-1"]
    assert provider.asked[0]["secret"] == "the-secret"
    last = asked.asked("POST", "/line")[-1].post_data or ""
    assert json.loads(last) == {"challenge": f"{provider.name}.token-1"}
    expect(asked.page.locator("iframe[title=Check]")).to_have_count(0)


def test_nothing_is_fetched_of_them_before_somebody_is_asked(asked: Buyer, provider: Provider) -> None:
    def theirs() -> list[str]:
        return [one.url for one in asked.sent if one.url.startswith(ORIGINS[provider.name])]

    assert theirs() == []
    asked.press("Take a place")
    asked.sees("One more check")
    expect(asked.page.locator("iframe[title=Check]")).to_be_visible()
    assert theirs() != []


def test_an_answer_that_they_do_not_confirm_is_asked_for_again(asked: Buyer, provider: Provider) -> None:
    provider.bad.add("token-1")
    asked.press("Take a place")
    asked.sees("One more check")
    solve(asked)
    asked.told("The check did not work out")
    asked.page.wait_for_function("window.resets.length === 1")
    solve(asked)
    asked.sees("You are in the draw")


def test_where_their_script_does_not_come_there_is_a_way_on(asked: Buyer, provider: Provider) -> None:
    pattern = f"{ORIGINS[provider.name]}/**"
    asked.page.route(pattern, lambda route: route.abort())
    asked.press("Take a place")
    asked.told("The check could not be loaded")
    asked.page.unroute(pattern)
    provider.serve(asked.page)
    asked.press("Try again")
    expect(asked.page.locator("iframe[title=Check]")).to_be_visible()
    asked.press("Have a code sent by e-mail instead")
    asked.sees("A code by e-mail")
    expect(asked.page.locator("iframe[title=Check]")).to_have_count(0)
    expect(asked.page.get_by_role("textbox", name="E-mail")).to_be_visible()


@pytest.fixture
def choosing(a_buyer: Callable[..., Buyer], provider: Provider) -> Buyer:
    """Somebody before a sale that asks for something when they reserve."""
    provider.bad.clear()
    buyer = a_buyer()
    provider.serve(buyer.page)
    return buyer


def test_their_widget_lets_a_buyer_reserve(choosing: Buyer, sales: Sales) -> None:
    sales.opened(id="guarded")
    choosing.visit("guarded")
    choosing.chooses()
    choosing.press("Reserve for")
    choosing.sees("One more check")
    expect(choosing.page.locator("iframe[title=Check]")).to_be_visible()
    assert found_by_axe(choosing.page) == []
    choosing.press("Back to the choice")
    choosing.sees("Choose yours")
    expect(choosing.page.locator("iframe[title=Check]")).to_have_count(0)
    choosing.press("Reserve for")
    solve(choosing)
    choosing.sees("Reserved for you")
    choosing.pays()
    choosing.sees("Thank you")
    assert sales.pools("guarded")["eu-42"] == (0, 1)


def goes_down(choosing: Buyer, sales: Sales, width: int, height: int) -> None:
    """A finger on the way out before the widget is there. All is in view: scrolling would make up for what moves."""
    choosing.page.set_viewport_size({"width": width, "height": height})
    sales.opened(id="guarded-by-mail")
    choosing.visit("guarded-by-mail")
    choosing.chooses()
    choosing.press("Reserve for")
    choosing.page.get_by_role("button", name="Have a code sent by e-mail instead").hover()
    choosing.page.mouse.down()


def test_a_press_counts_while_their_widget_comes(choosing: Buyer, sales: Sales, provider: Provider) -> None:
    """What is under a finger when it goes down is still there when it goes up."""
    come = provider.holds(choosing.page)
    goes_down(choosing, sales, 360, TALL)
    come()
    expect(choosing.page.locator("iframe[title=Check]")).to_be_visible()
    expect(choosing.page.get_by_text("The check is being loaded")).to_have_count(0)
    choosing.page.mouse.up()
    choosing.sees("A code by e-mail")
    expect(choosing.page.get_by_role("heading", name="A code by e-mail")).to_be_focused()
    expect(choosing.page.get_by_text("Reserving…")).to_have_count(0)


def test_a_press_counts_while_their_widget_fails(choosing: Buyer, sales: Sales, provider: Provider) -> None:
    """The same on a desk, where a shorter page stands in the middle."""
    refuse = provider.holds(choosing.page, fail=True)
    goes_down(choosing, sales, 1280, 1200)
    refuse()
    choosing.told("The check could not be loaded")
    choosing.page.mouse.up()
    choosing.sees("A code by e-mail")


def test_a_code_by_e_mail_lets_a_buyer_reserve(choosing: Buyer, sales: Sales, engine: Engine) -> None:
    # What the driver presses in the instant in which it scrolls is sometimes given to the widget's frame instead.
    choosing.page.set_viewport_size({"width": 360, "height": TALL})
    sales.opened(id="guarded-by-mail")
    choosing.visit("guarded-by-mail")
    choosing.chooses("bea@example.com")
    choosing.press("Reserve for")
    choosing.press("Have a code sent by e-mail instead")
    choosing.sees("A code by e-mail")
    expect(choosing.page.get_by_role("textbox", name="E-mail")).to_have_value("bea@example.com")
    before = len(engine.logged(MAILED))
    choosing.press("Send the code")
    code = choosing.page.get_by_role("textbox", name="Code")
    expect(code).to_be_visible()
    code.fill(code_of(engine, before))
    choosing.picture("code-to-reserve")
    choosing.press("Confirm")
    choosing.sees("Reserved for you")
