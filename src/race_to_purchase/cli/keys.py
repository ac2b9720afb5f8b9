"""Keys of operators: issue, list, revoke."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.cli import tables
from race_to_purchase.cli.shell import JsonOption, err, moment, on_engine, out, show

app = typer.Typer(help="Say who may operate: issue, list and revoke keys.", no_args_is_help=True)


@app.command("issue")
@on_engine
def keys_issue(
    engine: AdminClient,
    name: Annotated[str, typer.Argument(help="Whose it is, or what for: letters, digits, dot, dash, underscore.")],
    role: Annotated[
        Literal["viewer", "operator", "admin"], typer.Option(help="viewer looks, operator runs a sale, admin all.")
    ],
    expires: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="TIME", help="When it ends. [never]")
    ] = None,
) -> None:
    """Issue a key, and print it.

    It is told this once, and nowhere stored.
    """
    out.print(engine.issue_key(name, role, expires), markup=False)
    err.print("This key is shown once; every process takes it within about a second.", markup=False)


@app.command("list")
@on_engine
def keys_list(engine: AdminClient, json_file: JsonOption = None) -> None:
    """List every key that was issued, and when it was used last.

    Those of RACE_ADMIN_KEYS are not among them.
    """
    show(engine.keys(), tables.keys, json_file)


@app.command("revoke")
@on_engine
def keys_revoke(
    engine: AdminClient,
    key: Annotated[str, typer.Argument(help="Its name or its id, as list prints them.")],
) -> None:
    """Revoke a key: no process takes it any more from about a second on."""
    out.print(f"{engine.revoke_key(key)}: revoked", markup=False)
