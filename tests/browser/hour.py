"""How quickly the console opens an hour of a sale: `python -m tests.browser.hour`.

A real `race serve`, whose table of counts is filled with an hour of a busy sale as two processes would have written it:
made by the real events, metrics and recorder. Then the first look of a process that has read none of it is timed, the
charts, a browser from its navigation to the drawn chart, and what it costs that twenty watch.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import IncompleteRead
from pathlib import Path
from socket import SHUT_RDWR
from threading import Thread
from typing import Any

import asyncpg
import psutil  # type: ignore[import-untyped]  # It ships no types.
from playwright.sync_api import expect, sync_playwright
from rich.console import Console

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.commit import BatchCommitted
from race_to_purchase.observe.events.gateways import GatewayAnswered
from race_to_purchase.observe.events.guard import ChallengeAsked, ChallengePassed
from race_to_purchase.observe.events.http import RequestAnswered
from race_to_purchase.observe.events.path import (
    CheckoutEnded,
    CheckoutReserved,
    OrderPlaced,
    PaymentEnded,
    PurchaseServed,
    ReservationRefused,
)
from race_to_purchase.observe.events.process import PulseTaken
from race_to_purchase.observe.metrics.sinks import Sinks
from race_to_purchase.observe.series import Recorder
from race_to_purchase.store.series import text_of
from tests.browser.sales import Sales, in_s
from tests.journeys.engine import ADMIN_KEY, Engine
from tests.programs import require_program

HOUR_S, EVERY_S, PROCESSES = 3600, 5, 2
ROUTES = ("reserve", "pay", "checkout", "join", "pass", "drop", "session", "rum")
WRITE = """INSERT INTO race.series (drop_id, at, source, counted)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[])"""
ROUNDS = 3
VIEWERS, WATCHED_S = 20, 10


def main() -> None:
    """Fill, and measure; the median of some rounds, each on a process that was started for it."""
    out = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        engine = Engine(Path(folder))
        engine.start()
        try:
            drop = Sales(engine.url).opened(opens_at=in_s(-HOUR_S), stock=100_000)
            rows = asyncio.run(fill(engine.dsn, drop))
            found = [one_round(engine, drop) for _ in range(ROUNDS)]
            out.print(f"{rows:,} rows of counts, an hour of {PROCESSES} processes; medians of {ROUNDS} rounds")
            for name in found[0]:
                out.print(f"  {name}: {sorted(each[name] for each in found)[ROUNDS // 2]:.0f} ms")
        finally:
            engine.end()


async def fill(dsn: str, drop: str) -> int:
    """Write an hour of it; the number of rows."""
    now = datetime.now(UTC)
    rows: list[tuple[str, datetime, str, str]] = []
    for process in range(PROCESSES):
        sinks = Sinks()
        recorder = Recorder(sinks.series)
        for second in range(HOUR_S, 0, -EVERY_S):
            for event in five_seconds(drop, random.Random(process * HOUR_S + second)):
                sinks.by_event[type(event)](event)
            at = now - timedelta(seconds=second)
            taken = recorder.take().items()
            rows += [(name, at, f"process-{process}", text_of(told)) for name, told in taken]
    connection = await asyncpg.connect(dsn)
    await connection.execute(WRITE, *map(list, zip(*rows, strict=True)))
    await connection.close()
    return len(rows)


def five_seconds(drop: str, chance: random.Random) -> Iterator[Event]:
    """What a process of a demo's size tells of in that time, by all that the console shows."""
    for _ in range(chance.randint(20, 40)):
        took_s = chance.lognormvariate(-3, 1)
        yield CheckoutReserved(drop, "c", 15_900, "EUR", 1)
        yield OrderPlaced(drop, "c", "c", 1, chance.choice(["bank", "other-bank"]), 15_900, "EUR", 1, took_s, False)
        yield PurchaseServed(drop, "c", took_s, True)
        yield GatewayAnswered("bank", chance.choice(["authorize", "capture"]), "authorized", "", took_s)
        yield RequestAnswered(chance.choice(ROUTES), chance.choice(["2xx", "4xx"]), 200, took_s)
        yield BatchCommitted(drop, 4, took_s / 9, 0.001, took_s / 5, 0.0004, took_s / 5)
        yield PulseTaken(took_s / 50, 3, 8, 2, 4)
        yield ReservationRefused(drop, chance.choice(["sold_out", "all_reserved", "limit_reached"]))
        yield ChallengeAsked(drop, "line", chance.choice([1, 2]), "", False)
        yield ChallengePassed(drop, "line", 1, "", "proof_of_work")
    yield CheckoutEnded(drop, "c", chance.choice(["expired", "cancelled"]), "reserved")
    yield PaymentEnded(drop, "c", 1, "bank", 15_900, "EUR", "declined", "", False)


def one_round(engine: Engine, drop: str) -> dict[str, float]:
    """A process that has just been started, asked by hand, then by a browser, and watched."""
    restart(engine)
    first = timed(engine, lambda: ask(engine, f"/v1/admin/console/drops/{drop}"))
    charts = timed(engine, lambda: ask(engine, f"/v1/admin/console/drops/{drop}/series?step=15"))
    again = timed(engine, lambda: ask(engine, f"/v1/admin/console/drops/{drop}"))
    return {
        "first look after a start, CPU of the process": first[0], "first look after a start": first[1],
        "charts, CPU of the process": charts[0], "charts": charts[1],
        "a further look, CPU of the process": again[0], "a further look": again[1],
        "in a browser, from the navigation to the drawn chart": opened(engine, drop),
        "CPU of the process in a second, nobody watches": watched(engine, drop, 0),
        "CPU of the process in a second, one watches": watched(engine, drop, 1),
        f"CPU of the process in a second, {VIEWERS} watch": watched(engine, drop, VIEWERS),
    }  # fmt: skip


def restart(engine: Engine) -> None:
    """So that it knows nothing of the hour."""
    engine.terminate()
    engine.start()


def ask(engine: Engine, path: str) -> Any:
    """One request with the operator's key."""
    request = urllib.request.Request(engine.url + path, headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())


def timed(engine: Engine, work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of CPU that the engine's process took for it, and of time."""
    assert engine.process is not None
    process = psutil.Process(engine.process.pid)
    before, began_s = process.cpu_times(), time.perf_counter()
    work()
    took_s, after = time.perf_counter() - began_s, process.cpu_times()
    return 1000 * (after.user + after.system - before.user - before.system), 1000 * took_s


def watched(engine: Engine, drop: str, viewers: int) -> float:
    """Milliseconds of CPU in a second while so many have the live view open."""
    request = urllib.request.Request(
        f"{engine.url}/v1/admin/console/drops/{drop}/stream", headers={"Authorization": f"Bearer {ADMIN_KEY}"}
    )
    streams = [urllib.request.urlopen(request, timeout=60) for _ in range(viewers)]
    readers = [Thread(target=read_to_its_end, args=(stream,), daemon=True) for stream in streams]
    for reader in readers:
        reader.start()
    cpu_ms, took_ms = timed(engine, lambda: time.sleep(WATCHED_S))
    for stream in streams:
        stream.fp.raw._sock.shutdown(SHUT_RDWR)
    for reader in readers:
        reader.join()
    return 1000 * cpu_ms / took_ms


def read_to_its_end(stream: Any) -> None:
    """As a browser does that is closed in the middle."""
    with suppress(IncompleteRead, ConnectionResetError):
        stream.read()


def opened(engine: Engine, drop: str) -> float:
    """Milliseconds from the page's navigation to its drawn chart, signed in already."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(require_program("chromium")), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{engine.url}/console")
        page.get_by_label("Admin key").fill(ADMIN_KEY)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.add_init_script(SAY_WHEN_DRAWN)
        with page.expect_console_message(lambda said: said.text.startswith("drawn"), timeout=60_000) as drawn:
            page.goto(f"{engine.url}/console?again#/{drop}/executive", wait_until="commit")
        drawn_ms = float(drawn.value.text.split()[1])
        browser.close()
        return drawn_ms


SAY_WHEN_DRAWN = """new MutationObserver((_, seen) => {
  if (document.querySelector("race-chart canvas") === null) return;
  seen.disconnect();
  requestAnimationFrame(() => console.log("drawn", performance.now()));
}).observe(document, { childList: true, subtree: true });"""
"""The page tells it by itself: whoever looks again and again whether it is there takes the time it needs for that."""


if __name__ == "__main__":
    main()
