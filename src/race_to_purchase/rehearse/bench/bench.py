"""`race bench`: everything is measured side by side, in one run, on data folders of its own, and proven afterwards.

It says what it found and against which numbers that was held. It exits with 1 only where the figures are void, because
something was sold twice, not written or not true; a slow machine is no error.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from race_to_purchase.app.bare import embedded_database
from race_to_purchase.app.commands.results import require_writable, write, write_json
from race_to_purchase.errors import RaceError
from race_to_purchase.rehearse.bench.bar import Bar
from race_to_purchase.rehearse.bench.chart import chart
from race_to_purchase.rehearse.bench.figures import Found
from race_to_purchase.rehearse.bench.machine import Machine, describe, others_percent
from race_to_purchase.rehearse.bench.suites import SUITES
from race_to_purchase.rehearse.bench.suites.suite import Bench, Length, Suite
from race_to_purchase.rehearse.bench.view import view
from race_to_purchase.rehearse.ending import ended_like_ctrl_c


class NoSuchSuite(RaceError):
    """There is no suite {name} in the benchmark. There are: {known}."""

    code = "no_such_suite"
    exit_code = 2


class BenchOptions(msgspec.Struct, frozen=True):
    """What `race bench` can be told: `rounds` measurements of `seconds` each, and where the result goes.

    `suites` names those that are measured; none: all of them.
    """

    seconds: float = 10.0
    rounds: int = 3
    suites: Sequence[str] = ()
    json_file: Path | None = None
    svg_file: Path | None = None


def run_bench(options: BenchOptions, console: Console | None = None) -> int:
    """Measure, and print what was found; 0 unless the figures are void. Raises RaceError where it could not run."""
    console = console or Console(highlight=False)
    suites = _chosen(options.suites)
    require_writable(options.json_file, options.svg_file)
    folder = Path(tempfile.mkdtemp(prefix="race-bench-"))
    # The embedded PostgreSQL may run under another account, which has to pass through here to its own folder.
    folder.chmod(0o755)
    try:
        with ended_like_ctrl_c():
            found = asyncio.run(_measure(suites, Length(options.seconds, options.rounds), folder, console))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    console.print(view(found))
    write_json(options.json_file, found.to_json())
    write(options.svg_file, chart(found))
    if found.broken:
        console.print(f"The data is kept in {folder}", style="yellow", soft_wrap=True)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _chosen(names: Sequence[str]) -> list[Suite]:
    """In the order of the table, whatever the order of the names; NoSuchSuite."""
    for name in names:
        if name not in SUITES:
            raise NoSuchSuite(name=name, known=", ".join(SUITES))
    return [suite for suite in SUITES.values() if not names or suite.name in names]


async def _measure(suites: Sequence[Suite], length: Length, folder: Path, console: Console) -> Found:
    meant_s = sum(suite.meant_s(length) for suite in suites)
    console.print(f"Measuring for about {meant_s / 60:.1f} minutes; the machine should do nothing else.")
    results, others = {}, {}
    with Bar(console, meant_s) as bar:
        machine = await _machine(folder)
        for suite in suites:
            others[suite.name] = await others_percent()
            results[suite.name] = await suite.run(Bench(folder, length, bar))
    return Found(machine, results, others)


async def _machine(folder: Path) -> Machine:
    """The machine, and the embedded server as every suite has it."""
    with embedded_database(folder / "machine", "race bench") as server:
        return await describe(server.dsn, folder)
