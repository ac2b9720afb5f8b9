"""Drops of a running engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase.cli.shell import DataDirOption, KeyOption, UrlOption, admin, out
from race_to_purchase.operate.dropfile import read_drop_file

app = typer.Typer(help="Make, look at, change and close drops of a running engine.", no_args_is_help=True)


@app.command("apply")
def drop_apply(
    files: Annotated[list[Path], typer.Argument(help="Drop files.")],
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Create or change drops from their files."""
    engine = admin(url, admin_key, data_dir)
    for definition in [read_drop_file(file) for file in files]:
        created = engine.put(definition)
        out.print(f"{definition.id}: {'created' if created else 'up to date'}", markup=False)


@app.command("list")
def drop_list(url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """List every drop."""
    out.print(admin(url, admin_key, data_dir).table())


@app.command("show")
def drop_show(drop: str, url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """Show one drop with its stock."""
    out.print(admin(url, admin_key, data_dir).details(drop))


@app.command("close")
def drop_close(drop: str, url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """Let no new checkout begin; running ones may finish."""
    admin(url, admin_key, data_dir).close(drop)
    out.print(f"{drop}: closed", markup=False)
