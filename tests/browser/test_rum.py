"""What a buyer's browser saw arrives: in the engine's own metrics, after a real purchase in a real browser."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping

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


def steps(url: str) -> Counter[str]:
    """How often each step was reached and a purchase felt, whatever the drop: of many drops the last are one label."""
    found: Counter[str] = Counter()
    for name, value in counted(url).items():
        if name.startswith("race_rum_click_to_purchase_seconds_count"):
            found["felt"] += int(value)
        elif step := re.search(r'^race_rum_steps_total.*rum_step="(\w+)"', name):
            found[step[1]] += int(value)
    return found


def wait_until_known(url: str, drop: str) -> None:
    """Until beacons of a new drop are taken: the list of drops is believed for some seconds."""
    request = urllib.request.Request(f"{url}/v1/rum", json.dumps({"drop": drop, "seen": []}).encode())
    until = time.monotonic() + ARRIVES_S
    while True:
        try:
            urllib.request.urlopen(request, timeout=20).close()
        except urllib.error.HTTPError as error:
            if error.code != 404 or time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def test_a_purchase_is_told_by_vitals_steps_and_how_long_it_felt(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    wait_until_known(buyer.url, drop)
    before = steps(buyer.url)
    buyer.context.add_init_script(SAMPLED % "1")
    with buyer.page.expect_response("**/rum-*.js"):
        buyer.visit(drop)
    buyer.reserves()
    buyer.pays()
    buyer.sees("Thank you")
    buyer.page.goto("about:blank")  # A vital is final when its page is left.
    wanted = Counter(opened=1, reserved=1, paying=1, paid=1, felt=1)
    until = time.monotonic() + ARRIVES_S
    while (told := steps(buyer.url) - before) < wanted and time.monotonic() < until:
        time.sleep(0.2)
    assert told == wanted
    assert any(name.startswith("race_rum_vital_seconds_count") for name in counted(buyer.url))


def test_a_visit_that_is_not_sampled_loads_and_sends_nothing(buyer: Buyer, sales: Sales) -> None:
    buyer.context.add_init_script(SAMPLED % "")
    buyer.visit(sales.opened())
    buyer.reserves()
    buyer.page.goto("about:blank")
    assert not [request.url for request in buyer.sent if "rum" in request.url]
