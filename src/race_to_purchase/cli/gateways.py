"""Payment gateways of a running engine: list, drain, resume."""

from __future__ import annotations

from typing import Annotated

import typer

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.cli import tables
from race_to_purchase.cli.shell import JsonOption, on_engine, out, show

app = typer.Typer(help="Watch payment gateways of a running engine, drain one.", no_args_is_help=True)


@app.command("list")
@on_engine
def gateways_list(engine: AdminClient, json_file: JsonOption = None) -> None:
    """List every payment gateway with what one process has seen of it."""
    show(engine.gateways(), tables.gateways, json_file)


@app.command("drain")
@on_engine
def gateways_drain(
    engine: AdminClient,
    gateway: Annotated[str, typer.Argument(help="Its name, as list prints it.")],
    why: Annotated[str, typer.Option(help="For whoever looks later.")] = "",
) -> None:
    """Begin no new payment with a gateway; running ones end."""
    engine.drain(gateway, drained=True, why=why)
    out.print(f"{gateway}: drained", markup=False)


@app.command("resume")
@on_engine
def gateways_resume(
    engine: AdminClient,
    gateway: Annotated[str, typer.Argument(help="Its name, as list prints it.")],
    why: Annotated[str, typer.Option(help="For whoever looks later.")] = "",
) -> None:
    """Use a drained gateway again."""
    engine.drain(gateway, drained=False, why=why)
    out.print(f"{gateway}: in use", markup=False)
