"""One look at the rows answers everybody who asks the same, while it is under way and for a moment afterwards.

In a rush thousands ask one question within a second, and none of them needs an answer of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

Seen = TypeVar("Seen")

KEPT_MAX = 1000


class Looks(Generic[Seen]):
    """Calls `look` with what is asked about, at most once at a time; what it gave counts for `fresh_s` from its start.

    A look that failed is not kept. Of more than `kept_max` the oldest is forgotten.
    """

    def __init__(
        self, look: Callable[[str], Coroutine[Any, Any, Seen]], fresh_s: float, kept_max: int = KEPT_MAX
    ) -> None:
        self._look = look
        self.fresh_s = fresh_s
        self._kept_max = kept_max
        self._looks: dict[str, tuple[float, asyncio.Task[Seen]]] = {}

    def __len__(self) -> int:
        return len(self._looks)

    async def of(self, name: str) -> Seen:
        """What was seen of `name`; raises what the look raised."""
        kept = self._looks.get(name)
        look = kept[1] if kept is not None and self._counts(*kept) else self._begin(name)
        # One caller that goes away must not take the answer from the others.
        return look.result() if look.done() else await asyncio.shield(look)

    def _counts(self, began_s: float, look: asyncio.Task[Seen]) -> bool:
        if not look.done():
            return True
        failed = look.cancelled() or look.exception() is not None
        return not failed and look.get_loop().time() - began_s < self.fresh_s

    def _begin(self, name: str) -> asyncio.Task[Seen]:
        self._looks.pop(name, None)
        if len(self._looks) >= self._kept_max:
            del self._looks[next(iter(self._looks))]
        look = asyncio.create_task(self._look(name))
        self._looks[name] = (asyncio.get_running_loop().time(), look)
        return look
