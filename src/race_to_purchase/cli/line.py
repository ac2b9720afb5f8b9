"""Lines of a running engine, and the check of a draw."""

from __future__ import annotations

from typing import Annotated

import typer

from race_to_purchase.cli.shell import DataDirOption, JsonOption, KeyOption, UrlOption, admin, engine_url, out

app = typer.Typer(help="Watch the line of a drop, stop and start it, and draw.", no_args_is_help=True)
checks = typer.Typer()

Message = Annotated[str | None, typer.Option(help="Shown to all who wait; an empty one takes it away.")]


@app.command("show")
def line_show(drop: str, url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """Show a line with what bounds it now."""
    out.print(admin(url, admin_key, data_dir).line(drop))


@app.command("pause")
def line_pause(
    drop: str,
    message: Message = None,
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let nobody in for now.

    Every place is kept, and who is inside may finish.
    """
    out.print(admin(url, admin_key, data_dir).steer(drop, paused=True, message=message))


@app.command("resume")
def line_resume(
    drop: str,
    message: Message = "",
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let people in again, slowly at first."""
    out.print(admin(url, admin_key, data_dir).steer(drop, paused=False, message=message))


@app.command("rate")
def line_rate(
    drop: str,
    per_second: Annotated[float, typer.Argument(min=0, help="People a second at most; 0: what the door says.")],
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let in more or fewer people a second."""
    out.print(admin(url, admin_key, data_dir).steer(drop, rate_per_s=per_second))


@app.command("draw")
def line_draw(
    drop: str,
    beacon: Annotated[str, typer.Option(help="What the named round of the beacon came to, in hexadecimal.")],
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Draw the places of a door that names a beacon.

    The others are drawn by themselves.
    """
    out.print(admin(url, admin_key, data_dir).draw(drop, beacon))


@checks.command("verify-draw")
def verify_draw(
    drop: str,
    ticket: Annotated[list[str] | None, typer.Option(help="A ticket: say where it stands. May be repeated.")] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="The shop's engine; else the one of the data folder.")
    ] = None,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Check a draw from what is public of it.

    Exit 1 where something does not hold.
    """
    from race_to_purchase.app.verify_draw import run_verify_draw

    raise typer.Exit(run_verify_draw(engine_url(url, data_dir), drop, ticket or [], out, json_file))
