"""What a buyer's browser saw arrives: in the engine's own metrics, after a real purchase in a real browser."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Mapping

import pytest

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales
from tests.journeys.engine import ADMIN_KEY

SAMPLED = "try { sessionStorage.setItem('race-rum', '%s') } catch { /* a page without storage */ }"
ARRIVES_S = 20.0


def counted(url: str) -> Mapping[str, float]:
    """The metrics of browsers, by name and labels."""
    request = urllib.request.Request(f"{url}/metrics", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return {found[1]: float(found[2]) for line in lines if (found := re.fullmatch(r"(race_rum_\S+) (\S+)", line))}


def arrived(url: str, *names: str) -> Mapping[str, float]:
    """The metrics once all of these are counted."""
    until = time.monotonic() + ARRIVES_S
    while True:
        found = counted(url)
        if all(found.get(name) for name in names):
            return found
        if time.monotonic() > until:
            pytest.fail(f"of {names} only these arrived: {found}")
        time.sleep(0.2)


def test_a_purchase_is_told_by_vitals_steps_and_how_long_it_felt(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.context.add_init_script(SAMPLED % "1")
    with buyer.page.expect_response("**/rum-*.js"):
        buyer.visit(drop)
    buyer.reserves()
    buyer.pays()
    buyer.sees("Thank you")
    buyer.page.goto("about:blank")  # A vital is final when its page is left.
    steps = [
        f'race_rum_steps_total{{drop="{drop}",rum_step="{step}"}}' for step in ("opened", "reserved", "paying", "paid")
    ]
    felt = f'race_rum_click_to_purchase_seconds_count{{drop="{drop}"}}'
    found = arrived(buyer.url, *steps, felt)
    assert [found[step] for step in steps] == [1, 1, 1, 1]
    assert found[felt] == 1
    assert any(name.startswith("race_rum_vital_seconds_count") for name in found)


def test_a_visit_that_is_not_sampled_loads_and_sends_nothing(buyer: Buyer, sales: Sales) -> None:
    buyer.context.add_init_script(SAMPLED % "")
    buyer.visit(sales.opened())
    buyer.reserves()
    buyer.page.goto("about:blank")
    assert not [request.url for request in buyer.sent if "rum" in request.url]
