"""A browser whose clock is wrong by minutes: the line, what a door asks and every countdown go by the engine's."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales


def left_s(buyer: Buyer) -> int:
    """What a countdown shows."""
    minutes, seconds = map(int, buyer.page.get_by_role("timer").inner_text().split(":"))
    return minutes * 60 + seconds


@pytest.mark.parametrize("wrong_s", [600, -600], ids=["fast", "slow"])
def test_a_clock_that_is_ten_minutes_wrong_costs_nobody_anything(
    a_buyer: Callable[..., Buyer], sales: Sales, wrong_s: int
) -> None:
    buyer = a_buyer()
    buyer.page.clock.install(time=time.time() + wrong_s)
    drop = sales.with_door(closes_s=25, opens_s=27)
    buyer.visit(drop)
    buyer.sees("Registration is open")
    assert 1 <= left_s(buyer) <= 26
    buyer.press("Take a place")
    buyer.sees("You are in the draw")
    expect(buyer.page.get_by_role("heading", name="Choose yours")).to_be_visible(timeout=60_000)
    buyer.reserves()
    assert 240 <= left_s(buyer) <= 301
    buyer.pays()
    buyer.sees("Thank you")
    assert sales.pools(drop)["eu-42"] == (0, 1)
