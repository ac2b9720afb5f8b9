"""Look at the rows every few seconds for metrics: stock, reservations, what is owed, what was found wrong.

Every process does, so that each can say it; nothing here is read on the way of a purchase.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import get_args

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.rows import (
    AftersaleSeen,
    HoldsSeen,
    InboxSeen,
    InboxState,
    ReconciliationSeen,
    StockSeen,
    TasksSeen,
)
from race_to_purchase.ports import AftersaleReads, Inbox, Reads, Vitals
from race_to_purchase.rules.rows import Pool, TaskKind

DEADLINES_MAX = 5_000
TASKS_MAX = 10_000
DROPS_MAX = 50
DISPUTED_WITHIN = timedelta(days=120)
AFTERSALE_SHARE = 0.002
"""Counting the orders of months may take that share of the time: of few it is done at each look, of many seldom."""

Reconciliation = Callable[[], Awaitable[tuple[float | None, int]]]
"""The lag of reconciliation in seconds, and how many findings are open."""


class Survey:
    """See the module. `gateways` are the names whose messages there may be."""

    name = "survey"

    def __init__(
        self,
        reads: Reads,
        vitals: Vitals,
        inbox: Inbox,
        aftersale: AftersaleReads,
        gateways: Sequence[str],
        reconciliation: Reconciliation,
    ) -> None:
        self._reads = reads
        self._vitals = vitals
        self._inbox = inbox
        self._aftersale = aftersale
        self._gateways = gateways
        self._reconciliation = reconciliation
        self._aftersale_due_s = 0.0

    async def tick(self) -> bool:
        """One look at everything."""
        await self._stock()
        holds = await self._vitals.holds(DEADLINES_MAX)
        emit(HoldsSeen(holds.expiring, holds.overdue))
        await self._owed()
        await self._messages()
        lag_s, findings = await self._reconciliation()
        emit(ReconciliationSeen(lag_s or 0.0, findings))
        if asyncio.get_running_loop().time() >= self._aftersale_due_s:
            await self._disputes()
        return False

    async def _stock(self) -> None:
        for row in (await self._reads.drops())[:DROPS_MAX]:
            if row.closed_at is None:
                for pool in await self._reads.shared_pools(row.id):
                    emit(_seen(pool))

    async def _owed(self) -> None:
        due = {each.kind: each for each in await self._vitals.tasks_due(TASKS_MAX)}
        for kind in get_args(TaskKind):
            found = due.get(kind)
            emit(TasksSeen(kind, found.due if found else 0, found.oldest_s if found else 0.0))

    async def _messages(self) -> None:
        now = await self._reads.now()
        found = {(gateway, state): [0, 0.0] for gateway in self._gateways for state in get_args(InboxState)}
        for heap in await self._inbox.heaps():
            seen = found.setdefault((heap.gateway, heap.state), [0, 0.0])
            seen[0] += heap.messages
            seen[1] = max(seen[1], (now - heap.oldest_at).total_seconds())
        for (gateway, state), (messages, oldest_s) in found.items():
            emit(InboxSeen(gateway, state, int(messages), oldest_s))

    async def _disputes(self) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        counts = await self._aftersale.aftersale_counts(await self._reads.now() - DISPUTED_WITHIN)
        emit(AftersaleSeen(counts.orders, counts.disputed))
        self._aftersale_due_s = loop.time() + (loop.time() - began_s) / AFTERSALE_SHARE


def _seen(pool: Pool) -> StockSeen:
    """`aurora-1/item/shoe` is `shoe`; what is in flight, and promo codes, keep the word before their name."""
    name = pool.id.removeprefix(f"{pool.drop_id}/").removeprefix("item/")
    free_ratio = pool.free / pool.capacity if pool.capacity else 0.0
    return StockSeen(pool.drop_id, name, pool.capacity, pool.held, pool.sold, free_ratio)
