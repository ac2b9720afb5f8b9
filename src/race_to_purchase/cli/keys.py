"""Keys of operators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from race_to_purchase.cli.shell import DataDirOption, KeyOption, UrlOption, admin, err, moment, out

app = typer.Typer(help="Say who may operate: issue, list and revoke keys.", no_args_is_help=True)


@app.command("issue")
def keys_issue(
    name: Annotated[str, typer.Argument(help="Whose it is, or what for: letters, digits, dot, dash, underscore.")],
    role: Annotated[
        Literal["viewer", "operator", "admin"], typer.Option(help="viewer looks, operator runs a sale, admin all.")
    ],
    expires: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="TIME", help="When it ends. [never]")
    ] = None,
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Issue a key, and print it.

    It is told this once, and nowhere stored.
    """
    out.print(admin(url, admin_key, data_dir).issue_key(name, role, expires), markup=False)
    err.print("This key is shown once; every process takes it within about a second.", markup=False)


@app.command("list")
def keys_list(url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """List every key that was issued, and when it was used last.

    Those of RACE_ADMIN_KEYS are not among them.
    """
    out.print(admin(url, admin_key, data_dir).keys())


@app.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(help="Its name or its id, as list prints them.")],
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Revoke a key: no process takes it any more from about a second on."""
    out.print(f"{admin(url, admin_key, data_dir).revoke_key(key)}: revoked", markup=False)
