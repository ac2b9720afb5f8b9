"""What reading `/metrics` adds to the p99 of a purchase: one load, during which it is read and not read in turns.

A machine that does other things moves p99 by tens of milliseconds from one minute to the next. So a turn with readings
is compared with the quiet one beside it, under the same load, and the median of all such pairs is told. Purchases
belong to the turn in which they were meant to begin, however long they took. Prometheus reads every 5 to 15 seconds;
here it is read all the more often, so that in a turn of reading most purchases meet one.
"""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from statistics import median

import msgspec

from race_to_purchase.rehearse.bench.http import Load, quantiles
from race_to_purchase.rehearse.demo.server import Served

READ_EVERY_S = 1.1
"""The text is kept for a second: whoever asks sooner gets it again, and nothing is written."""

TURN_S = 3 * READ_EVERY_S
PAIRS_MIN = 3
ACCEPT = "application/openmetrics-text; version=1.0.0"
"""What Prometheus asks for, and what takes longest to write."""

Span = tuple[float, float]
"""From when to when, by the clock of all processes."""


def turn_s(seconds: float) -> float:
    """How long a turn is in a load of so many seconds: there have to be some."""
    return min(TURN_S, seconds / (PAIRS_MIN + 2))


class Pair(msgspec.Struct, frozen=True):
    """p99 of the purchases of a quiet turn, and of a turn beside it in which /metrics was read."""

    quiet_ms: float
    read_ms: float


class Reading(msgspec.Struct):
    """When /metrics was read, and in which turns."""

    turns: list[tuple[bool, Span]] = []
    """Whether it was read, and from when to when."""
    reads: list[Span] = []

    @property
    def took_ms(self) -> float:
        """How long a reading took, in the middle."""
        return median((end - begin) * 1e3 for begin, end in self.reads)

    def pairs(self, load: Load) -> list[Pair]:
        """Each turn with the one after it."""
        found = []
        for (read, span), (_, after) in pairwise(self.turns):
            here, there = p99_ms(load, [span]), p99_ms(load, [after])
            if here is not None and there is not None:
                found.append(Pair(there, here) if read else Pair(here, there))
        return found

    def met(self, load: Load) -> tuple[float, float]:
        """p99 of the purchases that were meant to begin during a reading, and of all others."""
        between = [(end, begin) for (_, end), (begin, _) in pairwise(self.reads)]
        return p99_ms(load, self.reads) or 0.0, p99_ms(load, between) or 0.0


def p99_ms(load: Load, spans: Sequence[Span]) -> float | None:
    """Of the purchases that were meant to begin in one of these spans; None where there were none."""
    waits_ms = sorted(wait_s * 1e3 for meant_s, wait_s in load.walks if any(b <= meant_s < e for b, e in spans))
    return quantiles(waits_ms)[2] if waits_ms else None


@asynccontextmanager
async def reading_in_turns(served: Served, seconds: float) -> AsyncIterator[Reading]:
    """Read /metrics in every other turn of so many seconds, until the block ends; what is cut short does not count."""
    told = Reading()
    task = asyncio.create_task(_turns(served, seconds, told))
    try:
        yield told
        if task.done():
            task.result()  # It was to read until now: a reading has failed.
    finally:
        task.cancel()


async def _turns(served: Served, seconds: float, told: Reading) -> None:
    url = f"http://{served.host}:{served.port}/metrics"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {served.admin_key}", "Accept": ACCEPT})
    for read in _alternately():
        begin_s = time.monotonic()
        due_s = begin_s
        while due_s < begin_s + seconds:
            if read:
                told.reads.append(await asyncio.to_thread(_read, request))
            due_s += READ_EVERY_S
            await asyncio.sleep(min(due_s, begin_s + seconds) - time.monotonic())
        told.turns.append((read, (begin_s, time.monotonic())))


def _alternately() -> Iterator[bool]:
    while True:
        yield False
        yield True


def _read(request: urllib.request.Request) -> Span:
    begin_s = time.monotonic()
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
    return begin_s, time.monotonic()
