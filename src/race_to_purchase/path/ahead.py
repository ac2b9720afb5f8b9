"""The place of a payment that waits for its turn, told by whichever process is asked.

The process in whose queue it waits knows the place. The others count in the rows who began to wait there before, in all
processes together; one look answers everybody who asks about a gateway for as long as `FRESH_S`.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from race_to_purchase.path.choice import queue_of
from race_to_purchase.ports import Gateway, Reads
from race_to_purchase.rules.rows import Attempt

FRESH_S = 1.0


class Ahead:
    """See the module."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._looks: dict[str, tuple[float, asyncio.Task[Sequence[datetime]]]] = {}

    async def position(self, gateway: Gateway, attempt: Attempt) -> int | None:
        """1 for the next to be sent; None where the attempt does not wait for its turn. DatabaseUnavailable."""
        if attempt.state != "prepared":
            return None
        here = queue_of(gateway).position(attempt.key)
        return here if here is not None else bisect_left(await self._waiting(gateway.name), attempt.began_at) + 1

    async def _waiting(self, gateway: str) -> Sequence[datetime]:
        looked_at_s, look = self._looks.get(gateway, (-FRESH_S, None))
        now_s = asyncio.get_running_loop().time()
        if look is None or now_s - looked_at_s >= FRESH_S or (look.done() and look.exception() is not None):
            look = asyncio.create_task(self._reads.waiting_since(gateway))
            self._looks[gateway] = (now_s, look)
        # One caller that goes away must not take the answer from the others.
        return await asyncio.shield(look)
