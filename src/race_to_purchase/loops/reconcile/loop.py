"""The reconciliation loop: one process at a time leads the walks, repairs, and says how far it is behind.

`tick` does what fits into some seconds; `whole` does all of it once, for `race reconcile --once`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from race_to_purchase.checks import Rows
from race_to_purchase.commit.committer import Committer
from race_to_purchase.loops.reconcile.again import Again
from race_to_purchase.loops.reconcile.gateway import AtGateway
from race_to_purchase.loops.reconcile.mend import Mend
from race_to_purchase.loops.reconcile.note import Inventory, Notes
from race_to_purchase.loops.reconcile.rows import OfCheckouts
from race_to_purchase.loops.reconcile.walk import Age, Walk
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Asked
from race_to_purchase.ports import Findings, Gateway, GatewayUnanswered
from race_to_purchase.rules.rows import Finding

log = logging.getLogger("race.reconcile")

DAY_S = 86_400.0
TICK_S_MAX = 10.0
"""A tick gives way after so long; what is left, the next one does."""

COUNT = "pools"
"""Beside the walks: when the pools are to be counted next."""

COUNT_SHARE = 0.05
"""Counting all pools may take this share of the leader's time at most."""

LEAD_BACK = timedelta(days=1)
"""Before the oldest deadline: so long a reservation may be, so no checkout is older."""

Lead = Callable[[], AbstractAsyncContextManager[Rows | None]]
"""Rows for checks while this process leads, None where another one does."""


class Figures(msgspec.Struct, frozen=True):
    """What a pass came to. `inventory` is M4 of this pass, `lag_s` M12: how long ago that should have been compared
    which is the next to be."""

    compared: dict[str, int]
    found: dict[str, int]
    repaired: tuple[Finding, ...]
    inventory: Inventory
    lag_s: float
    seconds: float


class Pace(msgspec.Struct, frozen=True):
    """In seconds: the age below which nothing is judged, how often pools are counted, one call of a gateway."""

    after_s: float = 300.0
    count_every_s: float = 300.0
    timeout_s: float = 10.0


UNHURRIED = Pace()


class Reconcile:
    """See the module."""

    name = "reconcile"

    def __init__(
        self,
        committer: Committer,
        reads: Asked,
        findings: Findings,
        purchase: Purchase,
        gateways: Mapping[str, Gateway],
        lead: Lead,
        pace: Pace = UNHURRIED,
    ) -> None:
        self._reads = reads
        self._findings = findings
        self._lead = lead
        self._count_every_s = pace.count_every_s
        after_s, timeout_s = pace.after_s, pace.timeout_s
        self._mend = Mend(committer, reads, purchase, gateways, timeout_s)
        self._notes = Notes(committer, findings, self._mend)
        self._checkouts = OfCheckouts(reads, findings, self._notes)
        at = {name: AtGateway(gateway, reads, findings, self._notes, timeout_s) for name, gateway in gateways.items()}
        known = {name: (gateways[name], at[name]) for name in gateways}
        self._again = Again(committer, reads, findings, purchase, known)
        ages = (Age("new", after_s, 30.0), Age("day", after_s + DAY_S, 3600.0), Age("week", after_s + 8 * DAY_S, DAY_S))
        self._walks = [Walk(f"gateway/{name}", age, at[name].compare, findings) for name in at for age in ages]
        self._walks += [Walk("checkouts", age, self._checkouts.compare, findings) for age in ages[:2]]
        self.lag_s = 0.0

    async def tick(self) -> bool:
        """Some seconds of work, if no other process is at it; whether there is more."""
        async with self._lead() as rows:
            if rows is None:
                return False
            self._use(rows)
            until_s = asyncio.get_running_loop().time() + TICK_S_MAX
            await self._finish()
            more = await self._walk(until_s)
            await self._count()
            return more

    async def whole(self) -> Figures | None:
        """Everything from where the walks stand up to the present, once; None where another process is at it."""
        async with self._lead() as rows:
            if rows is None:
                return None
            self._use(rows)
            began_s = asyncio.get_running_loop().time()
            before = replace(self.inventory)
            await self._finish()
            await self._walk(None)
            await self._checkouts.pools()
            await self._again.look(insist=True)
            took_s = asyncio.get_running_loop().time() - began_s
            notes = self._notes
            counted = Inventory(self.inventory.checks - before.checks, self.inventory.consistent - before.consistent)
            return Figures(
                dict(notes.compared), dict(notes.found), tuple(self._mend.repaired), counted, self.lag_s, took_s
            )

    @property
    def inventory(self) -> Inventory:
        """M4, of all counts of this process since it started."""
        return self._notes.inventory

    def _use(self, rows: Rows) -> None:
        """Lead with these rows, and count this pass alone."""
        self._mend.rows = self._checkouts.rows = self._again.rows = rows
        for counted in (self._notes.compared, self._notes.found, self._mend.repaired):
            counted.clear()

    async def _finish(self) -> None:
        """Go on with repairs that were broken off."""
        after = ""
        while page := await self._findings.unended(after, 100, "repairing"):
            for finding in page:
                await self._mend.step(finding)
            after = page[-1].id

    async def _walk(self, until_s: float | None) -> bool:
        """Every walk in turn, each up to its end or until the time is up; whether one has more to do."""
        now = await self._reads.now()
        reached = await self._where(now)
        more = False
        for walk in self._walks:
            while True:
                before = reached[walk.name]
                try:
                    reached[walk.name] = await walk.step(before, now, whole=until_s is None)
                except GatewayUnanswered as error:
                    log.warning("walk %s waits: %s", walk.name, error)
                    break
                if reached[walk.name] == before:
                    break
                if until_s is not None and asyncio.get_running_loop().time() > until_s:
                    more = True
                    break
        self.lag_s = max(walk.lag_s(reached[walk.name], now) for walk in self._walks if walk.age.name == "new")
        return more

    async def _where(self, now: datetime) -> dict[str, datetime]:
        """Where each walk stands; a new one begins with the oldest checkout."""
        stored = {name: datetime.fromisoformat(at) for name, at in (await self._findings.reached()).items()}
        first = (await self._reads.first_deadline() or now) - LEAD_BACK
        return {walk.name: stored.get(walk.name, first) for walk in self._walks}

    async def _count(self) -> None:
        """Count the pools again where that is due, whoever has led since, and look once more at what is open."""
        began = await self._reads.now()
        due = (await self._findings.reached()).get(COUNT)
        if due is not None and began < datetime.fromisoformat(due):
            return
        await self._checkouts.pools()
        await self._again.look()
        now = await self._reads.now()
        pause = max(timedelta(seconds=self._count_every_s), (now - began) / COUNT_SHARE)
        await self._findings.reach(COUNT, (now + pause).isoformat())
