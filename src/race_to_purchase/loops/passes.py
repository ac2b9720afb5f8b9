"""Give back the places of passes whose time is up."""

from __future__ import annotations

import asyncio

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import LineRows
from race_to_purchase.rules.drop import passes_pool, ticket_pool
from race_to_purchase.rules.line.commands import ExpirePass

LIMIT = 500
"""Passes ended in one go, at most."""


class ExpirePasses:
    """Ends what falls due; who else found it, too, finds it done."""

    name = "passes"

    def __init__(self, committer: Committer, rows: LineRows) -> None:
        self._committer = committer
        self._rows = rows

    async def tick(self) -> bool:
        """End the passes that are due; whether there may be more."""
        due = await self._rows.passes_due(LIMIT)
        await asyncio.gather(
            *(
                self._committer.submit(ExpirePass(drop_id, (passes_pool(drop_id), ticket_pool(drop_id, tid)), tid))
                for drop_id, tid in due
            )
        )
        return len(due) == LIMIT
