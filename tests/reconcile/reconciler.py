"""Reconciliation on a real database with the sandbox's books, and how tests plant what it has to find."""

from __future__ import annotations

from functools import partial
from typing import Any

import asyncpg

from race_to_purchase.loops.reconcile.loop import Figures, Pace, Reconcile
from race_to_purchase.rules.commands import Authorization
from race_to_purchase.rules.rows import Checkout, Finding
from race_to_purchase.rules.verdicts import Declined
from race_to_purchase.store.findings import PostgresFindings, leading
from tests.path.shop import Process
from tests.sale import recount

AT_ONCE = Pace(after_s=-120.0, count_every_s=3600.0)
"""Judges what has just happened, too: a test has planted all of it and nothing else is under way."""


class Reconciler:
    """The reconciliation of one process."""

    def __init__(self, process: Process, dsn: str, pace: Pace = AT_ONCE) -> None:
        self.process = process
        self.dsn = dsn
        self.pace = pace
        self.findings = PostgresFindings(process.store.pool)
        gateways = {process.wire.name: process.wire}
        self.reconcile = Reconcile(
            process.committer, process.reads, self.findings, process.purchase, gateways, partial(leading, dsn), pace
        )

    async def whole(self) -> Figures:
        """One whole pass from the very beginning, as if no walk had ever been anywhere."""
        await self.sql("DELETE FROM walk")
        figures = await self.reconcile.whole()
        assert figures is not None
        return figures

    async def _connect(self) -> asyncpg.Connection:
        """As nobody else may: without the triggers that keep what is append-only as it is."""
        settings = {"search_path": "race", "session_replication_role": "replica"}
        return await asyncpg.connect(self.dsn, server_settings=settings)

    async def sql(self, statement: str, *arguments: object) -> None:
        """Plant something; it has to change a row."""
        connection = await self._connect()
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def value(self, query: str, *arguments: object) -> Any:
        """The one value that a query gives."""
        connection = await self._connect()
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def all(self) -> list[Finding]:
        """Every finding that there ever was, by kind."""
        connection = await self._connect()
        try:
            ids = [row[0] for row in await connection.fetch("SELECT id FROM finding ORDER BY kind, subject")]
        finally:
            await connection.close()
        found = [await self.findings.finding(id_) for id_ in ids]
        return [finding for finding in found if finding is not None]

    async def payment(self, checkout: Checkout, what: str = "state", n: int = 1) -> Any:
        """What the gateway's books say of the payment of attempt `n`."""
        query = f"SELECT {what} FROM sandbox.payment WHERE reference = $1"  # noqa: S608 - the tests' own columns
        return await self.value(query, f"{checkout.id}/{n}")

    async def too_late(self, buyer: str = "ada") -> Checkout:
        """A checkout whose payment was authorized after its attempt had been given up, and nobody has noticed."""
        checkout = await self.process.reserve(buyer)
        self.process.wire.lose.add("authorize")
        await self.process.pay(checkout)
        given_up = Declined("never_received", retryable=True)
        await self.process.committer.submit(
            Authorization(checkout.drop_id, checkout.id, checkout.claims.pools, 1, given_up)
        )
        assert await self.payment(checkout) == "authorized"
        return checkout

    async def bought(self, buyer: str = "ada") -> Checkout:
        """A checkout that was paid, its money taken."""
        checkout = await self.process.reserve(buyer)
        await self.process.pay(checkout)
        await self.process.settle()
        assert await self.payment(checkout) == "captured"
        return checkout


REPAIRED = (
    "authorization_left_open",
    "charged_without_order",
    "undecided",
    "stuck_checkout",
    "owed_without_task",
    "pool_miscounted",
)
"""What `plant_all` plants."""


async def plant_all(reconciler: Reconciler) -> None:
    """One of each discrepancy that has a right answer."""
    process = reconciler.process
    await reconciler.too_late("voided")
    taken = await reconciler.too_late("refunded")
    ref = await reconciler.payment(taken, "ref")
    await process.wire.gateway.capture(ref, taken.quote.total, "by-hand")
    for buyer in ("resolved", "owed"):
        process.wire.lose.add("capture")
        checkout = await process.reserve(buyer)
        await process.pay(checkout)
        await process.settle()
        if buyer == "owed":
            await reconciler.sql("DELETE FROM task WHERE checkout_id = $1::text::uuid", checkout.id)
            undo = "UPDATE sandbox.payment SET state = 'authorized', captured = 0 WHERE reference = $1"
            await reconciler.sql(undo, f"{checkout.id}/1")
    stuck = await process.reserve("stuck")
    await reconciler.sql("UPDATE checkout SET deadline = now() - interval '5 min' WHERE id = $1::text::uuid", stuck.id)
    await reconciler.sql("UPDATE pool SET held = held + 2 WHERE id = 'aurora/item/shoe'")


async def all_is_well(reconciler: Reconciler) -> None:
    """Each of them was repaired once, and nothing else was done."""
    assert {finding.kind: finding.state for finding in await reconciler.all()} == dict.fromkeys(REPAIRED, "repaired")
    repaired = await reconciler.value("SELECT count(*) FROM event WHERE kind IN ('finding_repaired', 'pool_recounted')")
    assert repaired == len(REPAIRED)
    assert await reconciler.value("SELECT sum(refunded) FROM sandbox.payment") == 15_900
    assert await reconciler.value("SELECT count(*) FROM sandbox.refund") == 1
    assert await reconciler.value("SELECT count(*) FROM task") == 1
    assert await recount(reconciler.dsn) == []
    assert (await reconciler.whole()).found == {}
