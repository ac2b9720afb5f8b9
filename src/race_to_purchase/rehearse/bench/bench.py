"""`race bench`: everything is measured side by side, in one run, on data folders of its own, and proven afterwards.

It says what it found and against which numbers that was held. It exits with 1 only where the figures are void, because
something was sold twice, not written or not true; a slow machine is no error.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console

from race_to_purchase.rehearse.bench import suites
from race_to_purchase.rehearse.bench.bar import Bar
from race_to_purchase.rehearse.bench.chart import chart
from race_to_purchase.rehearse.bench.figures import Found, Server
from race_to_purchase.rehearse.bench.view import view


class BenchOptions(msgspec.Struct, frozen=True):
    """What `race bench` can be told: `rounds` measurements of `seconds` each, and where the result goes."""

    seconds: float = 10.0
    rounds: int = 3
    json_file: Path | None = None
    svg_file: Path | None = None


def run_bench(options: BenchOptions, console: Console | None = None) -> int:
    """Measure, and print what was found; 0 unless the figures are void. Raises RaceError where it could not run."""
    console = console or Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="race-bench-"))
    # The embedded PostgreSQL may run under another account, which has to pass through here to its own folder.
    folder.chmod(0o755)
    try:
        found = asyncio.run(_measure(options, folder, console))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    console.print(view(found))
    if options.json_file is not None:
        options.json_file.write_bytes(msgspec.json.format(msgspec.json.encode(found.to_json())) + b"\n")
    if options.svg_file is not None:
        options.svg_file.write_text(chart(found), encoding="utf-8")
    if found.broken:
        console.print(f"The data is kept in {folder}", style="yellow", soft_wrap=True)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


async def _measure(options: BenchOptions, folder: Path, console: Console) -> Found:
    length = suites.Length(options.seconds, options.rounds)
    console.print(f"Measuring for about {length.all_s / 60:.1f} minutes; the machine should do nothing else.")
    with Bar(console, length.all_s) as bar:
        rows = await suites.hot_row(folder / "hot-row", length, bar)
        http = await suites.http(folder / "shop", length, bar)
        bought = await suites.purchases(folder / "shop", length, bar)
    return Found(
        machine=rows.machine,
        others_percent=(rows.others_percent, http.others_percent, bought.others_percent),
        naive=rows.naive,
        combined=rows.combined,
        echo=http.echo,
        reserve=http.reserve,
        purchases=bought.closed,
        planned=bought.planned,
        planned_rate=bought.planned_rate,
        server=Server(
            ready_new_s=http.ready_s,
            ready_existing_s=bought.ready_s,
            rss_before_mb=bought.rss_before_mb,
            rss_mb=bought.rss_mb,
            purchases=sum(load.done for load in (*bought.closed, *bought.planned)),
        ),
        sold=bought.sold,
        violations=bought.violations,
    )
