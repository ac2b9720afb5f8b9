"""Drops of a running engine: apply, list, show, close."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.cli import tables
from race_to_purchase.cli.shell import DropArgument, JsonOption, on_engine, out, show
from race_to_purchase.operate.dropfile import read_drop_file

app = typer.Typer(help="Make, show, change and close drops of a running engine.", no_args_is_help=True)


@app.command("apply")
@on_engine
def drop_apply(
    engine: AdminClient,
    files: Annotated[list[Path], typer.Argument(help="Drop files.")],
) -> None:
    """Create or change drops from their files."""
    for definition in [read_drop_file(file) for file in files]:
        created = engine.put(definition)
        out.print(f"{definition.id}: {'created' if created else 'up to date'}", markup=False)


@app.command("list")
@on_engine
def drop_list(engine: AdminClient, json_file: JsonOption = None) -> None:
    """List every drop."""
    show(engine.drops(), tables.drops, json_file)


@app.command("show")
@on_engine
def drop_show(engine: AdminClient, drop: DropArgument, json_file: JsonOption = None) -> None:
    """Show one drop with its stock."""
    show(engine.drop(drop), tables.drop, json_file)


@app.command("close")
@on_engine
def drop_close(engine: AdminClient, drop: DropArgument) -> None:
    """Let no new checkout begin; running ones may finish."""
    engine.close(drop)
    out.print(f"{drop}: closed", markup=False)
