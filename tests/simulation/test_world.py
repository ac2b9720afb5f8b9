"""A world is made from its seed alone, holds every invariant, and stops where one does not hold."""

import asyncio
import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from contextvars import copy_context
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from rich.console import Console

from race_to_purchase import checks, loops
from race_to_purchase.loops.reconcile import rows as reconciled
from race_to_purchase.rehearse import simulate
from race_to_purchase.rehearse.world import aims, awaits, process
from race_to_purchase.rehearse.world.chaos import FAULTS
from race_to_purchase.rehearse.world.loop import OWNER, Owner, Stuck, VirtualLoop
from race_to_purchase.rehearse.world.plan import THEMES
from race_to_purchase.rehearse.world.rows import MemoryRows
from race_to_purchase.rehearse.world.table import TABLE
from race_to_purchase.rehearse.world.world import World

TOLD = """
from race_to_purchase.rehearse.world.world import World
for seed in (1, 2, 3):
    world = World(seed)
    world.run()
    print(seed, len(world.story.moments), world.story.digest())
"""


RARE = [
    ("path/purchase.py _still: _payments.waits", "crash"),
    ("loops/reconcile/again.py _check_holds: asked", "crash"),
    ("commit.gateway", "lost_before"),
]
"""Cells that a few hundred ordinary seeds may well miss."""


def loop_classes() -> set[type]:
    """Every class under `loops/` that has a tick."""
    names = [module.name for module in pkgutil.walk_packages(loops.__path__, f"{loops.__name__}.")]
    found = {each for name in names for each in vars(importlib.import_module(name)).values() if isinstance(each, type)}
    return {
        each
        for each in found
        if each.__module__.startswith(loops.__name__)
        and inspect.iscoroutinefunction(vars(each).get("tick"))
        and not getattr(each, "_is_protocol", False)
    }


def excused(loop: type) -> bool:
    """Whether a table says why it is not simulated: its file as a whole, or each of its awaits."""
    file = f"{loop.__module__.removeprefix('race_to_purchase.').replace('.', '/')}.py"
    if file in awaits.ELSEWHERE:
        return True
    waits = [name for name, (_, line) in awaits.every() if name.startswith(f"{file} ") and within(loop, line)]
    return bool(waits) and all(name in awaits.NEVER for name in waits)


def within(loop: type, line: int) -> bool:
    lines, first = inspect.getsourcelines(loop)
    return first <= line < first + len(lines)


@pytest.fixture(scope="module")
def some() -> simulate.Simulated:
    """What came of eighteen worlds."""
    return simulate.simulate(range(1, 19))


class TestSeeds:
    def test_every_seed_holds_every_invariant(self, some: simulate.Simulated) -> None:
        assert some.violations == ()
        assert some.purchases > 400
        assert some.faults > some.purchases

    @pytest.mark.parametrize("theme", THEMES)
    def test_worlds_of_every_theme_sell_something(self, theme: str) -> None:
        seen = World(7, theme).run()
        assert seen.violations == ()
        assert seen.purchases > 0

    def test_a_seed_tells_the_same_story_in_every_process(self) -> None:
        """Whatever the hashes of strings are there: no set's order may decide anything."""
        told = {
            subprocess.run(
                [sys.executable, "-c", TOLD],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
            for seed in ("0", "1")
        }
        assert len(told) == 1

    def test_seeds_tell_different_stories(self) -> None:
        assert World(1).run().moments != World(2).run().moments


class TestCoverage:
    def test_some_seeds_reach_nearly_everything(self, some: simulate.Simulated) -> None:
        assert len(some.uncovered) < some.cells / 2
        assert sum(missed.startswith("row: ") for missed in some.uncovered) < len(TABLE) / 4

    def test_what_was_not_reached_is_named(self) -> None:
        tally = simulate.Tally()
        missed = tally.uncovered()
        assert len(missed) == len(aims.cells()) + len(TABLE)
        assert {"commit.pivot × lost_after", "row: crash before sending"} <= set(missed)
        tally.struck.update((point, kind) for point, kinds in FAULTS.items() for kind in kinds)
        tally.hit.update(awaits.cells())
        tally.rows |= TABLE.keys()
        assert tally.uncovered() == ()

    def test_a_long_run_aims_at_last_at_what_it_has_not_reached(self) -> None:
        (missed, other), left = aims.cells()[40:42], list(aims.cells()[40:42])
        course = simulate.course(7, simulate.LONG, lambda: left)
        seeds = [next(course) for _ in range(83)]
        assert seeds[:80] == list(range(7, 87))
        assert [aims.dealt(seed)[1] for seed in seeds[80:]] == [(missed,), (other,), (missed,)]
        assert len(set(seeds)) == 83
        left.clear()
        assert list(course) == list(range(87, 104))

    def test_a_look_at_some_seeds_is_a_look_at_just_those(self) -> None:
        assert list(simulate.course(7, 3, lambda: list(aims.cells()))) == [7, 8, 9]

    @pytest.mark.parametrize("cell", RARE)
    def test_of_ten_worlds_that_aim_at_a_cell_one_reaches_it(self, cell: aims.Cell) -> None:
        for seed in (aims.directed(cell, number) for number in range(10)):
            seen = World(seed).run()
            assert seen.violations == ()
            if (seen.struck | seen.awaits)[cell]:
                break
        else:
            pytest.fail("none of them did")
        assert World(seed).run().moments == seen.moments

    def test_every_loop_is_in_the_worlds_or_says_why_not(self) -> None:
        """Whoever adds a loop adds it to a simulated process, or to one of the tables that say why it is not there."""
        world = World(7, "reconcile")
        (simulated, *_) = world.processes
        simulated.start()
        there = {type(tick) for tick in simulated.ticks}
        assert {found for found in loop_classes() if not excused(found)} == there

    def test_a_loop_that_is_nowhere_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(awaits.ELSEWHERE, "loops/seal.py")
        assert [found.__name__ for found in loop_classes() if found.__name__ == "Seal" and not excused(found)] == [
            "Seal"
        ]

    def test_every_file_whose_awaits_are_counted_is_run_by_the_worlds(self) -> None:
        """What no simulated process imports is never reached, and belongs into the table with its reason."""
        told = "import sys, race_to_purchase.rehearse.world.process; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60)
        files = {name.split(" ")[0] for name, _ in awaits.every()}
        modules = {f"race_to_purchase.{file.removesuffix('.py').replace('/', '.')}" for file in files}
        assert modules <= set(done.stdout.split())

    def test_the_awaits_are_those_of_the_source(self) -> None:
        names = set(awaits.places().values())
        assert "path/asking.py asked: within.wait" in names
        assert "commit/combiner.py _commit: _store.session" in names
        assert "loops/owed.py tick: asyncio.gather" in names

    def test_what_is_not_simulated_exists_and_has_its_reason(self) -> None:
        root = Path(loops.__path__[0]).parent
        assert all((root / file).is_file() and reason for file, reason in awaits.ELSEWHERE.items())
        source = {name for name, _ in awaits.every()}
        assert awaits.NEVER.keys() <= source

    def test_what_is_called_elsewhere_is_no_part_of_a_simulated_process(self) -> None:
        """An entry of that table must not hide what the worlds run after all."""
        modules = {file.removesuffix(".py").replace("/", ".") for file in awaits.ELSEWHERE}
        told = Path(process.__file__).read_text(encoding="utf-8")
        assert not [module for module in modules if f"race_to_purchase.{module} " in told]

    def test_an_await_within_an_asynchronous_generator_is_seen(self) -> None:
        assert "loops/reconcile/rows.py _pieces: rows.fetch" in set(awaits.places().values())

        async def look() -> list[str]:
            async def never(*_: object) -> list[object]:
                await asyncio.Event().wait()
                return []

            rows = SimpleNamespace(fetch=never)

            async def waits() -> None:
                async for _ in reconciled._pieces(rows, "", "z"):  # type: ignore[arg-type]  # it only fetches
                    pass

            task = asyncio.create_task(waits())
            await asyncio.sleep(0)
            found = awaits.waits_at(task)
            task.cancel()
            return found

        assert asyncio.run(look()) == ["loops/reconcile/rows.py _pieces: rows.fetch"]

    def test_every_check_can_be_asked_of_memory(self) -> None:
        rows = MemoryRows(World(1))
        found = asyncio.run(checks.audit(rows, checks.Patience(0, 0, 0)))
        assert found.violations == 0
        assert found.skipped == ()


@pytest.mark.soak
def test_five_hundred_worlds_reach_everything_and_find_nothing() -> None:
    tally = simulate.Tally()
    found = simulate.simulate(simulate.course(1, 500, tally.left), tally)
    assert found.violations == ()
    assert found.uncovered == ()
    assert found.faults > found.purchases


class TestTheCommand:
    def test_it_counts_and_writes_what_came_of_it(self, tmp_path: Path) -> None:
        file = tmp_path / "out.json"
        options = simulate.SimulateOptions(seeds=3, seed=5, json_file=file)
        assert simulate.run_simulate(options, Console(quiet=True)) == 0
        told = json.loads(file.read_text(encoding="utf-8"))
        assert told["seeds"] == 3
        assert told["violations"] == 0
        assert told["faults"] > 0
        assert told["purchases"] > 0
        assert isinstance(told["uncovered"], list)

    def test_a_failing_seed_is_told_with_its_replay_and_its_purchase(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from race_to_purchase.rules.decide import paying

        monkeypatch.setattr(paying, "TaskTurned", lambda task_id, _kind: paying.TaskDone(task_id))
        console = Console(record=True, width=200, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115 - never read
        file = tmp_path / "out.json"
        assert simulate.run_simulate(simulate.SimulateOptions(seeds=1, json_file=file), console) == 1
        text = console.export_text()
        assert "race simulate --seeds 1 --seed 1" in text
        assert "commits: paid" in text
        assert "VIOLATED owed_without_task" in text
        (finding, *_) = json.loads(file.read_text(encoding="utf-8"))["findings"]
        assert finding["check"] == "owed_without_task"


class TestTheEnd:
    def test_what_is_ended_with_its_world_may_ask_for_its_loop(self) -> None:
        """It may have to take a timer back: nothing of that is told on the terminal."""
        world, ended = World(1), []

        async def cleans_up() -> None:
            try:
                await asyncio.sleep(86_400)
            finally:
                ended.append(asyncio.get_running_loop())

        async def live() -> None:
            world.spawn(cleans_up())
            await asyncio.sleep(1)

        world._live = live  # type: ignore[method-assign]  # a short life, and what is left of it
        world.run()
        assert ended == [world.loop]


class TestTheLoop:
    def test_time_jumps_when_nothing_is_ready(self) -> None:
        loop = VirtualLoop(Random(1))

        async def sleeps() -> float:
            await asyncio.gather(*(asyncio.sleep(days * 86_400) for days in (1, 3, 2)))
            return asyncio.get_running_loop().time()

        assert loop.run(sleeps()) == 3 * 86_400

    def test_the_order_of_what_is_ready_is_the_seeds(self) -> None:
        def order(seed: int) -> list[int]:
            done: list[int] = []

            async def one(number: int) -> None:
                await asyncio.sleep(1)
                done.append(number)

            async def all_of_them() -> None:
                await asyncio.gather(*(one(number) for number in range(8)))

            VirtualLoop(Random(seed)).run(all_of_them())
            return done

        assert order(1) == order(1)
        assert len({tuple(order(seed)) for seed in range(5)}) > 1

    def test_no_timer_fires_before_its_time_by_a_clock_that_is_ahead(self) -> None:
        """However it is rounded: a timer that finds itself too early is set again, and at the same time for ever."""
        chance, early = Random(1), []

        async def all_of_them() -> None:
            loop = asyncio.get_running_loop()
            for _ in range(1000):
                OWNER.get().ahead_s = 40 * chance.random()
                when = loop.time() + chance.random()
                fired = loop.create_future()
                loop.call_at(when, fired.set_result, None)
                await fired
                early.append(loop.time() < when)

        copy_context().run(lambda: (OWNER.set(Owner("ahead")), VirtualLoop(Random(1)).run(all_of_them())))
        assert len(early) == 1000
        assert not any(early)

    def test_a_deadlock_is_found_at_once(self) -> None:
        async def waits_for_itself() -> None:
            lock = asyncio.Lock()
            async with lock:
                await lock.acquire()

        with pytest.raises(Stuck):
            VirtualLoop(Random(1)).run(waits_for_itself())
