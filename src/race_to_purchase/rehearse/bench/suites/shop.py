"""A server with sales for the suites that measure over HTTP, and the load on it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.rehearse.bench import http as process
from race_to_purchase.rehearse.bench.buyers import hot_drop
from race_to_purchase.rehearse.bench.figures import Line
from race_to_purchase.rehearse.bench.hot_row import STOCK
from race_to_purchase.rehearse.bench.http import APPROVED, Kind, Load
from race_to_purchase.rehearse.bench.process import MeasurementFailed, ask
from race_to_purchase.rehearse.bench.suites.suite import Length
from race_to_purchase.rehearse.demo.server import Served, serving

FOLDER = "shop"
SETTINGS = {"RACE_ECHO": "true", "RACE_LOG_LEVEL": "warning"}
CONNECTIONS = 512

GENERATOR_SHARE_MAX = 0.8
"""Of one core. A generator that takes more may have been what was measured."""


@contextmanager
def shop(folder: Path, settings: Mapping[str, str] = SETTINGS, workers: int = 1) -> Iterator[tuple[Served, float]]:
    """A server on `folder` with a sale for each kind of load, and how long it took until it answered."""
    asked_s = time.perf_counter()
    with serving(port=0, workers=workers, data_dir=folder, settings={**SETTINGS, **settings}) as served:
        ready_s = time.perf_counter() - asked_s
        admin = AdminClient(f"http://{served.host}:{served.port}", served.admin_key)
        for drop_id in ("echo", "reserve", "purchase"):
            admin.put(hot_drop(drop_id, STOCK))
        try:
            yield served, ready_s
        finally:
            served.discard()


async def load(
    kind: Kind,
    served: Served,
    length: Length,
    rate: float | None = None,
    payment_method: str = APPROVED,
    *,
    each: bool = False,
    connections: int = CONNECTIONS,
) -> Load:
    """One measurement: every connection busy, or `rate` walks planned a second; `each`: every walk is told, too.

    Raises MeasurementFailed if none was done while it was measured.
    """
    orders = process.Orders(
        kind=kind,
        host=served.host,
        port=served.port,
        storefront_key=served.storefront_key,
        drop_id=kind,
        seconds=length.seconds,
        connections=connections,
        rate=rate,
        warm_up_s=length.warm_up_s,
        payment_method=payment_method,
        each=each,
    )
    found = await ask(process.__name__, orders, Load)
    if not found.per_s:
        raise MeasurementFailed(module=kind, detail=f"none was finished in {length.seconds:g} s; take longer")
    return found


def line(what: str, loads: Sequence[Load]) -> Line:
    """The medians of the rounds."""
    rounds = [(load.per_s, load.p50_ms, load.p99_ms, load.generator_cpu_share) for load in loads]
    return Line(what, *(median(column) for column in zip(*rounds, strict=True)))


def limited(loads: Iterable[Load]) -> bool:
    """Whether the generator may have been the limit of one of them."""
    return max(load.generator_cpu_share for load in loads) > GENERATOR_SHARE_MAX
