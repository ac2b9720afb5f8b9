"""A shop that has set up both third parties: where the first one's widget does not come, the other's is the way in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.provider import ORIGINS, Provider, asking
from tests.browser.sales import Sales
from tests.browser.test_third_parties import solve
from tests.journeys.engine import Engine


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The one that works."""
    running = Provider("hcaptcha")
    yield running
    running.close()


@pytest.fixture(scope="module")
def engine(provider: Provider) -> Iterator[Engine]:
    """One that asks everybody here for either."""
    with asking(provider, RACE_TURNSTILE="the-site-key:the-secret") as running:
        yield running


def test_the_other_widget_comes_where_the_first_one_does_not(
    a_buyer: Callable[..., Buyer], provider: Provider, sales: Sales
) -> None:
    buyer = a_buyer()
    buyer.page.route(f"{ORIGINS['turnstile']}/**", lambda route: route.abort())
    provider.serve(buyer.page)
    buyer.visit(sales.with_door(closes_s=120, opens_s=150))
    buyer.press("Take a place")
    buyer.told("The check could not be loaded")
    buyer.press("Try again")
    expect(buyer.page.get_by_text("hCaptcha looks whether you are a person.")).to_be_visible()
    solve(buyer)
    buyer.sees("You are in the draw")
    last = buyer.asked("POST", "/line")[-1].post_data or ""
    assert json.loads(last) == {"challenge": "hcaptcha.token-1"}
