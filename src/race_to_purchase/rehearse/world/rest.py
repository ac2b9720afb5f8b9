"""How a world comes to rest: the faults end, and the loops do what is owed, however far in the future that is due."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from race_to_purchase.errors import RaceError
from race_to_purchase.loops.loop import Tick
from race_to_purchase.ports import Rejected
from race_to_purchase.rehearse.world.gateway import LATE_S
from race_to_purchase.rehearse.world.loop import at_once
from race_to_purchase.rehearse.world.parts import Monkey, Process, World
from race_to_purchase.rehearse.world.requests import Gone
from race_to_purchase.rehearse.world.wrongs import Wrongs
from race_to_purchase.rules.decide.waiting import NOT_ASKED_BEFORE
from race_to_purchase.rules.messages import Kept
from race_to_purchase.rules.rows import Task

T = TypeVar("T")

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
        await self.quiet()
        if world.plan.wrongs and not world.loop.halted:
            await Wrongs(world, self).put_right()
        for process in world.processes:
            while process.up and process.busy and not world.loop.halted:
                await world.pause(1.0)
            await world.fate.stop(process, restart=False)
        for pool in self._rows.pools.values():
            if pool.held:
                world.violated("held_at_rest", pool.id, f"{pool.held} held")

    async def quiet(self) -> None:
        """Until nothing is owed."""
        world = self._world
        for number in range(ROUNDS_MAX):
            if number >= world.plan.rest_rounds or not (self._owes() or self._frozen()):
                self.end_faults()
            elif world.chance.random() < 0.15:
                self._monkey.deed()
            await self.round()
            if not self._owes() and not world.chaos.on:
                # What is still on its way to the gateway arrives now, or never.
                await world.pause(2 * LATE_S[1])
                if not self._owes():
                    break
        else:
            world.violated("never_at_rest", "", f"tasks {list(self._rows.tasks)}, live {list(self._rows.live)}")

    def end_faults(self) -> None:
        """From now on nothing goes wrong."""
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

        await self.attempt(process, stop())

    async def round(self) -> None:
        """One process does everything that is due, and time passes until more is."""
        world = self._world
        process = world.somebody()
        if process is None:
            await world.pause(1.0)
            return
        for tick in process.ticks:
            if self._has_work(tick.name):
                await self._tick(process, tick)
        if not world.chaos.on:
            for task in self._left_to_people():
                await self.attempt(process, process.purchase.take_over(task))
        await self.attempt(process, _drain(process))
        if self._frozen() and world.chaos.on:
            await world.pause(20.0)
        elif self._owes():
            await world.pause(max(0.05, (self._next() - world.database.now()).total_seconds() + 0.01))

    async def _tick(self, process: Process, tick: Tick) -> None:
        for _ in range(TICKS_MAX):
            if not process.up or not await self.attempt(process, tick.tick()):
                return

    async def attempt(self, process: Process, work: Coroutine[Any, Any, T]) -> T | None:
        """Let a process do some work; None where it does not come to its end."""
        try:
            return await self._world.wait(process.call(work), 300.0)
        except (Gone, TimeoutError, RaceError, Rejected):
            return None

    def _has_work(self, name: str) -> bool:
        """Whether a tick of that name would find anything; days of looking at nothing prove nothing.

        Not reconciliation, which is for when everything else has been done: see Wrongs.
        """
        if name in ("expire", "sweep"):
            return bool(self._rows.live)
        if name.startswith("inbox "):
            return bool(self._unread())
        now = self._world.database.now()
        return any([task.kind == name and task.due_at <= now for task in self._rows.tasks.values()])

    def _owes(self) -> bool:
        return bool(self._rows.tasks or self._rows.live or self._unread())

    def _left_to_people(self) -> list[Task]:
        """What no loop asks about any more: now that the gateways are well again, somebody does."""
        return [task for task in self._rows.tasks.values() if task.due_at == NOT_ASKED_BEFORE]

    def _unread(self) -> Sequence[Kept]:
        """Messages that wait to be worked on, the soonest due first; those about nothing of ours wait for nobody."""
        return at_once(self._world.database.inbox.listed("waiting", 1))

    def _frozen(self) -> bool:
        """Whether a process stands still; what it does when it goes on is worth some faults, too."""
        return any(process.up and process.owner.parked is not None for process in self._world.processes)

    def _next(self) -> datetime:
        dues = [task.due_at for task in self._rows.tasks.values() if task.due_at != NOT_ASKED_BEFORE]
        dues += [message.due_at for message in self._unread() if message.due_at is not None]
        dues += [self._rows.checkouts[checkout_id].deadline for checkout_id in self._rows.live]
        now: datetime = self._world.database.now()
        return min(dues, default=now)


async def _drain(process: Process) -> None:
    """Let everything that is under way come to its end."""
    await process.purchase.drain(60.0)
    await process.refunds.drain(60.0)
