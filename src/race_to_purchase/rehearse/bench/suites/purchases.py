"""Whole purchases over HTTP: as many as there can be by one process, and by one for each core; after each round of the
latter a load by a plan, of `planned_per_s`; then the audit.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.request
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import psutil  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.rehearse.bench.figures import Floor, Line, Panel, Result, Stroke
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.suites.shop import FOLDER, limited, line, load, shop
from race_to_purchase.rehearse.bench.suites.suite import Bench, Suite
from race_to_purchase.rehearse.demo.server import Served

PER_S_MIN, PER_S_AIM = 1500, 4000
P95_MS_MAX, P95_MS_AIM = 250, 100
RSS_MB_MAX = 200
READY_EXISTING_S_MAX = 3
PLANNED_SHARE = 0.7
REST_S = 2.0
AUDIT_WORDS_MAX = 600


class PurchasesFound(Result, frozen=True, kw_only=True):
    """Purchases on the folder of another server, `alone` by one process and `together` by several.

    Each of `planned` is at `planned_per_s` of the one of `together` before it. Memory in MB is that of the one that was
    alone, afterwards.
    """

    ready_s: float
    alone: Sequence[Load]
    together: Sequence[Load]
    processes: int
    planned: Sequence[Load]
    rss_mb: float
    sold: int
    violations: Sequence[str]

    @property
    def per_s(self) -> float:
        """Reserved, paid, and the order committed, by one process a core: median of the rounds."""
        return _median(self.together)

    @property
    def p95_ms(self) -> float:
        """From when the buyer was meant to come until the order was told, by the plan."""
        return median(load.p95_ms for load in self.planned)

    @property
    def purchases(self) -> int:
        """How many there were altogether."""
        return sum(load.done for load in (*self.alone, *self.together, *self.planned))

    @property
    def purchases_alone(self) -> int:
        """How many the one process made whose memory was read."""
        return sum(load.done for load in self.alone)

    @property
    def generator_limited(self) -> bool:
        """See Result."""
        return limited([*self.alone, *self.together, *self.planned])

    @property
    def broken(self) -> Sequence[str]:
        """See Result."""
        wrong = [*self.violations]
        if self.sold != self.purchases:
            wrong.append(f"{self.purchases} purchases were answered, {self.sold} pieces are sold")
        return wrong

    @property
    def notes(self) -> Sequence[str]:
        """See Result."""
        return [
            f"One process took {self.rss_mb:.0f} MB after {self.purchases_alone:,} purchases. "
            f"The numbers on purchases are of one process for each of {self.processes} cores."
        ]

    def figures(self) -> Mapping[str, float]:
        """See Result."""
        return {
            "purchases_per_s": self.per_s,
            "purchases_per_s_alone": _median(self.alone),
            "purchases_processes": self.processes,
            "purchase_p95_ms": self.p95_ms,
            "server_rss_mb": self.rss_mb,
        }

    def lines(self) -> Sequence[Line]:
        """See Result."""
        return [
            line("purchases, by one process", self.alone),
            line("purchases, by one a core", self.together),
            line("purchases, planned", self.planned),
        ]

    def floors(self) -> Sequence[Floor]:
        """See Result."""
        judged = not self.generator_limited
        return [
            Floor(what="purchases", unit="/s", measured=self.per_s, worst=PER_S_MIN, aim=PER_S_AIM, judged=judged),
            Floor(
                what="p95 of a planned purchase",
                unit="ms",
                measured=self.p95_ms,
                worst=P95_MS_MAX,
                aim=P95_MS_AIM,
                at_most=True,
                judged=judged,
            ),
            Floor(what="server memory", unit="MB", measured=self.rss_mb, worst=RSS_MB_MAX, at_most=True),
            Floor(
                what="ready, existing folder",
                unit="s",
                measured=self.ready_s,
                worst=READY_EXISTING_S_MAX,
                at_most=True,
            ),
        ]

    def panels(self) -> Sequence[Panel]:
        """See Result."""
        return [
            Panel(
                "Complete purchases: reserved, paid, ordered",
                (Stroke("as many as there can be", self.per_s, "/s", bound=PER_S_MIN),),
            ),
            Panel(
                "How long a purchase takes at 70% of what is to be reached (p95)",
                (Stroke("from the intended start", self.p95_ms, " ms", bound=P95_MS_MAX),),
            ),
        ]


def planned_per_s(most_per_s: float) -> float:
    """How many are planned a second: 70% of those to be reached, or of the `most_per_s` of a machine that does not.

    What the buyers of a fast machine would find at 70% of its most is another question than what they find at a load
    that is named beforehand; only the latter can be compared from one machine, or version, to the next.
    """
    return PLANNED_SHARE * min(most_per_s, PER_S_MIN)


async def _measure(bench: Bench) -> PurchasesFound:
    folder = bench.folder / FOLDER
    _require(folder)
    with shop(folder) as (served, ready_s):
        alone = [await _loaded(bench, served, "purchases by one process") for _ in range(bench.length.rounds)]
        rss_mb = _rss_mb(served)
    cores = os.cpu_count() or 1
    together, planned = [], []
    with shop(folder, workers=cores) as (served, _):
        for _ in range(bench.length.rounds):
            together.append(await _loaded(bench, served, f"purchases by {cores} processes"))
            rate = planned_per_s(together[-1].per_s)
            planned.append(await _loaded(bench, served, f"purchases, {rate:,.0f} planned a second", rate))
        async with bench.bar.step("audit", REST_S):
            await asyncio.sleep(REST_S)  # Captures follow their orders.
            return PurchasesFound(
                ready_s=ready_s,
                alone=alone,
                together=together,
                processes=cores,
                planned=planned,
                rss_mb=rss_mb,
                sold=await asyncio.to_thread(pieces_sold, served, "purchase"),
                violations=await audited(served),
            )


async def _loaded(bench: Bench, served: Served, what: str, rate: float | None = None) -> Load:
    async with bench.bar.step(what, bench.length.one_s):
        return await load("purchase", served, bench.length, rate)


def _median(loads: Sequence[Load]) -> float:
    return median(load.per_s for load in loads)


def _require(folder: Path) -> None:
    """Leave a folder that a server has served, which another suite may have done already."""
    if not folder.exists():
        with shop(folder):
            pass


def _rss_mb(served: Served) -> float:
    return float(psutil.Process(served.pid).memory_info().rss / 1e6)


def pieces_sold(served: Served, drop_id: str) -> int:
    """Pieces of a sale that were sold, as its operator sees it."""
    url = f"http://{served.host}:{served.port}/v1/admin/drops/{drop_id}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {served.admin_key}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return sum(int(pool["sold"]) for pool in json.load(response)["pools"])


async def audited(served: Served) -> list[str]:
    """What `race audit` has to say against the database; nothing, if every invariant holds."""
    command = (sys.executable, "-m", "race_to_purchase.cli", "audit")
    process = await asyncio.create_subprocess_exec(*command, env=served.environment, stdout=PIPE, stderr=STDOUT)
    words, _ = await process.communicate()
    if process.returncode == 0:
        return []
    return [f"race audit: {words.decode(errors='replace').strip()[-AUDIT_WORDS_MAX:]}"]


PURCHASES = Suite("purchases", "complete purchases over HTTP", 3, _measure)
