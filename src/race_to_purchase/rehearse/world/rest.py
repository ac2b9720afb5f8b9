"""How a world comes to rest: the faults end, and the loops do what is owed, however far in the future that is due."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from race_to_purchase.errors import RaceError
from race_to_purchase.loops.loop import Tick
from race_to_purchase.ports import Rejected
from race_to_purchase.rehearse.world.gateway import LATE_S
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.process import Gone, Process

if TYPE_CHECKING:
    from race_to_purchase.rehearse.world.monkey import Monkey

ROUNDS_MAX = 600
TICKS_MAX = 60


class Rest:
    """See the module."""

    def __init__(self, world: World, monkey: Monkey) -> None:
        self._world = world
        self._monkey = monkey
        self._rows = world.database.store.rows

    async def come(self) -> None:
        """Until nothing is owed, held or under way; a world that never gets there is broken."""
        world = self._world
        world.resting = True
        for process in world.processes:
            if process.up and not process.stopping:
                await self._stop_loops(process)
        for number in range(ROUNDS_MAX):
            if number >= world.plan.rest_rounds or not (self._owes() or self._frozen()):
                self._end_faults()
            elif world.chance.random() < 0.15:
                self._monkey.deed()
            await self._round()
            if not self._owes() and not world.chaos.on:
                # What is still on its way to the gateway arrives now, or never.
                await world.pause(2 * LATE_S[1])
                if not self._owes():
                    break
        else:
            world.violated("never_at_rest", "", f"tasks {list(self._rows.tasks)}, live {list(self._rows.live)}")
        for process in world.processes:
            await world.fate.stop(process, restart=False)
        for pool in self._rows.pools.values():
            if pool.held:
                world.violated("held_at_rest", pool.id, f"{pool.held} held")

    def _end_faults(self) -> None:
        world = self._world
        world.chaos.on = False
        world.gateways_up()
        world.database.come_back()
        for process in world.processes:
            process.owner.fuse = 0

    async def _stop_loops(self, process: Process) -> None:
        async def stop() -> None:
            await asyncio.gather(*(loop.stop() for loop in process.loops))
            process.loops.clear()

        await self._try(process, stop())

    async def _round(self) -> None:
        world = self._world
        process = world.somebody()
        if process is None:
            await world.pause(1.0)
            return
        for tick in process.ticks:
            if self._has_work(tick):
                await self._tick(process, tick)
        await self._try(process, process.purchase.drain(60.0))
        await self._try(process, process.refunds.drain(60.0))
        if self._frozen() and world.chaos.on:
            await world.pause(20.0)
        elif self._owes():
            await world.pause(max(0.05, (self._next() - world.database.now()).total_seconds() + 0.01))

    async def _tick(self, process: Process, tick: Tick) -> None:
        for _ in range(TICKS_MAX):
            if not process.up or not await self._try(process, tick.tick()):
                return

    async def _try(self, process: Process, work: object) -> object:
        try:
            async with asyncio.timeout(300):
                return await process.call(work)  # type: ignore[arg-type]  # any coroutine
        except (Gone, TimeoutError, RaceError, Rejected):
            return None

    def _has_work(self, tick: Tick) -> bool:
        """Whether it would find anything; days of looking at nothing prove nothing."""
        if tick.name in ("expire", "sweep"):
            return bool(self._rows.live)
        if tick.name.startswith("inbox "):
            return bool(self._world.plan.webhooks)
        now = self._world.database.now()
        return any(task.kind == tick.name and task.due_at <= now for task in self._rows.tasks.values())

    def _owes(self) -> bool:
        return bool(self._rows.tasks or self._rows.live)

    def _frozen(self) -> bool:
        """Whether a process stands still; what it does when it goes on is worth some faults, too."""
        return any(process.up and process.owner.parked is not None for process in self._world.processes)

    def _next(self) -> datetime:
        dues: list[datetime] = [task.due_at for task in self._rows.tasks.values()]
        dues += [self._rows.checkouts[checkout_id].deadline for checkout_id in self._rows.live]
        return min(dues)
