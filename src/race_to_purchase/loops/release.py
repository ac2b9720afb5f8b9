"""Call the next places of each open line, a decision a second, by one process at a time.

How the checkout is, the leader sees by its own command: it goes through the same queue as buyers' reservations, so
what it took is what they wait, and where it is sent away, so are they.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import TryAgainLater
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.line import LeaderChanged
from race_to_purchase.ports import LineRows, LineSeen
from race_to_purchase.rules.drop import item_pools, passes_pool, reserved_pool
from race_to_purchase.rules.line.commands import CallNext
from race_to_purchase.rules.outcomes import Released

log = logging.getLogger("race.line")

LEASE_S = 4.0
"""A leader from which nothing was heard for so long is replaced."""


class Release:
    """See the module; `leader` is a name that no other process has."""

    name = "release"

    def __init__(self, committer: Committer, rows: LineRows, leader: str) -> None:
        self._committer = committer
        self._rows = rows
        self._leader = leader
        self._latency_ms: dict[str, float] = {}
        self._failed: set[str] = set()

    async def tick(self) -> bool:
        """Call the next of every line that is drawn, where this process leads or nobody does."""
        for drop_id in await self._rows.unended():
            seen = await self._rows.seen(drop_id)
            if seen is not None and self._mine(seen):
                await self._call(seen)
        return False

    def _mine(self, seen: LineSeen) -> bool:
        line = seen.line
        if line.seed is None or seen.now < seen.row.definition.opens_at:
            return False
        return line.leader == self._leader or over(line.lease_until, seen.now)

    async def _call(self, seen: LineSeen) -> None:
        drop_id = seen.row.id
        command = CallNext(
            drop_id,
            (*item_pools(seen.row.definition), passes_pool(drop_id), reserved_pool(drop_id)),
            self._leader,
            LEASE_S,
            seen.late,
            self._latency_ms.get(drop_id, 0.0),
            1.0 if drop_id in self._failed else 0.0,
        )
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            outcome = await self._committer.submit(command)
        except TryAgainLater as error:
            self._failed.add(drop_id)
            log.warning("line %s: nobody is called: %s", drop_id, error)
            return
        self._failed.discard(drop_id)
        self._latency_ms[drop_id] = (loop.time() - began_s) * 1000
        if isinstance(outcome, Released) and seen.line.leader != self._leader:
            emit(LeaderChanged(drop_id))


def over(lease_until: datetime | None, now: datetime) -> bool:
    """Whether nobody leads any more."""
    return lease_until is None or now >= lease_until
