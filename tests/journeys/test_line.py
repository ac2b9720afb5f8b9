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
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from race_to_purchase.rules.line.door import Door
from tests.journeys.engine import ADMIN_KEY, Engine, pause_and_go, storefront
from tests.sale import recount, shoes, value

REGISTERED = 12
LINE = "/v1/drops/aurora/line"


class Sale:
    """A sale that opens a few seconds from now on an engine of several workers."""

    def __init__(self, engine: Engine, *, rate_per_s: float = 2.0, stock: int = 50, opens_in_s: float = 3.0) -> None:
        self.engine = engine
        engine.start()
        now = datetime.now(UTC)
        closes = now + timedelta(seconds=opens_in_s)
        door = Door(now - timedelta(seconds=1), closes, rate_per_s, 100, challenge="none")
        engine.put(items=shoes(stock), opens_at=closes, door=door)

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
        status, told = self.ask("POST", LINE, {}, buyer)
        while told.get("code") == "draw_under_way":
            time.sleep(0.1)
            status, told = self.ask("POST", LINE, {}, buyer)
        assert status == 201, told
        found: dict[str, Any] = told
        return found

    def claim(self, buyer: str, ticket: str) -> tuple[int, Any]:
        return self.ask("POST", f"{LINE}/pass", {"ticket": ticket}, buyer)

    def reserve(self, buyer: str, token: str, key: str) -> tuple[int, Any]:
        wish = {"drop": "aurora", "lines": [{"item": "shoe", "quantity": 1}], "buyer": {"id": buyer}}
        return self.ask("POST", "/v1/checkouts", wish, key=key, **{"Race-Pass": token})

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"{LINE}/status")[1]
        return found

    @property
    def watched(self) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {ADMIN_KEY}"}
        found: dict[str, Any] = self.ask("GET", "/v1/admin/drops/aurora/line", **bearer)[1]
        return found

    def until(self, condition: Callable[[dict[str, Any]], object]) -> None:
        self.engine.until(lambda: condition(self.status))


def verify(engine: Engine, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "race_to_purchase.cli", "verify-draw", "aurora", "--url", engine.url, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def sale(an_engine: Callable[..., Engine]) -> Sale:
    """Two workers."""
    return Sale(an_engine(workers=2))


def test_everybody_who_joined_comes_in_and_buys_and_the_draw_can_be_checked(sale: Sale) -> None:
    tickets = {f"buyer-{n}": sale.join(f"buyer-{n}")["ticket"] for n in range(REGISTERED)}
    sale.until(lambda told: told["seed"] is not None)
    late = sale.join("eve")
    assert late["late"] == 0
    assert sale.join("buyer-3")["ticket"] == tickets["buyer-3"], "a second device, whichever worker answers"
    sale.until(lambda told: told["cursor"] == REGISTERED + 1)
    for buyer, ticket in {**tickets, "eve": late["ticket"]}.items():
        status, given = sale.claim(buyer, ticket)
        assert status == 201, given
        assert sale.reserve(buyer, given["pass"], f"key-{buyer}")[0] == 201
    checked = verify(sale.engine, "--ticket", tickets["buyer-0"], "--ticket", late["ticket"])
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "12 registered: the draw holds" in checked.stdout
    assert "stands at 12: 0 came late before it" in checked.stdout


def test_a_leader_that_is_killed_is_followed_by_another(sale: Sale) -> None:
    for n in range(REGISTERED):
        sale.join(f"buyer-{n}")
    sale.until(lambda told: told["cursor"] > 0)
    before = sale.watched["leader"]
    for worker in sale.engine.workers():
        worker.kill()
        time.sleep(1)
    sale.engine.until(lambda: sale.engine.answers() and sale.watched["leader"] != before)
    sale.until(lambda told: told["cursor"] == REGISTERED)


def test_a_leader_that_freezes_is_replaced_and_calls_nobody_when_it_wakes(sale: Sale) -> None:
    for n in range(REGISTERED):
        sale.join(f"buyer-{n}")
    sale.until(lambda told: told["cursor"] > 0)
    dsn = sale.engine.dsn
    leader = "SELECT leader FROM race.drop_line WHERE drop_id = 'aurora'"
    frozen_one = run(value(dsn, leader))
    frozen: list[int] = []
    for worker in sale.engine.workers():  # Which of them leads is not known from outside: freeze one, and look.
        os.kill(worker.pid, signal.SIGSTOP)
        frozen.append(worker.pid)
        time.sleep(6)
        if run(value(dsn, leader)) != frozen_one:
            break
        pause_and_go(frozen.pop())
    assert run(value(dsn, leader)) != frozen_one, "another process leads"
    for pid in frozen:
        pause_and_go(pid)
    sale.until(lambda told: told["cursor"] == REGISTERED)
    assert run(recount(dsn)) == []


def test_a_restart_keeps_tickets_passes_and_the_cursor(sale: Sale) -> None:
    ticket = sale.join("ada")["ticket"]
    sale.until(lambda told: told["cursor"] == 1)
    given = sale.claim("ada", ticket)[1]
    assert sale.engine.terminate() == 0
    sale.engine.start()
    assert sale.status["cursor"] == 1
    assert sale.claim("ada", ticket)[1] == given
    assert sale.reserve("ada", given["pass"], "once")[0] == 201


def run(work: Any) -> Any:
    """An answer of the database, asked from a test that is no coroutine."""
    return asyncio.run(work)
