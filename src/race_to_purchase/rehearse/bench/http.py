"""The load of the measurements over HTTP: echoes, reservations, and whole purchases, by one process.

`python -m race_to_purchase.rehearse.bench.http`. A closed loop keeps every connection busy and finds what the server
can do; an open one follows a plan that was made beforehand, so that a server that stalls is charged for every buyer
who would have come meanwhile.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random, getrandbits
from typing import Literal

import msgspec

from race_to_purchase.rehearse.bench.buyers import ITEM
from race_to_purchase.rehearse.bench.client import Effort, Source, Unexpected, Walk, drive
from race_to_purchase.rehearse.bench.process import run

APPROVED = "pm_approved"
"""The card that the sandbox takes."""

Kind = Literal["echo", "reserve", "purchase"]


class Orders(msgspec.Struct, frozen=True):
    """One measurement; with a `rate`, so many walks are planned a second, else every connection is kept busy.

    `each`: every single walk is told, too.
    """

    kind: Kind
    host: str
    port: int
    storefront_key: str
    drop_id: str
    seconds: float
    connections: int
    rate: float | None = None
    warm_up_s: float = 1.0
    seed: int = 1
    payment_method: str = APPROVED
    each: bool = False


class Load(msgspec.Struct, frozen=True):
    """What came of it. `done` counts all, `per_s` and the latencies those of the time that was measured.

    `walks`, where they were wanted: when each was meant to begin, by the clock of all processes, and how long it took.
    """

    done: int
    per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float
    generator_cpu_share: float
    walks: Sequence[tuple[float, float]] = ()


class Requests:
    """Requests as bytes, each with a buyer and a key of its own."""

    def __init__(self, orders: Orders) -> None:
        head = (
            f" HTTP/1.1\r\nhost: {orders.host}:{orders.port}\r\nauthorization: Bearer {orders.storefront_key}\r\n"
            "content-type: application/json\r\nidempotency-key: %032x\r\n"
        )
        buyer = f"{orders.drop_id}:{getrandbits(32):08x}%010d"
        body = (
            f'{{"drop":"{orders.drop_id}","lines":[{{"item":"{ITEM}","quantity":1}}],'
            f'"buyer":{{"id":"{buyer}","email":"{buyer}@example.com"}}}}'
        )
        path = "/echo" if orders.kind == "echo" else "/v1/checkouts"
        self._wish = f"POST {path}{head}content-length: {len(body % (0, 0))}\r\n\r\n{body}".encode()
        paid = f'{{"payment_method":"{orders.payment_method}"}}'
        self._payment = f"POST /v1/checkouts/%b/payment{head}content-length: {len(paid)}\r\n\r\n{paid}".encode()
        self._number = 0

    def wish(self) -> bytes:
        """Of a new buyer, to reserve one piece; or the same to the echo."""
        self._number += 1
        return self._wish % (getrandbits(128), self._number, self._number)

    def payment(self, checkout: bytes) -> bytes:
        """Of that checkout."""
        return self._payment % (checkout, getrandbits(128))


class Tally:
    """Counts what was done, and how long it took from when it was meant to begin."""

    def __init__(self, begin_s: float, end_s: float) -> None:
        self.begin_s, self.end_s = begin_s, end_s
        self.done = 0
        self.waits_s: list[float] = []
        self.meant_s: list[float] = []

    def add(self, meant_s: float) -> None:
        """One more is done now."""
        now_s = time.perf_counter()
        self.done += 1
        if self.begin_s <= now_s < self.end_s:
            self.waits_s.append(now_s - meant_s)
            self.meant_s.append(meant_s)


def walk_once(requests: Requests, kind: Kind, tally: Tally, meant_s: float) -> Walk:
    """One buyer's way; an answer that is not a success ends the measurement."""
    status, body = yield requests.wish()
    if status != (200 if kind == "echo" else 201):
        raise Unexpected(f"{kind} was answered {status}: {body[:300]!r}")
    if kind == "purchase":
        # {"id":"<36 characters>", …
        status, body = yield requests.payment(body[7:43])
        if status != 200 or b'"state":"paid"' not in body:
            raise Unexpected(f"a payment was answered {status}: {body[:300]!r}")
    tally.add(meant_s)


class Closed:
    """Every connection is always busy, until the end."""

    def __init__(self, walk: Callable[[float], Walk], end_s: float) -> None:
        self._walk, self._end_s = walk, end_s

    def take(self, now_s: float) -> Walk | None:
        """See Source."""
        return self._walk(now_s) if now_s < self._end_s else None

    def due_s(self) -> float | None:
        """See Source."""
        now_s = time.perf_counter()
        return now_s if now_s < self._end_s else None


class Planned:
    """Each walk at its own moment; the moments are a Poisson process, as of people who do not know of each other."""

    def __init__(self, walk: Callable[[float], Walk], moments_s: Iterator[float]) -> None:
        self._walk, self._moments_s = walk, moments_s
        self._next_s = next(moments_s, None)

    def take(self, now_s: float) -> Walk | None:
        """See Source."""
        meant_s = self._next_s
        if meant_s is None or meant_s > now_s:
            return None
        self._next_s = next(self._moments_s, None)
        return self._walk(meant_s)

    def due_s(self) -> float | None:
        """See Source."""
        return self._next_s


def moments(rate: float, begin_s: float, end_s: float, seed: int) -> Iterator[float]:
    """Moments between `begin_s` and `end_s`, `rate` a second on average."""
    chance = Random(seed)
    at_s = begin_s
    while (at_s := at_s + chance.expovariate(rate)) < end_s:
        yield at_s


async def measure(orders: Orders) -> Load:
    """Drive the load for its time; what is under way at the end is finished, but not counted in."""
    requests = Requests(orders)
    start_s = time.perf_counter()
    tally = Tally(start_s + orders.warm_up_s, start_s + orders.warm_up_s + orders.seconds)

    def walk(meant_s: float) -> Walk:
        return walk_once(requests, orders.kind, tally, meant_s)

    source: Source
    if orders.rate is None:
        source = Closed(walk, tally.end_s)
    else:
        source = Planned(walk, moments(orders.rate, start_s, tally.end_s, orders.seed))
    gc.disable()  # Nothing here makes circles, and a collection would be counted as the server's.
    effort = drive(orders.host, orders.port, orders.connections, source)
    load = _load(tally, orders.seconds, effort)
    return msgspec.structs.replace(load, walks=_walks(tally)) if orders.each else load


def _load(tally: Tally, seconds: float, effort: Effort) -> Load:
    waits_ms = sorted(wait_s * 1e3 for wait_s in tally.waits_s)
    return Load(tally.done, len(waits_ms) / seconds, *quantiles(waits_ms), effort.cpu_share)


def _walks(tally: Tally) -> list[tuple[float, float]]:
    ours_s = time.monotonic() - time.perf_counter()  # The clock of this process alone may begin elsewhere.
    return [(meant_s + ours_s, wait_s) for meant_s, wait_s in zip(tally.meant_s, tally.waits_s, strict=True)]


def quantiles(ordered: list[float]) -> tuple[float, float, float, float]:
    """p50, p95, p99 and the worst."""
    p50, p95, p99, worst = (_quantile(ordered, share) for share in (0.5, 0.95, 0.99, 1.0))
    return p50, p95, p99, worst


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


if __name__ == "__main__":
    run(Orders, measure)
