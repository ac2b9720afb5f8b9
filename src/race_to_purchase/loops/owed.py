"""Take over what purchases still owe the world outside: resolve, capture, void, deliver, refund.

Each kind has its own loop, so that a slow merchant does not hold up a void. A task is leased while it is worked on;
the step itself, and what follows from it, is the path's.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from race_to_purchase.observe.request import followed, resume
from race_to_purchase.ports import Reads
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Task, TaskKind

log = logging.getLogger("race.loops")

AT_ONCE = 50
"""Tasks of one kind that a process works on at the same time."""

LEASE_S = 60.0
"""Longer than any single step, so that no other process starts it meanwhile."""


class Path(Protocol):
    """What does a task's step: `Purchase` before the order's end, `Refunds` after it."""

    async def take_over(self, task: Task) -> Outcome | None:
        """Do the step, from the rows alone; None where there is nothing left to do."""
        ...


class Owed:
    """Works off the due tasks of one kind."""

    def __init__(self, kind: TaskKind, path: Path, reads: Reads) -> None:
        self.name: str = kind
        self._kind: TaskKind = kind
        self._path = path
        self._reads = reads

    async def tick(self) -> bool:
        """Take what is due and do it, all beside each other."""
        tasks = await self._reads.take_tasks([self._kind], AT_ONCE, LEASE_S)
        if tasks:  # Gathering nothing costs two turns of the event loop.
            await asyncio.gather(*(self._do(task) for task in tasks))
        return len(tasks) == AT_ONCE

    async def _trace(self, task: Task) -> str:
        """The trace of the request that the step is owed to; it is only looked up where traces are followed."""
        if not followed():
            return ""
        lines = [line.traceparent for line in await self._reads.history(task.checkout_id) if line.traceparent]
        return lines[-1] if lines else ""

    async def _do(self, task: Task) -> None:
        """One task; if it fails for a reason of ours, its lease runs out and it is tried again."""
        try:
            resume(await self._trace(task))
            outcome = await self._path.take_over(task)
            log.debug("task %s: %s", task.id, outcome)
        except Exception:
            log.exception("task %s (%s) failed and will be tried again", task.id, task.kind)
