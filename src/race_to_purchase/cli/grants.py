"""Grants of a drop with a door: issue, list, revoke."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.cli import tables
from race_to_purchase.cli.shell import DropArgument, JsonOption, moment, on_engine, out, show

app = typer.Typer(help="Let customers in by a lane of their own, by grants.", no_args_is_help=True)


@app.command("issue")
@on_engine
def grants_issue(
    engine: AdminClient,
    drop: DropArgument,
    lane: Annotated[str, typer.Option(help="Name of the lane, such as vip.")],
    until: Annotated[datetime, typer.Option(parser=moment, metavar="TIME", help="When they end.")],
    identity: Annotated[list[str] | None, typer.Option(help="A customer; - reads them from standard input.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", parser=moment, metavar="TIME", help="When they begin. [now]")
    ] = None,
) -> None:
    """Issue one grant a customer, and print each with its token.

    A line a customer, told this once.
    """
    named = [line.strip() for line in sys.stdin if line.strip()] if identity == ["-"] else identity or []
    if not named:
        raise typer.BadParameter("say for whom: --identity CUSTOMER, or --identity - and a line a customer")
    times = {"valid_until": until, **({"valid_from": since} if since is not None else {})}
    for at in range(0, len(named), 1000):
        for issued in engine.issue_grants(drop, {"lane": lane, "identities": named[at : at + 1000], **times}):
            out.print(f"{issued['identity']}\t{issued['id']}\t{issued['grant']}", markup=False)


@app.command("list")
@on_engine
def grants_list(engine: AdminClient, drop: DropArgument, json_file: JsonOption = None) -> None:
    """List every grant of a drop, and whether it was used or taken back."""
    show(engine.grants(drop), tables.grants, json_file)


@app.command("revoke")
@on_engine
def grants_revoke(
    engine: AdminClient,
    drop: DropArgument,
    grant: Annotated[str, typer.Argument(help="Id of the grant, as issue and list print it.")],
) -> None:
    """Take a grant back; one that was used stays used."""
    engine.revoke_grant(drop, grant)
    out.print(f"{grant}: revoked", markup=False)
