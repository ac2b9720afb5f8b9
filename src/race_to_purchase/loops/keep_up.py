"""Follow the counts of the latest sales before anybody looks, so that the console opens with an hour of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from race_to_purchase.ports import Reads

SALES = 3
"""So many are followed; whoever looks at another one waits until its past has been read."""

AHEAD = timedelta(minutes=10)

Follow = Callable[[str, datetime, datetime], Awaitable[None]]
"""Read what is new of a drop, by its id, when it opened, and now."""


class KeepUp:
    """At a tick it reads what has come since the last one: a few rows a sale, and all of its past the first time."""

    name = "keep_up"

    def __init__(self, reads: Reads, follow: Follow) -> None:
        self._reads = reads
        self._follow = follow

    async def tick(self) -> bool:
        """Follow those on sale, the latest first."""
        now = await self._reads.now()
        on_sale = [
            row.definition
            for row in await self._reads.drops()
            if row.closed_at is None
            and row.definition.opens_at <= now + AHEAD
            and (row.definition.closes_at is None or row.definition.closes_at > now)
        ]
        for drop in on_sale[:SALES]:
            await self._follow(drop.id, drop.opens_at, now)
        return False
