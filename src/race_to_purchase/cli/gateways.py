"""Payment gateways of a running engine."""

from __future__ import annotations

from typing import Annotated

import typer

from race_to_purchase.cli.shell import DataDirOption, KeyOption, UrlOption, admin, out

app = typer.Typer(help="Watch payment gateways of a running engine, drain one.", no_args_is_help=True)


@app.command("list")
def gateways_list(url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """List every payment gateway with what one process has seen of it."""
    out.print(admin(url, admin_key, data_dir).gateways())


@app.command("drain")
def gateways_drain(
    gateway: str,
    why: Annotated[str, typer.Option(help="For whoever looks later.")] = "",
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Begin no new payment with a gateway; running ones end."""
    admin(url, admin_key, data_dir).drain(gateway, drained=True, why=why)
    out.print(f"{gateway}: drained", markup=False)


@app.command("resume")
def gateways_resume(
    gateway: str,
    why: Annotated[str, typer.Option(help="For whoever looks later.")] = "",
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Use a drained gateway again."""
    admin(url, admin_key, data_dir).drain(gateway, drained=False, why=why)
    out.print(f"{gateway}: in use", markup=False)
