"""Keep the shop's public keys fresh in this process, so that no request ever waits for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class FreshKeys:
    """Calls `follow`, which fetches them; nudged where a token names a key that is not known yet."""

    name = "customer keys"

    def __init__(self, follow: Callable[[], Awaitable[object]]) -> None:
        self._follow = follow

    async def tick(self) -> bool:
        """Fetch once."""
        await self._follow()
        return False
