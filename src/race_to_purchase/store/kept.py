"""Connections that go from one batch to the next without the pool in between.

Taking a connection from asyncpg's pool and returning it costs a timer, a task and a turn of the loop: some 80 µs of
processor time, which a batch of one command pays for itself. So the next batch gets the connection of one that has
just ended well. All that are kept go back to the pool every `KEPT_S`, whether they are used or not: whoever waits for
one waits no longer than that, and the pool goes on to count, replace and close them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import asyncpg

log = logging.getLogger("race.store")

KEPT_S = 0.05

KEPT_MAX = 2
"""As many as one partition has under way: a batch that is written, and one that is decided meanwhile."""


class Kept:
    """Hands out connections of a pool whose `size` is the most it has; of one connection none is kept."""

    def __init__(self, pool: asyncpg.Pool, size: int, timeout_s: float) -> None:
        self._pool = pool
        self._most = min(KEPT_MAX, size // 2)
        self._timeout_s = timeout_s
        self._idle: list[Any] = []
        self._due: asyncio.TimerHandle | None = None
        self._returning: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._idle)

    async def take(self) -> Any:
        """A connection: one that is kept, or else one of the pool."""
        while self._idle:
            connection = self._idle.pop()
            if _is_alive(connection):
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire(timeout=self._timeout_s)

    async def give(self, connection: Any, *, sound: bool) -> None:
        """Give it back. It is `sound` if nothing was open or went wrong; only then may it be kept."""
        if not sound or len(self._idle) >= self._most or not _is_alive(connection):
            await self._pool.release(connection)
            return
        self._idle.append(connection)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(KEPT_S, self._return_soon)

    async def close(self) -> None:
        """Return what is kept to the pool."""
        if self._due is not None:
            self._due.cancel()
        await self._return()
        await asyncio.gather(*self._returning)

    def _return_soon(self) -> None:
        self._due = None
        task = asyncio.create_task(self._return(), name="return connections")
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _return(self) -> None:
        while self._idle:
            connection = self._idle.pop()
            try:
                await self._pool.release(connection)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as gone:
                log.debug("a connection broke while nobody used it: %s", gone)


def _is_alive(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # It broke, and the pool has taken it back already.
        return False
