"""Have this process know within about a second which keys of operators count, and keep when each was used last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class FollowKeys:
    """Calls `follow`, which reads the few rows there are."""

    name = "admin keys"

    def __init__(self, follow: Callable[[], Awaitable[object]]) -> None:
        self._follow = follow

    async def tick(self) -> bool:
        """Look once."""
        await self._follow()
        return False


class NoteKeysUsed:
    """Calls `note`, which writes where a key was used, and not at all where none was."""

    name = "admin keys used"

    def __init__(self, note: Callable[[], Awaitable[object]]) -> None:
        self._note = note

    async def tick(self) -> bool:
        """Write once."""
        await self._note()
        return False
