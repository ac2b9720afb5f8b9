"""The one writer: what arrives while a commit is on its way to the disk goes together into the next one.

No timer is involved. Work is plain code that runs on the event loop, one piece after the other, inside one transaction;
only the commit, which waits for the disk, runs in a thread of its own. Nobody is answered before it has returned.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from race_to_purchase.gateways.simulator.store import Store

log = logging.getLogger("race.gateway")

Result = TypeVar("Result")

BATCH_MAX = 128
"""Enough to share a commit, few enough not to keep the event loop for long."""


class Writer:
    """Runs pieces of work in transactions; all methods belong to one event loop.

    A piece that raises is undone alone. A commit that fails is the failure of every piece in it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._working: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="gateway-disk")

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns, once it is durable. Raises what it raises, and sqlite3.Error."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((work, answer))
        if self._working is None:
            self._working = loop.create_task(self._work())
        return await answer

    async def finish(self) -> None:
        """Wait until all work is done, then let go of the thread."""
        while self._working is not None:
            await asyncio.wait([self._working])
        self._disk.shutdown()

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
                await self._batch(taken)
        finally:
            self._working = None

    async def _batch(self, batch: list[tuple[Callable[[], Any], asyncio.Future[Any]]]) -> None:
        try:
            self._store.begin()
            results = [self._piece(work) for work, _ in batch]
            await asyncio.get_running_loop().run_in_executor(self._disk, self._store.commit)
        except Exception as error:
            log.exception("a commit of %d calls failed", len(batch))
            self._store.give_up()
            results = [error] * len(batch)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

    def _piece(self, work: Callable[[], Any]) -> Any:
        self._store.mark()
        try:
            result = work()
        except Exception as error:
            self._store.undo()
            return error
        self._store.keep()
        return result
