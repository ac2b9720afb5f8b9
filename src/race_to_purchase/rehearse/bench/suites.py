"""The three suites of the benchmark, each on a data folder: one hot item, HTTP, and whole purchases.

Everything that is compared is measured in turn, round by round, so that whatever else the machine is doing falls on
both sides alike.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Literal

import asyncpg
import msgspec
import psutil  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.app.bare import bring_up_to_date, embedded_database
from race_to_purchase.rehearse.bench import hot_row as hot_row_process
from race_to_purchase.rehearse.bench import http as http_process
from race_to_purchase.rehearse.bench.bar import Bar
from race_to_purchase.rehearse.bench.buyers import hot_drop
from race_to_purchase.rehearse.bench.hot_row import STOCK, HotRow
from race_to_purchase.rehearse.bench.http import Kind, Load
from race_to_purchase.rehearse.bench.machine import Machine, describe, others_percent
from race_to_purchase.rehearse.bench.process import ask
from race_to_purchase.rehearse.demo.server import Served, serving

SETTINGS = {"RACE_ECHO": "true", "RACE_LOG_LEVEL": "warning"}
BUSY_CONNECTIONS = 128
PLANNED_CONNECTIONS = 512
PLANNED_SHARE = 0.7
WARM_UP_S_MAX = 1.0
AROUND_S = 1.5
"""What starting a process and coming to rest take beside the measured time."""
REST_S = 2.0
AUDIT_WORDS_MAX = 600


class Length(msgspec.Struct, frozen=True):
    """How much is measured: `rounds` times `seconds` of everything."""

    seconds: float
    rounds: int

    @property
    def warm_up_s(self) -> float:
        """What passes before it is measured: statements are prepared, connections and batches find their pace."""
        return min(WARM_UP_S_MAX, self.seconds / 4)

    @property
    def one_s(self) -> float:
        """One measurement, with all that belongs to it."""
        return self.warm_up_s + self.seconds + AROUND_S

    @property
    def all_s(self) -> float:
        """The whole benchmark, about."""
        return 6 * self.rounds * self.one_s + 10


class HotRowFound(msgspec.Struct, frozen=True):
    """One hot item."""

    machine: Machine
    others_percent: float
    naive: list[HotRow]
    combined: list[HotRow]


class HttpFound(msgspec.Struct, frozen=True):
    """Echoes and reservations over HTTP, by a server that began with an empty folder."""

    others_percent: float
    ready_s: float
    echo: list[Load]
    reserve: list[Load]


class PurchasesFound(msgspec.Struct, frozen=True):
    """Whole purchases, by a server that began with the folder of another one."""

    others_percent: float
    ready_s: float
    closed: list[Load]
    planned: list[Load]
    planned_rate: float
    rss_before_mb: float
    rss_mb: float
    sold: int
    violations: list[str]


async def hot_row(folder: Path, length: Length, bar: Bar) -> HotRowFound:
    """Naive and combined, in turn, in one database."""
    others = await others_percent()
    with embedded_database(folder, "race bench") as server:
        await bring_up_to_date(server.dsn)
        machine = await describe(server.dsn, folder)
        naive, combined = [], []
        for number in range(length.rounds):
            async with bar.step("one hot item, a transaction a buyer", length.one_s):
                naive.append(await _hot_row("naive", server.dsn, length, number))
            async with bar.step("one hot item, combined", length.one_s):
                combined.append(await _hot_row("combined", server.dsn, length, number))
        return HotRowFound(machine, others, naive, combined)


async def _hot_row(side: Literal["naive", "combined"], dsn: str, length: Length, number: int) -> HotRow:
    connection = await asyncpg.connect(dsn)
    try:
        # Both sides begin with the same debt: the first change of each page after this writes the whole page.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    # Names of equal length, so that the rows of both sides can be compared to the byte.
    drop_id = f"{side[:5]}-{number}"
    orders = hot_row_process.Orders(side, dsn, drop_id, length.seconds, length.warm_up_s)
    return await ask(hot_row_process.__name__, orders, HotRow)


async def http(folder: Path, length: Length, bar: Bar) -> HttpFound:
    """The echo and the reservation of the same body, in turn."""
    echo, reserve = [], []
    others = await others_percent()
    with _shop(folder) as (served, ready_s):
        for _ in range(length.rounds):
            async with bar.step("HTTP, echo", length.one_s):
                echo.append(await _load("echo", served, length))
            async with bar.step("HTTP, reservations", length.one_s):
                reserve.append(await _load("reserve", served, length))
    return HttpFound(others, ready_s, echo, reserve)


async def purchases(folder: Path, length: Length, bar: Bar) -> PurchasesFound:
    """First as many as there can be, then fewer by a plan; afterwards the audit."""
    closed, planned = [], []
    others = await others_percent()
    with _shop(folder) as (served, ready_s):
        rss_before_mb = _rss_mb(served)
        for _ in range(length.rounds):
            async with bar.step("purchases, as many as there can be", length.one_s):
                closed.append(await _load("purchase", served, length))
        rate = PLANNED_SHARE * median(load.per_s for load in closed)
        for _ in range(length.rounds):
            async with bar.step(f"purchases, {rate:,.0f} planned a second", length.one_s):
                planned.append(await _load("purchase", served, length, rate))
        async with bar.step("audit", REST_S):
            await asyncio.sleep(REST_S)  # Captures follow their orders.
            return PurchasesFound(
                others_percent=others,
                ready_s=ready_s,
                closed=closed,
                planned=planned,
                planned_rate=rate,
                rss_before_mb=rss_before_mb,
                rss_mb=_rss_mb(served),
                sold=await asyncio.to_thread(_sold, served, "purchase"),
                violations=await _audit(served),
            )


@contextmanager
def _shop(folder: Path) -> Iterator[tuple[Served, float]]:
    """A server on `folder` with a sale for each kind of load, and how long it took until it answered."""
    asked_s = time.perf_counter()
    with serving(port=0, workers=1, data_dir=folder, settings=SETTINGS) as served:
        ready_s = time.perf_counter() - asked_s
        admin = AdminClient(f"http://{served.host}:{served.port}", served.admin_key)
        for drop_id in ("echo", "reserve", "purchase"):
            admin.put(hot_drop(drop_id, STOCK))
        try:
            yield served, ready_s
        finally:
            served.discard()


async def _load(kind: Kind, served: Served, length: Length, rate: float | None = None) -> Load:
    orders = http_process.Orders(
        kind=kind,
        host=served.host,
        port=served.port,
        storefront_key=served.storefront_key,
        drop_id=kind,
        seconds=length.seconds,
        connections=BUSY_CONNECTIONS if rate is None else PLANNED_CONNECTIONS,
        rate=rate,
        warm_up_s=length.warm_up_s,
    )
    return await ask(http_process.__name__, orders, Load)


def _rss_mb(served: Served) -> float:
    return float(psutil.Process(served.pid).memory_info().rss / 1e6)


def _sold(served: Served, drop_id: str) -> int:
    """Pieces of a sale that were sold, as its operator sees it."""
    url = f"http://{served.host}:{served.port}/v1/admin/drops/{drop_id}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {served.admin_key}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return sum(int(pool["sold"]) for pool in json.load(response)["pools"])


async def _audit(served: Served) -> list[str]:
    """What `race audit` has to say against the database; nothing, if every invariant holds."""
    command = (sys.executable, "-m", "race_to_purchase.cli", "audit")
    process = await asyncio.create_subprocess_exec(*command, env=served.environment, stdout=PIPE, stderr=STDOUT)
    words, _ = await process.communicate()
    if process.returncode == 0:
        return []
    return [f"race audit: {words.decode(errors='replace').strip()[-AUDIT_WORDS_MAX:]}"]
