"""The report of a sale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase.cli.shell import DataDirOption, DropArgument, JsonOption, out
from race_to_purchase.settings import load

app = typer.Typer()


@app.command("report")
def report(
    drop: DropArgument,
    html_file: Annotated[Path | None, typer.Option("--out", help="The page. [report-DROP.html]")] = None,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write what became of a sale into one page.

    Funnel, stock, latency, money, fairness, budget, incidents.
    """
    from race_to_purchase.app.commands.report.report import run_report

    file = html_file or Path(f"report-{Path(drop).name}.html")
    raise typer.Exit(run_report(load(data_dir=data_dir), out, drop, file, json_file))
