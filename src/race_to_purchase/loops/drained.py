"""Have this process know within about a second which gateways an operator drained, wherever it was said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class Drained:
    """Calls `follow`, which reads the few rows there are."""

    name = "drained"

    def __init__(self, follow: Callable[[], Awaitable[object]]) -> None:
        self._follow = follow

    async def tick(self) -> bool:
        """Look once."""
        await self._follow()
        return False
