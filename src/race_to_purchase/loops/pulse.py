"""Measure this process for metrics: does its event loop keep up, and what is in use?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.process import PulseTaken

NAP_S = 0.05
"""What the loop is asked to sleep; what it sleeps longer is its lag."""


class InUse(msgspec.Struct, frozen=True):
    """Commands that wait, connections that are open, those in use, and payments under way."""

    waiting: int
    connections: int
    connections_used: int
    paying: int


class Pulse:
    """See the module."""

    name = "pulse"

    def __init__(self, in_use: Callable[[], InUse]) -> None:
        self._in_use = in_use

    async def tick(self) -> bool:
        """One look."""
        loop = asyncio.get_running_loop()
        before_s = loop.time()
        await asyncio.sleep(NAP_S)
        lag_s = max(0.0, loop.time() - before_s - NAP_S)
        used = self._in_use()
        emit(PulseTaken(lag_s, used.waiting, used.connections, used.connections_used, used.paying))
        return False
