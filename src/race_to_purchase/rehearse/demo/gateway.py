"""A payment gateway for a demo: the simulator as a process, with faults, and what its own books say afterwards.

Its books are read over its control API and compared with the orders, and with nothing that the engine says of it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import asyncpg
import msgspec

from race_to_purchase.errors import RaceError

KEY = "sk_test_demo"
START_S_MAX = 30.0
STOP_S_MAX = 10.0
CALM_S = 10.0
TOLD_MAX = 20
BOOKS_A_PAGE = 5000

METHODS = {
    "pm_approved": "pm_card_visa",
    "pm_slow": "pm_card_visa",
    "pm_answer_lost": "pm_card_visa",
    "pm_declined": "pm_card_chargeDeclined",
    "pm_insufficient_funds": "pm_card_chargeDeclinedInsufficientFunds",
    "pm_expired_card": "pm_card_chargeDeclinedExpiredCard",
    "pm_try_again": "pm_card_chargeDeclinedProcessingError",
}
"""The crowd's cards by their names in this gateway."""

SHARES = {
    "cut_before": 0.2,
    "cut_after": 0.2,
    "error_before": 0.15,
    "error_after": 0.15,
    "garbage": 0.15,
    "rate_limit": 0.15,
}
"""Kinds of faults, and how often each is the one that strikes."""

SETTINGS = {"RACE_GATEWAY_TIMEOUT_S": "3", "RACE_RESOLVE_AFTER_S": "2,5,10"}
"""A demo ends within minutes: what got no answer is asked about sooner than in a shop, so that all comes to its end."""

CONFIGURATION = """\
[[gateway]]
name = "stripe"
kind = "stripe"
api_key = "{key}"
base_address = "{url}"
per_second = 5000
per_operation = 5000
at_once = 500
"""

OBJECTIVES = "drop.steps = []\n"
"""A gateway that fails as it was asked to burns the budget of the drop, and nobody is there to resume its line."""


class GatewayFailed(RaceError):
    """The demo's payment gateway {what}."""

    code = "demo_gateway_failed"


class Book(msgspec.Struct, frozen=True):
    """What the gateway says of one reference, in minor units; `held` is authorized and neither taken nor given back."""

    reference: str
    captured: int
    refunded: int
    held: int


class Comparison(msgspec.Struct, frozen=True):
    """Orders and gateway against each other; sentences name the first places where they differ."""

    captured_without_order: int
    orders_without_capture: int
    left_open: int
    sentences: tuple[str, ...]


class Simulator:
    """A gateway that answers at `url`. `settings` lead a server to it."""

    def __init__(self, url: str, settings: dict[str, str]) -> None:
        self.url = url
        self.settings = settings

    def calm(self) -> None:
        """No more faults: what is still open can come to its end."""
        self._control("/faults", {"rules": []}, "PUT")

    def struck(self) -> int:
        """How often a fault has struck since the rules were set."""
        told = self._control("/faults")["struck"]
        return sum(count for name, count in told.items() if name != "latency")

    def books(self) -> list[Book]:
        """All of them."""
        found: list[Book] = []
        page = f"/books?limit={BOOKS_A_PAGE}"
        while page:
            told = self._control(page)
            found += msgspec.convert(told["books"], list[Book], strict=False)
            page = f"/books?{urlencode({'limit': BOOKS_A_PAGE, **told['next']})}" if told["next"] else ""
        return found

    def _control(self, path: str, body: Any = None, method: str = "GET") -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_control{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=30) as response:
                return json.load(response)
        except (OSError, HTTPException, ValueError) as error:
            raise GatewayFailed(what=f"does not answer: {error}") from error


@contextmanager
def simulated(folder: Path, faults: float, seed: int) -> Iterator[Simulator]:
    """Run the simulator, `faults` of its answers going wrong, with everything it writes in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rules, books, log = folder / "rules.json", folder / "books.db", folder / "gateway.log"
    rules.write_text(json.dumps({"rules": rules_of(faults)}), encoding="utf-8")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    configuration = folder / "gateways.toml"
    configuration.write_text(CONFIGURATION.format(key=KEY, url=url), encoding="utf-8")
    objectives = folder / "slo.toml"
    objectives.write_text(OBJECTIVES, encoding="utf-8")
    options = ["--port", str(port), "--store", str(books), "--seed", str(seed), "--rules", str(rules)]
    with log.open("wb") as out:
        command = [sys.executable, "-m", "race_to_purchase.cli", "gateway", *options]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_for(process, port, log)
        yield Simulator(url, {"RACE_GATEWAYS": str(configuration), "RACE_SLO": str(objectives), **SETTINGS})
    finally:
        process.terminate()
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def rules_of(faults: float) -> list[dict[str, Any]]:
    """Fault rules of the simulator: a bank's latency, and `faults` (0 to 1) of all answers lost, broken or refused."""
    latency = {"distribution": "lognormal", "median_ms": 30, "sigma": 0.6, "max_ms": 1000}
    return [
        {"name": "latency", "fault": "latency", "delay": latency},
        *(
            {"name": kind, "fault": kind, "on": "payment_intents.*", "rate": faults * share}
            | ({"form": "half"} if kind == "garbage" else {})
            for kind, share in SHARES.items()
        ),
    ]


async def compared(dsn: str, books: Sequence[Book]) -> Comparison:
    """The gateway's books against the orders in the database at `dsn`."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(_statement("paid_orders"))
    finally:
        await connection.close()
    return compare({row["reference"]: row["amount"] for row in rows}, books)


def compare(orders: dict[str, int], books: Sequence[Book]) -> Comparison:
    """Amounts of orders by the reference of their payment, against the gateway's books."""
    kept = {book.reference: book.captured - book.refunded for book in books}
    orphans = [reference for reference, amount in kept.items() if amount and reference not in orders]
    unpaid = [reference for reference, amount in orders.items() if kept.get(reference, 0) != amount]
    held = [book.reference for book in books if book.held]
    told = [
        *(f"the gateway has {kept[name]} of {name}, for which there is no order" for name in orphans),
        *(f"the order of {name} is for {orders[name]}, and the gateway has {kept.get(name, 0)}" for name in unpaid),
        *(f"the gateway still holds the authorization of {name}" for name in held),
    ]
    return Comparison(len(orphans), len(unpaid), len(held), tuple(told[:TOLD_MAX]))


async def settled(simulator: Simulator, dsn: str) -> Comparison:
    """The comparison, asked again for a moment where it does not fit yet: a last answer may be on its way."""
    until_s = time.monotonic() + CALM_S
    while True:
        found = await compared(dsn, await asyncio.to_thread(simulator.books))
        if not found.sentences or time.monotonic() >= until_s:
            return found
        await asyncio.sleep(0.5)


def _statement(name: str) -> str:
    return files("race_to_purchase.rehearse.demo").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until_s = time.monotonic() + START_S_MAX
    while time.monotonic() < until_s:
        if process.poll() is not None:
            raise GatewayFailed(what=f"did not start: {log.read_text(encoding='utf-8', errors='replace')[-800:]}")
        with socket.socket() as probing:
            if probing.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise GatewayFailed(what=f"did not answer within {START_S_MAX:g} s; its log is {log}")
