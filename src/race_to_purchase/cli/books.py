"""The journal: balances, export, proof."""

from __future__ import annotations

import io
import os
import re
import sys
from datetime import datetime
from typing import Annotated

import typer

from race_to_purchase.cli.shell import DataDirOption, JsonOption, moment, out
from race_to_purchase.settings import load

app = typer.Typer(help="Balances, export and proof of the journal.", no_args_is_help=True)


def _noted(text: str) -> tuple[int, str]:
    """A block's number and hash, as `race ledger verify` prints them."""
    number, _, digits = text.partition(":")
    if not (number.isdecimal() and len(number) < 19 and re.fullmatch("[0-9a-f]{64}", digits)):
        raise typer.BadParameter(f"{text!r} is no block such as 41:9f86d081… with 64 hexadecimal digits")
    return int(number), digits


@app.command("balance")
def ledger_balance(
    account: Annotated[str, typer.Option(help="Only accounts whose name begins so, such as revenue:.")] = "",
    currency: Annotated[str | None, typer.Option(help="Only this currency.")] = None,
    at: Annotated[datetime | None, typer.Option(parser=moment, metavar="TIME", help="As of the end of TIME.")] = None,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show what every account has.

    Exit 1 if debits and credits are not the same.
    """
    from race_to_purchase.app.commands.ledger import Shown, run_balance

    raise typer.Exit(run_balance(load(data_dir=data_dir), out, Shown(account, currency, at), json_file))


@app.command("export")
def ledger_export(
    since: Annotated[datetime | None, typer.Option("--from", parser=moment, metavar="TIME", help="From then.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", parser=moment, metavar="TIME", help="To before.")] = None,
    drop: Annotated[str | None, typer.Option(help="Only what belongs to this drop.")] = None,
    seller: Annotated[str | None, typer.Option(help="Only accounts of this seller.")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write every posting as CSV to standard output.

    For an accountant or a spreadsheet.
    """
    from race_to_purchase.app.commands.ledger import run_export

    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        which = {"since": since, "until": until, "drop_id": drop, "seller": seller}
        raise typer.Exit(run_export(load(data_dir=data_dir), stream, **which))
    except BrokenPipeError:  # Whoever read it has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        stream.detach()


@app.command("verify")
def ledger_verify(
    noted: Annotated[
        str | None, typer.Option(metavar="NUMBER:HASH", help="A block that you noted: it must still be the same.")
    ] = None,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Compare the journal with its seals.

    Exit 1 and name block and order if anything was changed.
    """
    from race_to_purchase.app.commands.ledger import run_verify

    raise typer.Exit(run_verify(load(data_dir=data_dir), out, _noted(noted) if noted else None, json_file))
