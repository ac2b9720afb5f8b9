"""A drop with a door on real processes: leaders die and freeze, everything is restarted, and the line goes on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from race_to_purchase.rules.line.door import Door
from tests.journeys.conftest import engines
from tests.journeys.engine import ADMIN_KEY, Engine, pause_and_go, storefront
from tests.sale import recount, shoes, value

REGISTERED = 12


class Sale:
    """A drop whose line people may join at once, and which opens as soon as `open` is called."""

    def __init__(self, engine: Engine, drop: str, rate_per_s: float = 2.0) -> None:
        self.engine = engine
        self.drop = drop
        self.line = f"/v1/drops/{drop}/line"
        self._rate_per_s = rate_per_s
        self._since = datetime.now(UTC) - timedelta(seconds=1)
        self._put(datetime.now(UTC) + timedelta(hours=1))

    def open(self) -> None:
        """Let registration close and the sale begin, however long joining has taken."""
        self._put(datetime.now(UTC) + timedelta(seconds=0.5))

    def _put(self, opens_at: datetime) -> None:
        door = Door(self._since, opens_at, self._rate_per_s, 100, challenge="none")
        self.engine.put(self.drop, items=shoes(50), opens_at=opens_at, door=door)

    def ask(self, method: str, path: str, body: Any = None, buyer: str = "", **headers: str) -> tuple[int, Any]:
        sent = {**storefront(headers.pop("key", "")), **({"Race-Buyer": buyer} if buyer else {}), **headers}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.engine.url + path, content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def join(self, buyer: str) -> dict[str, Any]:
        status, told = self.ask("POST", self.line, {}, buyer)
        while told.get("code") == "draw_under_way":
            time.sleep(0.1)
            status, told = self.ask("POST", self.line, {}, buyer)
        assert status == 201, told
        found: dict[str, Any] = told
        return found

    def claim(self, buyer: str, ticket: str) -> tuple[int, Any]:
        return self.ask("POST", f"{self.line}/pass", {"ticket": ticket}, buyer)

    def reserve(self, buyer: str, token: str, key: str) -> tuple[int, Any]:
        wish = {"drop": self.drop, "lines": [{"item": "shoe", "quantity": 1}], "buyer": {"id": buyer}}
        return self.ask("POST", "/v1/checkouts", wish, key=key, **{"Race-Pass": token})

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"{self.line}/status")[1]
        return found

    @property
    def watched(self) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {ADMIN_KEY}"}
        found: dict[str, Any] = self.ask("GET", f"/v1/admin/drops/{self.drop}/line", **bearer)[1]
        return found

    @property
    def leader(self) -> int:
        """Pid of the process that leads, as the rows say: nobody needs to answer for that."""
        found = run(value(self.engine.dsn, "SELECT leader FROM race.drop_line WHERE drop_id = $1", self.drop))
        return int(found.split("/")[1])

    def until(self, condition: Callable[[dict[str, Any]], object]) -> None:
        self.engine.until(lambda: condition(self.status))


def verify(sale: Sale, *options: str) -> subprocess.CompletedProcess[str]:
    told = ["verify-draw", sale.drop, "--url", sale.engine.url, *options]
    command = [sys.executable, "-m", "race_to_purchase.cli", *told]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def two_workers(used_folder: Path) -> Iterator[Engine]:
    """One engine for all, since none of these tests minds the drops of another."""
    with engines(used_folder) as make:
        engine = make(workers=2)
        engine.start()
        yield engine


def test_everybody_who_joined_comes_in_and_buys_and_the_draw_can_be_checked(two_workers: Engine) -> None:
    sale = Sale(two_workers, "drawn", rate_per_s=10)
    tickets = {f"buyer-{n}": sale.join(f"buyer-{n}")["ticket"] for n in range(REGISTERED)}
    sale.open()
    sale.until(lambda told: told["seed"] is not None)
    late = sale.join("eve")
    assert late["late"] == 0
    assert sale.join("buyer-3")["ticket"] == tickets["buyer-3"], "a second device, whichever worker answers"
    sale.until(lambda told: told["cursor"] == REGISTERED + 1)
    for buyer, ticket in {**tickets, "eve": late["ticket"]}.items():
        status, given = sale.claim(buyer, ticket)
        assert status == 201, given
        assert sale.reserve(buyer, given["pass"], f"key-{buyer}")[0] == 201
    checked = verify(sale, "--ticket", tickets["buyer-0"], "--ticket", late["ticket"])
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "12 registered: the draw holds" in checked.stdout
    assert "stands at 12: 0 came late before it" in checked.stdout


def test_a_leader_that_is_killed_is_followed_by_another(two_workers: Engine) -> None:
    sale = begun(two_workers, "killed")
    before = sale.leader
    assert sale.watched["leader"].split("/")[1] == str(before)
    os.kill(before, signal.SIGKILL)
    two_workers.until(lambda: sale.leader != before)
    two_workers.until(lambda: len(two_workers.workers()) == 2)
    sale.until(lambda told: told["cursor"] == REGISTERED)


def test_a_leader_that_freezes_is_replaced_and_calls_nobody_when_it_wakes(two_workers: Engine) -> None:
    sale = begun(two_workers, "frozen")
    frozen = sale.leader
    os.kill(frozen, signal.SIGSTOP)
    try:
        two_workers.until(lambda: sale.leader != frozen)
    finally:
        pause_and_go(frozen)
    sale.until(lambda told: told["cursor"] == REGISTERED)
    assert run(recount(two_workers.dsn)) == []


def test_a_restart_keeps_tickets_passes_and_the_cursor(two_workers: Engine) -> None:
    sale = Sale(two_workers, "restarted")
    ticket = sale.join("ada")["ticket"]
    sale.open()
    sale.until(lambda told: told["cursor"] == 1)
    given = sale.claim("ada", ticket)[1]
    assert two_workers.terminate() == 0
    two_workers.start()
    two_workers.until(lambda: len(took_the_lead(sale)) > 1)
    assert set(took_the_lead(sale)[1:]) == {"left"}, "stopped in order, a process gives the lead back"
    assert sale.status["cursor"] == 1
    assert sale.claim("ada", ticket)[1] == given
    assert sale.reserve("ada", given["pass"], "once")[0] == 201


def took_the_lead(sale: Sale) -> list[str]:
    """After what processes took the lead, as they have logged it."""
    told = sale.engine.logged("leads the line")
    return [str(line["after"]) for line in told if line["drop"] == sale.drop]


def begun(engine: Engine, drop: str) -> Sale:
    """A sale whose line is being called, and is far from its end."""
    sale = Sale(engine, drop)
    for n in range(REGISTERED):
        sale.join(f"buyer-{n}")
    sale.open()
    sale.until(lambda told: told["cursor"] > 0)
    return sale


def run(work: Any) -> Any:
    """An answer of the database, asked from a test that is no coroutine."""
    return asyncio.run(work)
