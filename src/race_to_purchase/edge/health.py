"""Whether this process lives, and whether it can serve: what load balancers and orchestrators ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from race_to_purchase.edge.call import Call
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.rules.answers import Answer

READY_TIMEOUT_S = 2.0

_OK = Answer(200, b'{"status":"ok"}')


class Health:
    """Handlers of `/healthz` and `/readyz`. `ready` raises DatabaseUnavailable where it cannot serve."""

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready

    async def alive(self, call: Call) -> Answer:
        """GET /healthz: the process answers. It does not ask the database: restarting us would not heal that."""
        return _OK

    async def ready(self, call: Call) -> Answer:
        """GET /readyz: the database answers, in time."""
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await self._ready()
        except TimeoutError:
            raise DatabaseUnavailable(reason=f"no answer in {READY_TIMEOUT_S:g} s") from None
        return _OK
