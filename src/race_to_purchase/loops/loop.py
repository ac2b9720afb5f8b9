"""The one shape of background work: a `tick` that does what is due now, and a loop that calls it until it is stopped.

A tick says whether it left more to do; then the next follows at once, else after `interval_s`. A tick that fails is
logged and tried again, ever more slowly, so that a database that is gone is not hammered. Several processes run the
same loops beside each other: what a tick takes is leased or locked, or decided again by the committer.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Protocol

from race_to_purchase.errors import RaceError

log = logging.getLogger("race.loops")

BACK_OFF_S_MAX = 10.0


class Tick(Protocol):
    """What a loop does."""

    name: str

    async def tick(self) -> bool:
        """Do what is due; whether more is due already."""
        ...


class Loop:
    """Calls a tick until it is stopped."""

    def __init__(self, work: Tick, interval_s: float) -> None:
        assert interval_s > 0
        self.work = work
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None
        self._nudged = False
        self._pausing: asyncio.Future[None] | None = None

    def nudge(self) -> None:
        """There is something to do: tick soon, without waiting for the pause to end. After a failure it is waited."""
        self._nudged = True
        if self._pausing is not None:
            _wake(self._pausing)

    def start(self) -> None:
        """Begin; the first tick comes at once."""
        assert self._task is None, "a loop is started once"
        self._task = asyncio.create_task(self._run(), name=f"loop:{self.work.name}")

    async def stop(self) -> None:
        """End; a tick under way is cancelled, and what it had taken falls due again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        failures = 0
        while True:
            self._nudged = False
            try:
                more = await self.work.tick()
                failures = 0
            except RaceError as error:
                failures += 1
                more = False
                log.warning("loop %s waits: %s", self.work.name, error)
            except Exception:
                failures += 1
                more = False
                log.exception("loop %s failed", self.work.name)
            if not more:
                # Workers that were started together shall not tick together.
                pause_s = max(self._interval_s, min(BACK_OFF_S_MAX, self._interval_s * 2**failures))
                pause_s *= random.uniform(0.8, 1.2)
                if failures:
                    await asyncio.sleep(pause_s)
                elif not self._nudged:
                    await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        """Wait, at most until a nudge."""
        loop = asyncio.get_running_loop()
        self._pausing = loop.create_future()
        timer = loop.call_later(pause_s, _wake, self._pausing)
        try:
            await self._pausing
        finally:
            timer.cancel()
            self._pausing = None


def _wake(pausing: asyncio.Future[None]) -> None:
    if not pausing.done():
        pausing.set_result(None)
