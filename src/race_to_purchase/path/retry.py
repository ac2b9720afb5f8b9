"""When it is worth asking again for what is all reserved: asked of the database once for everybody.

In the rush nearly every request is refused this way, and looking for the next deadline walks over what was paid
already; so one look answers a drop's refusals for as long as `FRESH_S`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from race_to_purchase.ports import Reads

FRESH_S = 0.5


class NextDeadlines:
    """The next deadline of each drop, half a second old at most."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._looks: dict[str, tuple[float, asyncio.Task[datetime | None]]] = {}

    async def of(self, drop_id: str) -> datetime | None:
        """When the drop's next reservation may lapse; None where nothing is held. DatabaseUnavailable."""
        looked_at_s, look = self._looks.get(drop_id, (-FRESH_S, None))
        now_s = asyncio.get_running_loop().time()
        if look is None or now_s - looked_at_s >= FRESH_S or (look.done() and look.exception() is not None):
            look = asyncio.create_task(self._reads.next_deadline(drop_id))
            self._looks[drop_id] = (now_s, look)
        # One caller that goes away must not take the answer from the others.
        return await asyncio.shield(look)
