"""`race report`: write the report of a sale, as one HTML file and as JSON."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from race_to_purchase.app.budget import objectives
from race_to_purchase.app.commands import results
from race_to_purchase.app.commands.database import configured
from race_to_purchase.app.commands.report.figures import Rehearsed, Report
from race_to_purchase.app.commands.report.gather import gather
from race_to_purchase.app.commands.report.page import page
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.settings import Settings
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.report import ReportRows


def run_report(settings: Settings, out: Console, drop: str, html_file: Path, json_file: Path | None) -> int:
    """Write it and say where; 0. Raises NoSuchDrop, ResultNotWritable, and why the database cannot be used."""
    slo = objectives(settings)
    with configured(settings, "race report") as found:

        async def made() -> Report:
            return await report_at(await found.prepare(), drop, slo=slo)

        report = asyncio.run(made())
    write(report, html_file, json_file)
    for file in (html_file, json_file):
        if file is not None:
            out.print(str(file), markup=False, soft_wrap=True)
    return 0


async def report_at(dsn: str, drop: str, rehearsed: Rehearsed | None = None, slo: Slo | None = None) -> Report:
    """The report of a drop in the migrated database at `dsn`, which may be in use. Raises NoSuchDrop.

    Without `slo` the usual targets hold.
    """
    async with ReportRows.open(dsn) as rows:
        return await gather(rows, drop, slo or Slo(), rehearsed)


def report_of_folder(folder: Path, drop: str, rehearsed: Rehearsed | None = None) -> Report:
    """The report of a drop in an embedded database that nobody uses now; raises as `run_report` does."""
    server = EmbeddedPostgres.start(folder, "race report")
    try:
        return asyncio.run(report_at(server.dsn, drop, rehearsed))
    finally:
        server.stop()


def write(report: Report, html_file: Path, json_file: Path | None = None) -> None:
    """Into its files. Raises ResultNotWritable."""
    results.write(html_file, page(report))
    results.write_json(json_file, report)
