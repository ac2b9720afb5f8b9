"""Positions in the queue before a gateway, told by whichever process is asked.

The process in whose queue it waits knows the place. The others count in the rows who began to wait there before, in all
processes together; one look answers everybody who asks about a gateway for as long as `FRESH_S`.
"""

from __future__ import annotations

from bisect import bisect_left

from race_to_purchase.path.choice import queue_of
from race_to_purchase.path.looks import Looks
from race_to_purchase.ports import Gateway, Reads
from race_to_purchase.rules.rows import Attempt

FRESH_S = 1.0


class Positions:
    """See the module."""

    def __init__(self, reads: Reads) -> None:
        self._waiting = Looks(reads.waiting_since, FRESH_S)

    async def of(self, gateway: Gateway, attempt: Attempt) -> int | None:
        """1 for the next to be sent; None where the attempt does not wait for its turn. DatabaseUnavailable."""
        if attempt.state != "prepared":
            return None
        here = queue_of(gateway).position(attempt.key)
        return here if here is not None else bisect_left(await self._waiting.of(gateway.name), attempt.began_at) + 1
