"""Forget idempotency keys once no client can reasonably repeat them any more."""

from __future__ import annotations

from race_to_purchase.ports import Reads

KEPT_S = 48 * 3600.0
LIMIT = 2000


class Forget:
    """Deletes old keys in small statements."""

    name = "forget"

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def tick(self) -> bool:
        """Delete some; whether there may be more."""
        return await self._reads.forget_keys(KEPT_S, LIMIT) == LIMIT
