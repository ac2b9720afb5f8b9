"""What befalls a simulated process: it is killed where it stands, frozen, stopped in order, and started again."""

from __future__ import annotations

import asyncio

from race_to_purchase.rehearse.world import aims, awaits
from race_to_purchase.rehearse.world.chaos import FAULTS
from race_to_purchase.rehearse.world.database import IDLE_S_MAX
from race_to_purchase.rehearse.world.loop import end
from race_to_purchase.rehearse.world.parts import Process, World
from race_to_purchase.rehearse.world.requests import Gone

FREEZE_S = 30.0
"""The longest freeze in most worlds."""


class Fate:
    """The one way in which processes of a world live and die."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ambushes: dict[str, list[str]] = {
            place: kinds for place, kinds in aims.by_place(world.aims).items() if place not in FAULTS
        }
        self._lookout = awaits.Lookout(tuple(self._ambushes))

    def crash(self, process: Process, why: str) -> None:
        """Kill it where it stands. It is buried at once, but not by itself."""
        if process.owner.dead:
            return
        process.owner.dead = True
        self._world.tell("", process, "CRASH", why)
        self._world.loop.call_soon(self._bury, process, context=self._world.context)

    def freeze(self, process: Process, frozen_s: float) -> None:
        """Let it stand still from its next step on, as when its machine is paused."""
        process.owner.fuse, process.owner.burn = 1, lambda: self._stand_still(process, frozen_s)

    def _stand_still(self, process: Process, frozen_s: float) -> None:
        world, owner = self._world, process.owner
        if owner.dead or owner.parked is not None:
            return
        world.tell("", process, "frozen", f"for {frozen_s:.1f} s")
        awaits.hit(owner.living_tasks(), "freeze", world.awaits)
        world.loop.freeze(owner)
        world.later(IDLE_S_MAX, lambda: world.database.end_idle(process) if owner.parked is not None else None)
        world.later(frozen_s, world.loop.thaw, owner)

    def lie_in_wait(self, process: Process) -> None:
        """Strike the process when one of its tasks comes to an await that is aimed at."""
        if not self._ambushes:
            return

        ambushes, chance, chaos = self._ambushes, self._world.chance.random, self._world.chaos
        waits_at = self._lookout.waits_at

        def look(callback: object) -> None:
            if chance() >= chaos.sure or not chaos.on:
                return
            task = getattr(callback, "__self__", None)
            if isinstance(task, asyncio.Task):
                for place in waits_at(task):
                    if place in ambushes:
                        self._spring(process, place)
                        return

        process.owner.watch = look

    def _spring(self, process: Process, place: str) -> None:
        kind = self._ambushes[place].pop()
        if not self._ambushes[place]:
            del self._ambushes[place]
        if not self._ambushes:
            for each in self._world.processes:
                each.owner.watch = None
        self._world.chaos.count(kind, "process")
        if kind == "crash":
            self.crash(process, f"at {place}")
        else:
            self._stand_still(process, self.frozen_s(process))

    def trouble(self, process: Process) -> None:
        """Trouble seldom comes alone: sometimes what has just met one fault is struck a few steps later."""
        if self._world.chance.random() < 0.15 and not process.owner.fuse:
            strike = self._world.pick((self._crash_in_trouble, self._freeze_in_trouble))
            process.owner.burn = lambda: strike(process)
            process.owner.fuse = 1 + int(self._world.chance.random() * 12)

    def _crash_in_trouble(self, process: Process) -> None:
        self._world.chaos.count("crash", "process")
        self.crash(process, "in trouble")

    def _freeze_in_trouble(self, process: Process) -> None:
        self._world.chaos.count("freeze", "process")
        self.freeze(process, self.frozen_s(process))

    def frozen_s(self, process: Process) -> float:
        """How long a freeze lasts; where freezes are long, it is one process that they befall, so that others go on."""
        longest_s: float = self._world.plan.frozen_s_max
        if longest_s <= FREEZE_S:
            low_s, high_s = 0.5, FREEZE_S
        else:
            low_s, high_s = (longest_s / 3, longest_s) if process.name == "a" else (0.5, 3.0)
        frozen_s: float = self._world.between(low_s, high_s)
        return frozen_s

    async def die(self, process: Process) -> None:
        """Kill the process that asks; it never comes back from here."""
        self.crash(process, "where it stood")
        await self._world.loop.create_future()

    def _bury(self, process: Process) -> None:
        awaits.hit(process.owner.living_tasks(), "crash", self._world.awaits)
        end(process.owner)
        self._world.database.leave(process)
        process.died()
        self._world.later(self._world.between(0.2, 4.0), self.restart, process)

    def restart(self, process: Process) -> None:
        """Start it again, unless it runs."""
        if not process.up:
            process.start()
            self._world.tell("", process, "starts")
            if not self._world.resting:
                process.begin_loops()

    async def stop(self, process: Process, *, restart: bool) -> None:
        """Stop it in order; nothing of it may be left."""
        owner = process.owner
        if process.stopping or not process.up:
            return
        process.stopping = True
        try:
            await process.call(process.stop())
        except Gone:
            return
        left = [str(getattr(task.get_coro(), "__qualname__", task)) for task in owner.living_tasks()]
        left = [name for name in left if name != "Process._do"]
        if left and not self._world.chaos.on and not process.busy:
            self._world.violated("task_left", "", f"{owner.name}: {left}")
        if not owner.dead:
            owner.dead = True
            end(owner)
            self._world.database.leave(process)
            process.died()
            if restart:
                self._world.later(self._world.between(0.1, 3.0), self.restart, process)
