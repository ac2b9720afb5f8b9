"""M1 to M15 of one sale, in the four places that show them: scorecard, console, `/metrics` and report say the same.

A crowd buys by the door of a real server with two workers. Some payments get no answer, for a moment nobody can pay;
then a bank disputes an order, and another is refunded. Each place is read as its users read it, `/metrics` by the
queries of its page.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import asyncpg
import msgspec
import pytest
from rich.console import Console

from race_to_purchase.rehearse.demo.audit import NOTHING_YET
from race_to_purchase.rehearse.demo.door import SETTINGS
from race_to_purchase.rehearse.demo.gateway import Simulator, simulated
from race_to_purchase.rehearse.demo.sale import DemoOptions, opened
from race_to_purchase.rehearse.demo.server import Served, serving
from race_to_purchase.rehearse.scorecard import Scorecard
from tests.journeys.engine import free_port
from tests.journeys.promql import EVERY_S, Scrape, documented, evaluated

pytestmark = pytest.mark.timeout(600)

DROP = "aurora"
SECRET = "whsec_of_the_measures"
OPTIONS = DemoOptions(
    buyers=24, bots=8, stock=8, seed=11, workers=2, arrival_seconds=2.0, reservation_seconds=4, gateway_faults=0.0
)
M_ALL = [f"M{number}" for number in range(1, 16)]
FAULTS = [{"fault": "cut_before", "on": "payment_intents.confirm", "times": 3}]
"""Three payments get no answer, and are asked about."""
SHARES = ["M1", "M2", "M3", "M4", "M5", "M6", "M8", "M9", "M11"]
"""What is counted, and nothing of it once all is at rest but looks at the stock, which find it in order."""
LEVELS = ["M10", "M14"]
"""What is read off at a moment: the same at any once all is at rest."""
SLACK = 1e-9
"""Of two ways to add up the same numbers."""
LATE_S = 6
"""What happens is written down up to so much later: five seconds, and a write."""


class Scraping:
    """Reads the metrics of all workers as Prometheus would, from before the sale until it is ended."""

    def __init__(self, ports: range) -> None:
        self._urls = [f"http://127.0.0.1:{port}/metrics" for port in ports]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._scrapes: list[Scrape] = []

    def look(self) -> Scrape:
        """All of them, now."""
        return {url: fetched(url).decode() for url in self._urls}

    def end(self) -> list[Scrape]:
        """What was told all the time, and at last."""
        self._ended.set()
        self._thread.join(60)
        time.sleep(1.5)  # A process tells the same text for a second.
        return [*self._scrapes, self.look()]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            self._scrapes.append(self.look())


class Places(msgspec.Struct, frozen=True):
    """The four places, each with what it says of each measure; and the crowd's own."""

    scorecard: dict[str, float | None]
    console: dict[str, float | None]
    metrics: dict[str, float | None]
    report: dict[str, float | None]
    crowd: dict[str, float | None]
    orders: int
    read_within_s: float
    """From the scorecard's look to the last place's."""


def fetched(url: str, key: str = "", body: object = None, method: str | None = None, **headers: str) -> bytes:
    """What is there."""
    given = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {}), **headers}
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, content, given, method=method), timeout=30) as answer:
        told: bytes = answer.read()
    return told


def until(condition: Any, what: str, seconds: float = 90.0) -> None:
    """Wait for it."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """One sale, read everywhere."""
    folder = tmp_path_factory.mktemp("measures")
    with simulated(folder / "gateway", OPTIONS.gateway_faults or 0.0, OPTIONS.seed) as gateway:
        with Path(gateway.settings["RACE_GATEWAYS"]).open("a") as file:
            file.write(f'webhook_secrets = ["{SECRET}"]\n')
        port = free_port(2)  # As late as can be: others take ports, too.
        mine = {
            "RACE_METRICS_PORT": str(port),
            "RACE_SURVEY_EVERY_S": "1",
            "RACE_RECONCILE_EVERY_S": "3600",
            "RACE_RESOLVE_AFTER_S": "2,5,10,600",  # What nobody ever answers is not due while the places are read.
        }
        with serving(port=0, workers=2, data_dir=None, settings={**SETTINGS, **gateway.settings, **mine}) as served:
            try:
                with Scraping(range(port, port + 2)) as scraping:
                    card, at_rest_s = asyncio.run(sold(served, gateway, scraping))
                    yield read(served, card, scraping.end(), folder, at_rest_s)
            finally:
                served.discard()


async def sold(served: Served, gateway: Simulator, scraping: Scraping) -> tuple[Scorecard, float]:
    """The sale, with what may come afterwards; and when all was at rest."""
    async with opened(OPTIONS, DROP, served, gateway, Console(file=io.StringIO())) as sale:
        gateway._control("/faults", {"rules": FAULTS}, "PUT")
        await asyncio.gather(sale.play(), asyncio.to_thread(drained, served, scraping))
        await asyncio.to_thread(disputed, served, gateway, scraping)
        at_rest_s = time.monotonic()
        card = await sale.judge(NOTHING_YET)
    await asyncio.to_thread(refunded, served, scraping)
    assert card.broken == ()
    return card, at_rest_s


def rows_of(served: Served, query: str) -> list[Any]:
    """What the database has."""

    async def asked() -> list[Any]:
        connection = await asyncpg.connect(served.dsn)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    return asyncio.run(asked())


def orders_of(served: Served) -> list[Any]:
    """The orders there are, the oldest first."""
    return rows_of(served, "SELECT id, gateway_ref FROM race.orders ORDER BY placed_at")


def due_soon(served: Served) -> int:
    """Steps that are due before all places are read."""
    soon = "SELECT count(*) FROM race.task WHERE due_at < clock_timestamp() + interval '15 seconds'"
    return int(rows_of(served, soon)[0]["count"])


def drained(served: Served, scraping: Scraping) -> None:
    """From the first order on nobody can pay, until somebody was told so."""
    url = f"http://{served.host}:{served.port}/v1/admin/gateways/stripe"
    until(lambda: orders_of(served), "nobody buys")
    fetched(url, served.admin_key, {"drained": True, "why": "for a test"}, "PUT")

    def refused() -> bool:
        told = "\n".join(scraping.look().values())
        return re.search(r'^race_http_requests_total\{answer="5xx",route="pay"\} [1-9]', told, re.MULTILINE) is not None

    until(refused, "nobody was refused")
    fetched(url, served.admin_key, {"drained": False, "why": "for a test"}, "PUT")


def disputed(served: Served, gateway: Simulator, scraping: Scraping) -> None:
    """A bank takes one order's money, and the gateway tells the shop; every worker has seen it in the end."""
    url = f"http://{served.host}:{served.port}"
    endpoint = {"url": f"{url}/v1/webhooks/stripe", "secret": SECRET, "events": ["*"]}
    gateway._control("/webhooks", {"endpoint": endpoint}, "PUT")
    gateway._control("/disputes", {"payment_intent": orders_of(served)[0]["gateway_ref"]}, "POST")

    def seen() -> bool:
        return all("race_orders_disputed_recent 1.0" in text for text in scraping.look().values())

    until(seen, "no worker tells of the dispute")


def refunded(served: Served, scraping: Scraping) -> None:
    """Money back changes no measure, once nothing is due, nor soon will be, and every process has written that down."""
    url, order = f"http://{served.host}:{served.port}", orders_of(served)[-1]["id"]
    fetched(f"{url}/v1/orders/{order}/refunds", served.storefront_key, {"amount": 100}, **{"Idempotency-Key": "back"})

    def done() -> bool:
        told = "\n".join(scraping.look().values())
        return re.search(r"^race_tasks_due\{.*\} [1-9]", told, re.MULTILINE) is None and not due_soon(served)

    time.sleep(LATE_S)
    until(done, "something is still to be done", 150)
    time.sleep(LATE_S)


def read(served: Served, card: Scorecard, scrapes: list[Scrape], folder: Path, at_rest_s: float) -> Places:
    """Everything, as its users read it."""
    url = f"http://{served.host}:{served.port}/v1/admin/console/drops/{DROP}"
    file = folder / "report.json"
    command = [sys.executable, "-m", "race_to_purchase.cli", "report", DROP, "--json", str(file)]
    environment = served.environment | {"RACE_DATABASE_URL": served.dsn}
    subprocess.run([*command, "--out", str(folder / "report.html")], env=environment, check=True, timeout=120)
    queries = documented()
    queries["M15"] = queries["M15"].replace("M1)", f"({queries['M1']}))")
    return Places(
        scorecard=by_id(card.to_json()["engine"]),
        console=by_id(json.loads(fetched(url, served.admin_key))["measures"]),
        metrics=evaluated(queries, scrapes, folder),
        report=by_id(json.loads(file.read_bytes())["measures"]),
        crowd=by_id(card.to_json()["measures"]),
        orders=card.orders,
        read_within_s=time.monotonic() - at_rest_s,
    )


def by_id(measures: list[dict[str, Any]]) -> dict[str, float | None]:
    return {measure["id"]: measure["value"] for measure in measures}


def same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=SLACK, abs_tol=SLACK)


def test_the_sale_had_of_everything(places: Places) -> None:
    """So that what is compared is not zero with zero."""
    found = places.scorecard
    nothing = [name for name in SHARES if found[name] is None]
    assert nothing == []
    assert 0 < (found["M1"] or 0) < 1, "some purchases failed"
    assert 0 < (found["M8"] or 0) <= 1, "challenges were asked and passed"
    assert (found["M9"] or 0) > 0, "some walked away"
    assert found["M14"] == 1 / places.orders, "one was disputed"


def test_every_place_shows_every_measure(places: Places) -> None:
    assert list(places.scorecard) == list(places.console) == list(places.report) == M_ALL
    assert list(places.metrics) == [name for name in M_ALL if name != "M7"], "M7 is for people to say"


@pytest.mark.parametrize("measure", [*SHARES, *LEVELS, "M15"])
def test_they_are_equal_everywhere(places: Places, measure: str) -> None:
    told = {
        "scorecard": places.scorecard[measure],
        "console": places.console[measure],
        "report": places.report[measure],
        "metrics": scaled(measure, places.metrics[measure]),
    }
    assert all(same(value, told["scorecard"]) for value in told.values()), told


def scaled(measure: str, value: float | None) -> float | None:
    """Prometheus tells times in seconds, the other places in milliseconds."""
    return value * 1000 if value is not None and measure in ("M2", "M11") else value


def test_how_far_behind_reconciliation_is_grows_with_the_clock_and_no_more_than_that(places: Places) -> None:
    """Nothing is compared meanwhile, so it is a second more each second, and is told up to LATE_S later."""
    told = [places.scorecard["M12"], places.console["M12"], places.report["M12"], places.metrics["M12"]]
    found = [value for value in told if value]
    assert len(found) == 4
    assert max(found) - min(found) <= places.read_within_s + LATE_S


def test_the_busiest_seconds_are_the_same_where_they_are_written_down(places: Places) -> None:
    assert same(places.scorecard["M13"], places.report["M13"])
    assert same(places.scorecard["M13"], places.console["M13"])


def test_and_in_metrics_but_for_when_each_looks(places: Places) -> None:
    """Ten seconds of written counts are up to ten and LATE_S of the sale's, and Prometheus looks every five: what it
    found in any ten of them is no more than what was written in so many more, and no less than in so many fewer."""
    found, asked = places.scorecard["M13"] or 0.0, places.metrics["M13"] or 0.0
    assert 0 < found <= places.orders / 10
    assert 0 < asked <= places.orders / 10
    assert asked <= found * 2, "twenty seconds of the sale are in two spans of ten"
    assert found <= asked * math.ceil((10 + LATE_S + EVERY_S) / 10)


def test_what_the_crowd_looks_at_itself_it_sees_as_the_engine_does(places: Places) -> None:
    crowd, engine = places.crowd, places.scorecard
    assert crowd["M4"] == engine["M4"] == 1.0
    assert crowd["M6"] == engine["M6"] == 0.0
