"""From a trouble to whoever is on call: a real engine, Prometheus and Alertmanager, and a gateway that falls silent.

The same run answers every query of Grafana's dashboards, since it has seen what they ask for.
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from race_to_purchase.app.commands.dashboards.boards import BOARDS
from race_to_purchase.observe.slo.objectives import Slo
from tests.journeys.engine import Engine, free_port, storefront
from tests.journeys.monitoring import Monitoring, monitored
from tests.sale import shoes
from tests.simulator.running import Process, launched

KEY = "sk_test_simulator"
TOLD_WITHIN_S = 60
"""From the first payment that gets no answer to the page: a scrape and an evaluation, 5 s each, and the group's wait,
10 s; the rest is for a slow machine."""
QUIET_S = 12
"""So long nobody may be told of anything while all is well: two rounds of everything."""


class Sale:
    """The engine, its gateway, and buyers who come one after the other until the sale is ended."""

    def __init__(self, shop: Engine, stripe: Process, monitoring: Monitoring) -> None:
        self.shop = shop
        self.stripe = stripe
        self.monitoring = monitoring
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._buy, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(60)

    def _buy(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            card = "pm_card_visa" if number % 5 else "pm_card_chargeDeclinedInsufficientFunds"
            self.buy(f"buyer-{number}", card)
            time.sleep(0.1)

    def buy(self, name: str, card: str) -> None:
        """One purchase, whatever comes of it; the reservation is asked for twice, as by a double click."""
        wish = {"drop": "aurora", "lines": [{"item": "shoe", "quantity": 1}], "buyer": {"id": name}}
        for _ in range(2):
            reserved = self.ask("/v1/checkouts", wish, f"{name}-reserves")
        if reserved.status_code == 201:
            path = f"/v1/checkouts/{reserved.json()['id']}/payment"
            self.ask(path, {"payment_method": card}, f"{name}-pays")

    def ask(self, path: str, body: object, key: str) -> requests.Response:
        return requests.post(f"{self.shop.url}{path}", json=body, headers=storefront(key), timeout=30)


@pytest.fixture(scope="module")
def sale(used_folder: Path) -> Iterator[Sale]:
    """A sale that is watched."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with launched(folder / "books.db", api_key=KEY) as stripe:
            shop = Engine(
                folder,
                RACE_STRIPE_KEY=KEY,
                RACE_STRIPE_BASE=stripe.url,
                RACE_METRICS_PORT=str(port),
                RACE_SURVEY_EVERY_S="1",
                RACE_ANSWER_WAIT_S="1",
            )
            subprocess.run(["cp", "-a", str(used_folder), str(shop.data)], check=True)
            try:
                shop.start()
                shop.put(items=shoes(100_000))
                with monitored(folder, Slo(), [f"127.0.0.1:{port}"]) as monitoring:
                    made = Sale(shop, stripe, monitoring)
                    yield made
                    made.end()
            finally:
                shop.end()


@pytest.fixture(scope="module")
def quiet(sale: Sale) -> Sale:
    """The sale after a while in which all was well."""
    sale.monitoring.until("race_orders_total > 5")
    time.sleep(QUIET_S)
    return sale


def test_nobody_is_told_of_a_sale_that_goes_well(quiet: Sale) -> None:
    assert quiet.monitoring.ask('ALERTS{alertstate="firing"}') == []
    assert quiet.monitoring.on_call.told == []


def test_every_query_of_the_dashboards_finds_something(quiet: Sale) -> None:
    missing = []
    for board in BOARDS:
        for panel in [panel for section in board.sections for panel in section.panels]:
            for query in panel.queries:
                if not quiet.monitoring.ask(query.expr.replace("$drop", ".*")):
                    missing.append(f"{board.uid}, {panel.title}: {query.expr}")
    assert missing == [], "\n".join(missing)


def test_a_gateway_that_falls_silent_pages_whoever_is_on_call_and_nothing_else_does(quiet: Sale) -> None:
    quiet.stripe.faults({"fault": "cut_before", "on": "*"})
    on_call, give_up_at = quiet.monitoring.on_call, time.monotonic() + TOLD_WITHIN_S
    while not on_call.told and time.monotonic() < give_up_at:
        time.sleep(0.2)
    time.sleep(2 * QUIET_S)
    assert on_call.names() == {("page", "GatewaySilent")}
    alert = on_call.told[0][2]
    assert alert["labels"]["gateway"] == "stripe"
    assert alert["annotations"]["rollback"] == "race gateways drain stripe"
    assert alert["annotations"]["runbook_url"].endswith("/gateway-failing.md")
    assert "stripe does not answer" in alert["annotations"]["summary"]
