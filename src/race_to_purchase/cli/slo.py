"""Objectives, and the files that Prometheus, Alertmanager and Grafana get of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase.cli.shell import out
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.slofile import read_slo_file
from race_to_purchase.settings import load

app = typer.Typer(help="Objectives, error budgets, and the alerts made of them.", no_args_is_help=True)

SloOption = Annotated[Path | None, typer.Option("--slo", help="The objectives file; else the usual. [RACE_SLO]")]


@app.command("show")
def show(slo: SloOption = None) -> None:
    """Check the objectives file, and show what it asks for."""
    from race_to_purchase.app.commands.slo import show_objectives

    show_objectives(_objectives(slo), out)


@app.command("rules")
def rules(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("prometheus"),
    slo: SloOption = None,
    page: Annotated[str, typer.Option(help="Webhook of whoever is on call.")] = "http://127.0.0.1:9094/page",
    ticket: Annotated[str, typer.Option(help="Webhook of where work is kept.")] = "http://127.0.0.1:9094/ticket",
    process: Annotated[
        list[str] | None, typer.Option(help="host:port of a process's metrics; may be repeated.")
    ] = None,
    alertmanager: Annotated[str, typer.Option(help="host:port of Alertmanager.")] = "127.0.0.1:9093",
) -> None:
    """Write rules for Prometheus and routes for Alertmanager.

    And a configuration that joins them.
    """
    from race_to_purchase.app.commands.slo import Addresses, write_rules

    addresses = Addresses(page, ticket, process or ["127.0.0.1:9100"], alertmanager)
    for file in write_rules(_objectives(slo), folder, addresses):
        out.print(file, markup=False)


@app.command("dashboards")
def dashboards(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("grafana"),
    slo: SloOption = None,
) -> None:
    """Write Grafana's dashboards: executive, on call, debug."""
    from race_to_purchase.app.commands.slo import write_dashboards

    for file in write_dashboards(_objectives(slo), folder):
        out.print(file, markup=False)


def _objectives(file: Path | None) -> Slo:
    named = str(file or load().slo)
    return read_slo_file(Path(named)) if named else Slo()
