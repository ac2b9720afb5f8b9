"""Call the next places of each open line, a decision a second, by one process at a time.

How the checkout is, each process sees by its own command: it goes through the same queue as buyers' reservations, so
what it took is what they wait, and where it is sent away, so are they. Those that do not lead tell the leader by it.
"""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import TryAgainLater
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.line import After, LeaderChanged
from race_to_purchase.ports import LineRows, LineSeen
from race_to_purchase.rules.drop import item_pools, passes_pool, reserved_pool
from race_to_purchase.rules.line.commands import CallNext, GiveLeadBack
from race_to_purchase.rules.line.controller import Load
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.outcomes import Released

log = logging.getLogger("race.line")

LEASE_S = 4.0
"""A leader from which nothing was heard for so long is replaced."""

LEAVE_S = 2.0
"""What giving the lead back may take; then the lease runs out by itself."""


class Release:
    """See the module; `leader` is a name that no other process has."""

    name = "release"

    def __init__(self, committer: Committer, rows: LineRows, leader: str) -> None:
        self._committer = committer
        self._rows = rows
        self._leader = leader
        self._latency_ms: dict[str, float] = {}
        self._failed: set[str] = set()
        self._asked: set[str] = set()
        self._led: set[str] = set()

    async def tick(self) -> bool:
        """Call the next of every line that is open, where this process leads or nobody does."""
        drops = await self._rows.unended()
        self._asked.intersection_update(drops)
        for drop_id in drops:
            seen = await self._rows.seen(drop_id)
            if seen is not None and seen.line.seed is not None and seen.now >= seen.row.definition.opens_at:
                await self._call(seen)
        return False

    async def leave(self) -> None:
        """Give back the lead of every line, so that another process calls at once; it is about to stop."""
        try:
            async with asyncio.timeout(LEAVE_S):
                given = (self._committer.submit(GiveLeadBack(drop_id, self._leader)) for drop_id in self._asked)
                await asyncio.gather(*given)
        except (TryAgainLater, TimeoutError) as error:
            log.warning(
                "the lead of %s runs out by itself: %s", ", ".join(sorted(self._asked)), str(error) or "no answer"
            )

    async def _call(self, seen: LineSeen) -> None:
        drop_id = seen.row.id
        command = CallNext(
            drop_id,
            (*item_pools(seen.row.definition), passes_pool(drop_id), reserved_pool(drop_id)),
            self._leader,
            LEASE_S,
            seen.late,
            Load(self._latency_ms.get(drop_id, 0.0), 1.0 if drop_id in self._failed else 0.0),
        )
        # Whether it leads is known by the answer; a tick that is cancelled meanwhile does not get it.
        self._asked.add(drop_id)
        began_s = monotonic()
        try:
            outcome = await self._committer.submit(command)
        except TryAgainLater as error:
            self._failed.add(drop_id)
            log.warning("line %s: nobody is called: %s", drop_id, error)
            return
        self._failed.discard(drop_id)
        self._latency_ms[drop_id] = (monotonic() - began_s) * 1000
        if not isinstance(outcome, Released):
            self._led.discard(drop_id)
        elif drop_id not in self._led:
            self._led.add(drop_id)
            emit(LeaderChanged(drop_id, _after(seen.line)))


def _after(before: LineRow) -> After:
    if not before.leader:
        return "nobody"
    return "left" if before.lease_until is None else "lost"
