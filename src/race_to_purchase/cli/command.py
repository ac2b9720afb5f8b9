"""The groups of commands put together, and what becomes of an error."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from race_to_purchase import __version__
from race_to_purchase.cli import books, drops, gateways, grants, keys, line, money, rehearsing, report, serving, slo
from race_to_purchase.cli.shell import err, out
from race_to_purchase.errors import RaceError

app = typer.Typer(
    help="A self-hosted checkout engine for the moment when more people want to buy than there is stock.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# A group without a name adds its commands to `race` itself; they are listed in this order.
app.add_typer(serving.app)
app.add_typer(rehearsing.app)
app.add_typer(money.app)
app.add_typer(report.app)
app.add_typer(drops.app, name="drop")
app.add_typer(line.app, name="line")
app.add_typer(line.checks)
app.add_typer(grants.app, name="grants")
app.add_typer(gateways.app, name="gateways")
app.add_typer(keys.app, name="keys")
app.add_typer(books.app, name="ledger")
app.add_typer(slo.app, name="slo")


def run() -> NoReturn:
    """Run what the command line says; an error of ours is one sentence on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # A terminal without a sign for ✓ shows another one.
    try:
        app()
    except RaceError as error:
        _end(str(error), error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # What is left of it is not tried again.
        _end(f"What it prints could not be written to the end: {error.strerror}.", 1)
    sys.exit(0)


def _end(why: str, exit_code: int) -> NoReturn:
    err.print(f"race: {why}", markup=False)
    sys.exit(exit_code)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"race-to-purchase {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Options of `race` itself."""
