"""The console's questions: a drop as it stands, its charts, a search, and one purchase from end to end.

A drop is looked at once a second in a process, however many ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.console.overview import overview_of
from race_to_purchase.operate.console.points import SPAN_S, Series, Span, series_of, span_of, whole_sale
from race_to_purchase.operate.console.shapes import NetworkSeen, Overview
from race_to_purchase.operate.console.watch import Watch
from race_to_purchase.path.counted import Counted as GatewayCounted
from race_to_purchase.ports import Acted, ConsoleReads, Found, Purchase, Reads, SeriesStore

FRESH_S = 0.95
WATCHED_MAX = 10
"""Drops that are followed at once; the one that nobody looked at for longest is forgotten for a further one."""

KNOWN = timedelta(seconds=SPAN_S)
ACTIONS = 30
FOUND_MAX = 20
HISTORY_MAX = 200


class _Followed:
    def __init__(self, series: SeriesStore, drop: str) -> None:
        self.watch = Watch(series, drop)
        self.turn = asyncio.Lock()
        self.told: Overview | None = None
        self.told_s = float("-inf")
        self.drawn: dict[Span, Series] = {}
        """Since it was told: whoever watches asks for the same charts, at other moments."""


class ConsoleQueries:
    """Looks, and changes nothing. `gateways` tells what this process counted of each, `networks` whence much comes."""

    def __init__(
        self,
        reads: Reads,
        rows: ConsoleReads,
        series: SeriesStore,
        gateways: Callable[[], Sequence[GatewayCounted]],
        networks: Callable[[], Sequence[NetworkSeen]],
        slo: Slo,
    ) -> None:
        self._reads = reads
        self._rows = rows
        self._series = series
        self._gateways = gateways
        self._networks = networks
        self._slo = slo
        self._followed: dict[str, _Followed] = {}

    async def overview(self, drop: str) -> Overview | None:
        """The drop as it stands, up to a second old; None where there is none."""
        now_s = asyncio.get_running_loop().time
        followed = self._follow(drop)
        async with followed.turn:
            if now_s() - followed.told_s < FRESH_S:
                return followed.told
            rows = await self._rows.rows_now(drop, ACTIONS)
            if rows is None:
                self._followed.pop(drop, None)
                return None
            await followed.watch.follow(rows.definition.opens_at, rows.now)
            followed.told = overview_of(rows, followed.watch, self._gateways(), self._networks(), self._slo)
            followed.told_s = now_s()
            followed.drawn.clear()
            return followed.told

    async def keep_up(self, drop: str, opened: datetime, now: datetime) -> None:
        """Read what is new of a drop, though nobody looks at it: its past is there when somebody does."""
        followed = self._follow(drop)
        async with followed.turn:
            await followed.watch.follow(opened, now)

    async def series(
        self, drop: str, since: datetime | None = None, until: datetime | None = None, step_s: int | None = None
    ) -> Series | None:
        """Its charts, of the whole sale where nothing else is asked for; None where there is no such drop."""
        seen = await self.overview(drop)
        if seen is None:
            return None
        followed = self._follow(drop)
        known = seen.counted_at or seen.now  # What comes after would look as if everything had just become less.
        last = min(until or known, known)
        first = max(since or whole_sale(seen.now, seen.drop.opens_at), seen.since, seen.now - KNOWN)
        span = span_of(min(first, last), last, step_s)
        if span not in followed.drawn:
            followed.drawn[span] = series_of(followed.watch.points.values(), span)
        return followed.drawn[span]

    async def search(self, text: str, hours: float) -> Sequence[Found]:
        """Checkouts that fit `text`, begun in the last `hours` unless it is their id; TooMuchToSearch."""
        since = await self._reads.now() - timedelta(hours=hours)
        return await self._rows.search(text, since, FOUND_MAX)

    async def purchase(self, checkout_id: str) -> Purchase | None:
        """All that is stored of one purchase."""
        return await self._rows.purchase(checkout_id)

    async def actions(self, drop: str) -> Sequence[Acted]:
        """The audit trail of a drop and of all gateways, the newest first."""
        return await self._rows.actions(drop, HISTORY_MAX)

    def forget(self, drop: str) -> None:
        """Look anew at the next question: somebody has just changed something."""
        if drop in self._followed:
            self._followed[drop].told_s = float("-inf")

    def _follow(self, drop: str) -> _Followed:
        followed = self._followed.pop(drop, None)
        if followed is None:
            if len(self._followed) >= WATCHED_MAX:
                del self._followed[next(iter(self._followed))]
            followed = _Followed(self._series, drop)
        self._followed[drop] = followed
        return followed
