"""Forget what is old: keys that no client can reasonably repeat any more, gateways' messages, counts, carts."""

from __future__ import annotations

from race_to_purchase.ports import Carts, Inbox, Reads, SeriesStore

KEPT_S = 48 * 3600.0
LIMIT = 2000

DONE_KEPT_S = 30 * 86_400.0
"""A message that was worked on. No gateway sends one again after so long."""

LEFT_KEPT_S = 180 * 86_400.0
"""One that was given up, and that somebody may still want to look into."""

SERIES_KEPT_S = 90 * 86_400.0
"""What was counted; a report can be written as long."""


class Forget:
    """Deletes old rows in small statements."""

    name = "forget"

    def __init__(self, reads: Reads, inbox: Inbox | None = None, series: SeriesStore | None = None) -> None:
        self._reads = reads
        self._inbox = inbox
        self._series = series

    async def tick(self) -> bool:
        """Delete some; whether there may be more."""
        keys = await self._reads.forget_keys(KEPT_S, LIMIT)
        messages = await self._inbox.forget(DONE_KEPT_S, LEFT_KEPT_S, LIMIT) if self._inbox is not None else 0
        slices = await self._series.forget(SERIES_KEPT_S, LIMIT) if self._series is not None else 0
        return LIMIT in (keys, messages, slices)


class ForgetCarts:
    """Deletes carts that nobody has changed for `kept_s`."""

    name = "forget carts"

    def __init__(self, carts: Carts, kept_s: float) -> None:
        self._carts = carts
        self._kept_s = kept_s

    async def tick(self) -> bool:
        """Delete some; whether there may be more."""
        return await self._carts.forget(self._kept_s, LIMIT) == LIMIT
