"""A time limit that is the same for all who wait, kept by one timer for all of them.

`asyncio.timeout` makes, checks and cancels a timer for each. That is some 10 µs, three times a payment, for calls that
nearly always return in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Within:
    """Waits for `seconds` at most. Everybody's limit is the same, so who came first is late first."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waiting: dict[asyncio.Task[object], float] = {}
        """Until when, in the order in which that comes."""
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """What it gives; TimeoutError where it takes too long: it is cancelled then, as by `asyncio.timeout`.

        A task waits for one thing at a time here.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None and task not in self._waiting
        cancelling = task.cancelling()
        self._waiting[task] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_later(self.seconds, self._look)
        try:
            given = await awaitable
        except asyncio.CancelledError:
            if self._was_late(task) and task.cancelling() <= cancelling:
                raise TimeoutError from None
            raise
        except BaseException:
            self._was_late(task)
            raise
        self._was_late(task)
        return given

    def _was_late(self, task: asyncio.Task[object]) -> bool:
        """Whether we have ended its waiting, which is taken back: whoever cancels it besides us counts apart."""
        if self._waiting.pop(task, None) is not None:
            return False
        task.uncancel()
        return True

    def _look(self) -> None:
        """End what is late, and look again when the next one will be."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while self._waiting:
            task, until_s = next(iter(self._waiting.items()))
            if until_s > now_s:
                self._timer = loop.call_at(until_s, self._look)
                return
            del self._waiting[task]
            task.cancel()
