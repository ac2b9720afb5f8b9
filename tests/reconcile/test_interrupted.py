"""Killed between any two steps, or done by two processes at once: each repair is made, and made once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from race_to_purchase.checks import Rows
from race_to_purchase.loops.reconcile.loop import Reconcile
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.findings import leading
from tests.path.shop import Process
from tests.reconcile.reconciler import AT_ONCE, Reconciler, all_is_well, plant_all

RUNS_MAX = 60
"""On a machine with much else to do some die before they have done anything."""


@pytest.mark.parametrize("steps", [4, 7])
async def test_killed_again_and_again_it_comes_to_the_same_end(reconciler: Reconciler, dsn: str, steps: int) -> None:
    """Each process does a few steps more; the next one finds in the rows what is left."""
    await plant_all(reconciler)
    kills = 0
    for _ in range(RUNS_MAX):
        await reconciler.sql("DELETE FROM walk")
        dying = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.reconcile.dying", dsn, str(steps), stderr=asyncio.subprocess.DEVNULL
        )
        ended = await dying.wait()
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        kills += 1
    else:
        pytest.fail(f"{RUNS_MAX} processes did not come to the end of it")
    assert kills > 2, "it was not interrupted"
    await all_is_well(reconciler)


async def test_of_two_processes_one_reconciles(reconciler: Reconciler, other: Process, dsn: str) -> None:
    await plant_all(reconciler)
    both = await asyncio.gather(reconciler.reconcile.whole(), Reconciler(other, dsn).reconcile.whole())
    assert sorted(figures is None for figures in both) == [False, True]
    await reconciler.process.settle()
    await all_is_well(reconciler)


async def test_a_process_that_goes_leaves_the_lead_to_the_next(dsn: str) -> None:
    async with leading(dsn) as first:
        assert first is not None
        async with leading(dsn) as second:
            assert second is None
    async with leading(dsn) as third:
        assert third is not None


async def test_two_that_lead_at_once_do_no_harm(reconciler: Reconciler, other: Process, dsn: str) -> None:
    """A leader that was cut off from the database may go on for a moment beside the next one."""

    @asynccontextmanager
    async def both_lead() -> AsyncIterator[Rows | None]:
        async with AuditRows.open(dsn) as rows:
            yield rows

    await plant_all(reconciler)
    reconciling = [
        Reconcile(
            process.committer,
            process.reads,
            reconciler.findings,
            process.purchase,
            {process.wire.name: process.wire},
            both_lead,
            AT_ONCE,
        )
        for process in (reconciler.process, other)
    ]
    await asyncio.gather(*(one.whole() for one in reconciling))
    await asyncio.gather(reconciler.process.settle(), other.settle())
    await all_is_well(reconciler)


async def test_counting_goes_on_while_the_sale_does(reconciler: Reconciler, other: Process) -> None:
    """Counts are put right by what they are wrong by, whatever is reserved meanwhile."""
    await other.open(id="aurora")
    await reconciler.sql("UPDATE pool SET held = held + 3, capacity = 1000 WHERE id = 'aurora/item/lace'")

    async def sell() -> None:
        for n in range(40):
            checkout = await other.reserve(f"buyer-{n}", item="lace")
            if n % 3 == 0:
                await other.purchase.cancel(checkout.id, checkout.buyer)

    selling = asyncio.create_task(sell())
    while not selling.done():
        await reconciler.reconcile.whole()
    await selling
    await reconciler.whole()
    assert await other.counts("lace") == (26, 0)
    assert {finding.state for finding in await reconciler.all()} == {"repaired"}


async def test_pools_are_counted_in_turn_and_not_by_everybody(reconciler: Reconciler, other: Process, dsn: str) -> None:
    await reconciler.reconcile.tick()
    await reconciler.sql("UPDATE pool SET held = held + 1 WHERE id = 'aurora/item/lace'")
    await Reconciler(other, dsn).reconcile.tick()
    assert await reconciler.all() == [], "it is not due yet, for this process either"
    await reconciler.sql("UPDATE walk SET reached = now()::text WHERE name = 'pools'")
    await Reconciler(other, dsn).reconcile.tick()
    assert [finding.kind for finding in await reconciler.all()] == ["pool_miscounted"]
