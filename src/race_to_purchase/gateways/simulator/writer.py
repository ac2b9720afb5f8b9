"""The one writer: what arrives while a commit is on its way to the disk goes together into the next one.

No timer is involved. Work is plain code that runs on the event loop, one piece after the other, inside one transaction;
only the commit, which waits for the disk, runs in a thread of its own. Nobody is answered before it has returned.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from race_to_purchase.batching import Batcher
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
        self._pieces: Batcher[Callable[[], Any], Any] = Batcher(self._batch, BATCH_MAX)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="gateway-disk")

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns, once it is durable. Raises what it raises, and sqlite3.Error."""
        return cast("Result", await self._pieces.submit(work))

    async def finish(self) -> None:
        """Wait until all work is done, then let go of the thread."""
        await self._pieces.finish()
        self._disk.shutdown()

    async def _batch(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        try:
            self._store.begin()
            results = [self._piece(work) for work in works]
            await asyncio.get_running_loop().run_in_executor(self._disk, self._store.commit)
        except Exception:
            log.exception("a commit of %d calls failed", len(works))
            self._store.give_up()
            raise
        return results

    def _piece(self, work: Callable[[], Any]) -> Any:
        self._store.mark()
        try:
            result = work()
        except Exception as error:
            self._store.undo()
            return error
        self._store.keep()
        return result
