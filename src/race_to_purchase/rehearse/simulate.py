"""`race simulate`: many worlds, one a seed, and what came of them; a seed that fails is replayed by one line.

Coverage is counted over all seeds of a run: every kind of fault at every point where a process waits for something
outside, a crash and a freeze at every await of the engine, and every row of the table of failures.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track

from race_to_purchase.rehearse.world import aims
from race_to_purchase.rehearse.world.chaos import Cell
from race_to_purchase.rehearse.world.table import TABLE
from race_to_purchase.rehearse.world.world import Outlook, Violation, World

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
    seeds = range(options.seed, options.seed + options.seeds)
    found = simulate(track(seeds, "Simulating", console=console, transient=True, disable=not console.is_terminal))
    _tell(found, console)
    if options.json_file is not None:
        options.json_file.write_bytes(msgspec.json.format(msgspec.json.encode(document(found))) + b"\n")
    return 1 if found.violations else 0


def simulate(seeds: Iterable[int]) -> Simulated:
    """Run the world of every seed."""
    began_s = time.process_time()
    struck: Counter[Cell] = Counter()
    hit: Counter[Cell] = Counter()
    rows: set[str] = set()
    outlooks: list[tuple[int, int, int]] = []
    violations: list[Violation] = []
    for seed in seeds:
        seen = _run(seed)
        struck.update(seen.struck)
        hit.update(seen.awaits)
        rows |= seen.rows
        violations += seen.violations
        outlooks.append((seen.seed, seen.purchases, seen.orders))
    return Simulated(
        seeds=len(outlooks),
        seed=outlooks[0][0] if outlooks else 0,
        purchases=sum(purchases for _, purchases, _ in outlooks),
        orders=sum(orders for _, _, orders in outlooks),
        faults=struck.total(),
        crashes=sum(count for (_, kind), count in struck.items() if kind.startswith("crash")),
        violations=tuple(violations),
        uncovered=uncovered(struck, hit, rows),
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


def uncovered(struck: Counter[Cell], hit: Counter[Cell], rows: Iterable[str]) -> tuple[str, ...]:
    """What was not struck, and the rows of the table that nobody went through, by name."""
    reached = set(struck) | set(hit)
    missed = [f"{point} × {kind}" for point, kind in aims.cells() if (point, kind) not in reached]
    return (*missed, *(f"row: {row}" for row in TABLE if row not in set(rows)))


def document(found: Simulated) -> dict[str, object]:
    """The result as JSON; `violations` is their number, and what they were is told beside it."""
    return {
        "seeds": found.seeds,
        "seed": found.seed,
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
    last = found.seed + found.seeds - 1
    console.print(
        f"seeds {found.seed} to {last}: {found.purchases:,} purchases, {found.orders:,} orders, "
        f"{found.faults:,} faults ({found.crashes:,} crashes), "
        f"{found.purchases_per_minute:,.0f} purchases a minute of CPU"
    )
    covered = found.cells - len(found.uncovered)
    console.print(f"reached {covered} of {found.cells} faults at their places and rows of the table")
    if found.uncovered and found.seeds >= 100:
        console.print(f"not reached: {'; '.join(found.uncovered)}", style="yellow", markup=False)
    verdict = f"violations: {len(found.violations)}" if found.violations else "no violation"
    console.print(verdict, style="bold red" if found.violations else "bold green")
