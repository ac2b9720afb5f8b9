"""What strikes whole processes, the database and the gateway: kills, freezes, stops, outages and jumping clocks."""

from __future__ import annotations

from collections.abc import Callable

from race_to_purchase.rehearse.world.chaos import Cell
from race_to_purchase.rehearse.world.parts import Process, World

FUSE_MAX = 80
"""Within so many of its steps, a process is struck that is to be struck."""

FREEZES_LONG_S = 60.0
"""A world whose freezes may last longer than this has many of them."""

OFTEN_S = 300.0
"""Deeds that a world has to see are done early, and not for days."""

CLOCK_OFF_S_MAX = 15.0
"""How far the database's clock is from the truth at most: servers that take over from each other differ."""


class Monkey:
    """One deed after another."""

    def __init__(self, world: World) -> None:
        self._world = world
        by_cell: dict[Cell, Callable[[Process], None]] = {
            ("process", "crash"): self._crash,
            ("process", "freeze"): self._freeze,
            ("process", "clock_jump"): self._clock_jump,
            ("process", "stop"): self._stop,
            ("process", "crash_while_stopping"): self._stop_and_crash,
            ("database", "outage"): self._outage,
            ("gateway", "down"): self._gateway_down,
        }
        self._aimed = [by_cell[cell] for cell in world.aims if cell in by_cell]
        """Deeds that this world shall see for certain."""
        self._stops = any(place.partition(" ")[2].startswith(("stop:", "drain:")) for place, _ in world.aims)
        """Whether it is the stopping that is to be struck."""

    async def run(self) -> None:
        """Until it is cancelled."""
        world = self._world
        while True:
            often = (self._aimed or self._stops) and world.loop.now_s < OFTEN_S
            every_s = min(world.plan.deeds_every_s, 5.0) if often else world.plan.deeds_every_s
            await world.pause(world.chance.expovariate(1 / every_s))
            self.deed()

    def _deeds(self) -> list[Callable[[Process], None]]:
        """Of which one is done."""
        world = self._world
        if self._aimed:
            return [self._aimed.pop()]
        deeds = [self._crash, self._freeze, self._clock_jump, self._stop, self._database_clock]
        if self._stops:
            deeds += [self._stop] * 10
        if world.plan.outages:
            deeds += [self._outage] * 3
        if world.plan.gateway_outages:
            deeds += [self._gateway_down] * 3
        if world.plan.frozen_s_max > FREEZES_LONG_S:
            deeds += [self._freeze] * 4
        return deeds

    def deed(self) -> None:
        """Do one now."""
        world = self._world
        up = [process for process in world.processes if process.up and process.owner.parked is None]
        if up:
            world.pick(self._deeds())(world.pick(up))

    def _after_some_steps(self, process: Process, burn: Callable[[], None]) -> None:
        process.owner.burn = burn
        process.owner.fuse = 1 + int(self._world.chance.random() * FUSE_MAX)

    def _crash(self, process: Process) -> None:
        self._world.chaos.count("crash", "process")
        self._after_some_steps(process, lambda: self._world.fate.crash(process, "killed"))

    def _freeze(self, process: Process) -> None:
        world = self._world
        world.chaos.count("freeze", "process")
        self._after_some_steps(process, lambda: world.fate.freeze(process, world.fate.frozen_s(process)))

    def _clock_jump(self, process: Process) -> None:
        world = self._world
        ahead_s = world.between(1.0, 40.0)
        world.chaos.count("clock_jump", "process")
        world.tell("", process, "clock jumps", f"{ahead_s:.1f} s ahead")
        world.loop.jump(process.owner, ahead_s)

    def _stop(self, process: Process) -> None:
        self._stop_and(process, self._world.pick((None, self._crash_while_stopping, self._freeze)))

    def _stop_and_crash(self, process: Process) -> None:
        self._stop_and(process, self._crash_while_stopping)

    def _stop_and(self, process: Process, strikes: Callable[[Process], None] | None) -> None:
        world = self._world
        world.chaos.count("stop", "process")
        world.tell("", process, "stops", "in order")
        world.spawn(world.fate.stop(process, restart=True))
        if strikes is not None:
            world.later(world.pick((0.0, world.between(0.0, 10.0))), strikes, process)

    def _crash_while_stopping(self, process: Process) -> None:
        self._world.chaos.count("crash_while_stopping", "process")
        self._after_some_steps(process, lambda: self._world.fate.crash(process, "killed while it stops"))

    def _outage(self, _process: Process) -> None:
        world = self._world
        if world.database.down:
            return
        lasts_s = world.between(0.2, 6.0)
        world.chaos.count("outage", "database")
        world.story.tell(world.loop.now_s, "", "database", "is gone", f"for {lasts_s:.1f} s")
        world.database.go_down()
        world.later(lasts_s, world.database.come_back)

    def _database_clock(self, _process: Process) -> None:
        world = self._world
        ahead_s = world.between(-CLOCK_OFF_S_MAX, CLOCK_OFF_S_MAX)
        world.chaos.count("clock_ahead" if ahead_s > world.database.ahead_s else "clock_back", "database")
        world.story.tell(world.loop.now_s, "", "database", "clock jumps", f"to {ahead_s:+.1f} s")
        world.database.ahead_s = ahead_s

    def _gateway_down(self, _process: Process) -> None:
        world = self._world
        if world.gateways_down:
            return
        names = [counter.name for counter in world.plan.gateways]
        down = names if world.chance.random() < 0.3 else [world.pick(names)]
        lasts_s = world.between(3.0, 60.0)
        world.chaos.count("down", "gateway")
        world.story.tell(world.loop.now_s, "", "gateway", "is down", f"{', '.join(down)} for {lasts_s:.1f} s")
        world.gateways_down.update(down)
        world.later(lasts_s, world.gateways_up)
