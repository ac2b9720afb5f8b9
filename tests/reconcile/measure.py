"""How long reconciliation takes over a large sale: `python -m tests.reconcile.measure [purchases]`.

It starts an embedded PostgreSQL in a temporary folder and prints seconds by part, and the processor's share of this
process and of the database.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.migrate import migrate
from tests.databases import empty
from tests.path.shop import Process, make_due
from tests.reconcile.large import fill
from tests.reconcile.reconciler import Reconciler


async def timed(what: str, work: Callable[[], Awaitable[object]]) -> None:
    began_s, cpu_s = time.perf_counter(), time.process_time()
    await work()
    took_s = time.perf_counter() - began_s
    print(f"{what:<64} {took_s:8.2f} s   {time.process_time() - cpu_s:8.2f} s here")  # noqa: T201 - it is a report


async def resolved(process: Process, lost: int) -> None:
    """The resolve loop, until nothing is unknown."""
    for _ in range(1 + lost // 50):
        await process.owed("resolve")


async def measure(dsn: str, purchases: int) -> None:
    for unknown, by_loop in ((False, False), (True, True), (True, False)):
        await empty(dsn)
        process = await Process.start(dsn)
        await process.open()
        await one(Reconciler(process, dsn), await fill(dsn, purchases, unknown=unknown), purchases, by_loop=by_loop)
        await process.stop()


async def one(reconciler: Reconciler, lost: int, purchases: int, *, by_loop: bool) -> None:
    if by_loop:
        await make_due(reconciler.dsn)
        await timed(f"resolve loop: {lost:,} unknown outcomes", lambda: resolved(reconciler.process, lost))
    else:
        await timed(f"whole pass: {purchases:,} purchases, {lost:,} unknown outcomes", reconciler.whole)
    await reconciler.process.settle()
    left = await reconciler.value("SELECT count(*) FROM attempt WHERE state = 'unknown'")
    assert left == 0, f"{left} are unknown still"
    await timed(f"  again, nothing new: {purchases:,} purchases", reconciler.whole)


def main() -> None:
    purchases = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres.start(Path(folder) / "pg", "measure")
        try:
            asyncio.run(migrate(server.dsn))
            asyncio.run(measure(server.dsn, purchases))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
