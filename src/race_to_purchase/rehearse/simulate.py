"""`race simulate`: many worlds, one a seed, and what came of them; a seed that fails is replayed by one line.

Coverage is counted over all seeds of a run: every kind of fault at every point where a process waits for something
outside, a crash and a freeze at every await of the engine, and every row of the table of failures. The last worlds of a
long run aim at what those before have not reached.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track

from race_to_purchase.app.commands.results import require_writable, write_json
from race_to_purchase.rehearse.world import aims
from race_to_purchase.rehearse.world.chaos import Cell
from race_to_purchase.rehearse.world.table import TABLE
from race_to_purchase.rehearse.world.world import Outlook, Violation, World

LONG = 100
"""A run of so many worlds aims at what it has not reached; a shorter one is a look at some seeds."""

DIRECTED_SHARE = 0.2
"""Of a long run's worlds: its last ones may be directed."""

SHOWN_MAX = 3
"""Violations that are told in full; the JSON file has all."""


class SimulateOptions(msgspec.Struct, frozen=True):
    """What `race simulate` can be told: `seeds` worlds, from the seed `seed` on, and where the result goes."""

    seeds: int = 100
    seed: int = 1
    json_file: Path | None = None


class Simulated(msgspec.Struct, frozen=True):
    """What came of all worlds; `uncovered` names what no purchase of them went through."""

    seeds: int
    seed: int
    directed: tuple[int, ...]
    """Seeds of the worlds that aimed at what those before them had not reached."""
    purchases: int
    orders: int
    faults: int
    crashes: int
    violations: tuple[Violation, ...]
    uncovered: tuple[str, ...]
    cells: int
    cpu_s: float

    @property
    def purchases_per_minute(self) -> float:
        """Of CPU time of one core."""
        return 60 * self.purchases / self.cpu_s if self.cpu_s else 0.0


def run_simulate(options: SimulateOptions, console: Console | None = None) -> int:
    """Simulate, print what came of it, write it as JSON where wanted; 1 where an invariant did not hold, else 0."""
    console = console or Console(highlight=False, soft_wrap=True)
    require_writable(options.json_file)
    tally = Tally()
    seeds: Iterable[int] = course(options.seed, options.seeds, tally.left)
    if console.is_terminal:
        seeds = track(seeds, "Simulating", total=options.seeds, console=console, transient=True)
    found = simulate(seeds, tally)
    _tell(found, console)
    write_json(options.json_file, document(found))
    return 1 if found.violations else 0


def course(first: int, worlds: int, left: Callable[[], list[Cell]]) -> Iterator[int]:
    """The seeds of a run, one after the other: from `first` on, and at last directed ones while anything is left."""
    tried: Counter[Cell] = Counter()
    ordinary = worlds - int(worlds * DIRECTED_SHARE) if worlds >= LONG else worlds
    seed = first
    for number in range(worlds):
        missed = left() if number >= ordinary else []
        if missed:
            cell = min(missed, key=tried.__getitem__)
            yield aims.directed(cell, (first + tried[cell]) % aims.TRIES_MAX)
            tried[cell] += 1
        else:
            yield seed
            seed += 1


class Tally:
    """What came of the worlds so far."""

    def __init__(self) -> None:
        self.struck: Counter[Cell] = Counter()
        self.hit: Counter[Cell] = Counter()
        self.rows: set[str] = set()
        self.outlooks: list[tuple[int, int, int]] = []
        self.violations: list[Violation] = []

    def add(self, seen: Outlook) -> None:
        """One world more."""
        self.struck.update(seen.struck)
        self.hit.update(seen.awaits)
        self.rows |= seen.rows
        self.violations += seen.violations
        self.outlooks.append((seen.seed, seen.purchases, seen.orders))

    def left(self) -> list[Cell]:
        """What has not been struck."""
        return [cell for cell in aims.cells() if cell not in self.struck and cell not in self.hit]

    def uncovered(self) -> tuple[str, ...]:
        """What was not struck, and the rows of the table that nobody went through, by name."""
        missed = [f"{point} × {kind}" for point, kind in self.left()]
        return (*missed, *(f"row: {row}" for row in TABLE if row not in self.rows))


def simulate(seeds: Iterable[int], tally: Tally | None = None) -> Simulated:
    """Run the world of every seed, and add it to `tally`, by which `seeds` may go."""
    began_s = time.process_time()
    tally = tally or Tally()
    for seed in seeds:
        tally.add(_run(seed))
    struck = tally.struck
    return Simulated(
        seeds=len(tally.outlooks),
        seed=tally.outlooks[0][0] if tally.outlooks else 0,
        directed=tuple(seed for seed, _, _ in tally.outlooks if seed >= aims.DIRECTED),
        purchases=sum(purchases for _, purchases, _ in tally.outlooks),
        orders=sum(orders for _, _, orders in tally.outlooks),
        faults=struck.total(),
        crashes=sum(count for (_, kind), count in struck.items() if kind.startswith("crash")),
        violations=tuple(tally.violations),
        uncovered=tally.uncovered(),
        cells=len(aims.cells()) + len(TABLE),
        cpu_s=time.process_time() - began_s,
    )


def _run(seed: int) -> Outlook:
    """A world is a knot of references, which is let go of at its end: looking for garbage before finds next to none."""
    gc.freeze()
    gc.disable()
    try:
        return World(seed).run()
    finally:
        gc.enable()
        gc.collect()
        gc.unfreeze()


def document(found: Simulated) -> dict[str, object]:
    """The result as JSON; `violations` is their number, and what they were is told beside it."""
    return {
        "seeds": found.seeds,
        "seed": found.seed,
        "directed": found.directed,
        "purchases": found.purchases,
        "orders": found.orders,
        "faults": found.faults,
        "crashes": found.crashes,
        "violations": len(found.violations),
        "uncovered": found.uncovered,
        "cells": found.cells,
        "cpu_s": round(found.cpu_s, 3),
        "purchases_per_minute": round(found.purchases_per_minute),
        "findings": [
            {
                "seed": violation.seed,
                "replay": replay(violation.seed),
                "check": violation.check,
                "subject": violation.subject,
                "detail": violation.detail,
                "timeline": violation.timeline,
            }
            for violation in found.violations
        ],
    }


def replay(seed: int) -> str:
    """The line that runs one world again."""
    return f"race simulate --seeds 1 --seed {seed}"


def _tell(found: Simulated, console: Console) -> None:
    for violation in found.violations[:SHOWN_MAX]:
        told = f"{violation.check}: {violation.subject}: {violation.detail}"
        console.print(told, style="red", markup=False)
        for line in violation.timeline:
            console.print(line, markup=False)
        console.print(f"Replay it: {replay(violation.seed)}", style="bold")
    hidden = len(found.violations) - SHOWN_MAX
    if hidden > 0:
        seeds = sorted({violation.seed for violation in found.violations[SHOWN_MAX:]})
        console.print(f"and {hidden} more, of seeds {', '.join(map(str, seeds[:20]))}", style="red")
    ordinary = found.seeds - len(found.directed)
    worlds = [f"seeds {found.seed} to {found.seed + ordinary - 1}"] if ordinary else []
    worlds += [f"{len(found.directed)} directed worlds"] if found.directed else []
    console.print(
        f"{' and '.join(worlds)}: {found.purchases:,} purchases, {found.orders:,} orders, "
        f"{found.faults:,} faults ({found.crashes:,} crashes), "
        f"{found.purchases_per_minute:,.0f} purchases a minute of CPU"
    )
    covered = found.cells - len(found.uncovered)
    console.print(f"reached {covered} of {found.cells} faults at their places and rows of the table")
    if found.uncovered and found.seeds >= LONG:
        console.print(f"not reached: {'; '.join(found.uncovered)}", style="yellow", markup=False)
    verdict = f"violations: {len(found.violations)}" if found.violations else "no violation"
    console.print(verdict, style="bold red" if found.violations else "bold green")
