"""Calls in batches: what arrives while a transaction runs goes together into the next one. No timer is involved.

An idle batcher runs a call at once; a busy one forms batches by itself, as large as the load makes them. It knows
nothing of what the calls mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Call = TypeVar("Call")
Answer = TypeVar("Answer")

BATCH_MAX = 512
"""Enough for the fixed cost of a transaction to vanish, few enough to stay a matter of milliseconds."""


class Batcher(Generic[Call, Answer]):
    """Runs calls in batches, one batch at a time, in the order of their arrival.

    `run` gets at least one call and gives as many answers, in the same order. An exception among the answers is
    raised to its caller alone; one that `run` raises goes to every caller of the batch.
    """

    def __init__(
        self, run: Callable[[Sequence[Call]], Awaitable[Sequence[Answer | Exception]]], batch_max: int = BATCH_MAX
    ) -> None:
        self._run = run
        self._batch_max = batch_max
        self._waiting: list[tuple[Call, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def submit(self, call: Call) -> Answer:
        """The answer to `call`. A caller that is cancelled leaves its call to run, if it has begun."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((call, answer))
        if self._working is None:
            self._working = loop.create_task(self._work())
        return await answer

    async def finish(self) -> None:
        """Wait until every call that was submitted has its answer."""
        while self._working is not None:
            await asyncio.wait([self._working])

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[: self._batch_max], self._waiting[self._batch_max :]
                wanted = [pair for pair in taken if not pair[1].done()]
                if wanted:
                    await self._answer(wanted)
        finally:
            self._working = None
            for _, answer in self._waiting:  # Only where this task was cancelled: nobody is to wait for ever.
                answer.cancel()

    async def _answer(self, batch: list[tuple[Call, asyncio.Future[Answer]]]) -> None:
        try:
            results = await self._run([call for call, _ in batch])
        except Exception as error:
            results = [error] * len(batch)
        except BaseException:
            for _, answer in batch:
                answer.cancel()
            raise
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
