"""A tick that makes one call each time: for what follows rows, or writes down, and knows itself what is new."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class Calls:
    """`name` is the loop's, in logs."""

    def __init__(self, name: str, call: Callable[[], Awaitable[object]]) -> None:
        self.name = name
        self._call = call

    async def tick(self) -> bool:
        """Make the call; there is never more to do at once."""
        await self._call()
        return False
