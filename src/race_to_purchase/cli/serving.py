"""Serve the API."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase import __version__
from race_to_purchase.app.reachable import Reachable
from race_to_purchase.app.reachable import data_dir as folder_of
from race_to_purchase.app.serve import serve as run_serve
from race_to_purchase.cli.shell import DataDirOption, out
from race_to_purchase.observe import logs
from race_to_purchase.operate.dropfile import read_drop_file
from race_to_purchase.rules.drop import Drop
from race_to_purchase.settings import load, misspelt, with_development_keys

log = logging.getLogger("race.settings")

app = typer.Typer()


@app.command()
def serve(
    drop: Annotated[
        list[Path] | None, typer.Option("--drop", metavar="FILE", help="A drop file; may be given several times.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [RACE_HOST]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [RACE_PORT]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes on that port. [RACE_WORKERS]")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Serve API, pages and console, with its own PostgreSQL.

    Or on the one that RACE_DATABASE_URL names.
    """
    settings = load(host=host, port=port, workers=workers, data_dir=data_dir)
    logs.set_up(settings.log, settings.log_level)
    for sentence in misspelt():
        log.warning(sentence)
    drops = [read_drop_file(file) for file in drop or []]
    keys_made = not (settings.storefront_keys and settings.admin_keys)

    def started(reachable: Reachable) -> None:
        _greet(reachable, keys_made, drops, None if settings.database_url else folder_of(settings))

    run_serve(with_development_keys(settings), drops, started)


def _greet(reachable: Reachable, keys_made: bool, drops: Sequence[Drop], folder: Path | None) -> None:
    out.print(f"Race to Purchase {__version__} serves at {reachable.url}", style="bold")
    if reachable.everywhere:
        out.print("  listens on all addresses of this machine; other machines reach it by its name or address")
    out.print(f"  reference    {reachable.url}/docs")
    out.print(f"  console      {reachable.url}/console", soft_wrap=True)
    for address in reachable.metrics:
        out.print(f"  metrics      {address}", soft_wrap=True)
    for drop in drops:
        out.print(f"  shop         {reachable.url}/shop/{drop.id}", soft_wrap=True)
    if folder is not None:
        out.print(f"  data         {folder}", markup=False, soft_wrap=True)
    if keys_made:
        out.print(f"  storefront   {reachable.storefront_key}", markup=False)
        out.print(f"  admin        {reachable.admin_key}", markup=False)
        out.print("  The admin key opens the console.")
        out.print("  These keys were made for this run; for production set RACE_STOREFRONT_KEYS and RACE_ADMIN_KEYS.")
    out.print("  Ctrl-C stops it.")
