"""Give stock back when its reservation's deadline has passed.

Two ticks share the work. `Expire` follows the clock: it looks only at deadlines since its last look, so its cost does
not grow with the table. `Sweep` walks all deadlines there ever were, hour by hour, twice after the start and then again
and again over the last minutes, for what a stopped engine or a locked row has left behind.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import DueCheckout, Reads
from race_to_purchase.rules.commands import Expire as ExpireCheckout

LIMIT = 500
"""Checkouts ended in one go, at most."""

OVERLAP = timedelta(seconds=5)
"""Looked at again each time: rows that were locked by somebody else at the last look."""

START_BACK = timedelta(minutes=10)
SWEEP_WINDOW = timedelta(hours=1)
WHOLE_WALKS = 2
"""The second one ends what was locked when the first one came by."""


async def _end(committer: Committer, due: list[DueCheckout]) -> None:
    if due:  # Gathering nothing costs two turns of the event loop.
        await asyncio.gather(
            *(committer.submit(ExpireCheckout(checkout.drop_id, checkout.id, checkout.pools)) for checkout in due)
        )


class Expire:
    """Ends what falls due now."""

    name = "expire"

    def __init__(self, committer: Committer, reads: Reads) -> None:
        self._committer = committer
        self._reads = reads
        self._since: datetime | None = None

    async def tick(self) -> bool:
        """End every checkout that fell due since the last tick."""
        now = await self._reads.now()
        since = self._since or now - START_BACK
        due = list(await self._reads.overdue(since, now, LIMIT))
        await _end(self._committer, due)
        if len(due) == LIMIT:
            self._since = due[-1].deadline
            return True
        self._since = now - OVERLAP
        return False


class Sweep:
    """Ends what was left behind, in windows of an hour of deadlines, so that no statement is long."""

    name = "sweep"

    def __init__(self, committer: Committer, reads: Reads) -> None:
        self._committer = committer
        self._reads = reads
        self._since: datetime | None = None
        self._walks = 0

    async def tick(self) -> bool:
        """Walk one window; after the first walks through all of them, only the last ten minutes again and again."""
        now = await self._reads.now()
        if self._since is None:
            first = await self._reads.first_deadline() if self._walks < WHOLE_WALKS else None
            self._since = first or now - START_BACK
        until = min(now, self._since + SWEEP_WINDOW)
        due = list(await self._reads.overdue(self._since, until, LIMIT))
        await _end(self._committer, due)
        if len(due) == LIMIT:
            self._since = due[-1].deadline
            return True
        self._since = until
        if until < now:
            return True
        self._since, self._walks = None, self._walks + 1
        return False
