"""Lines of a running engine, and the check of a draw."""

from __future__ import annotations

from typing import Annotated

import typer

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.cli import tables
from race_to_purchase.cli.shell import DataDirOption, DropArgument, JsonOption, engine_url, on_engine, out, show

app = typer.Typer(help="Watch the line of a drop, stop and start it, and draw.", no_args_is_help=True)
checks = typer.Typer()

Message = Annotated[str | None, typer.Option(help="Shown to all who wait; an empty one takes it away.")]


@app.command("show")
@on_engine
def line_show(engine: AdminClient, drop: DropArgument, json_file: JsonOption = None) -> None:
    """Show a line with what bounds it now."""
    show(engine.line(drop), tables.line, json_file)


@app.command("pause")
@on_engine
def line_pause(engine: AdminClient, drop: DropArgument, message: Message = None, json_file: JsonOption = None) -> None:
    """Let nobody in for now.

    Every place is kept, and who is inside may finish.
    """
    show(engine.steer(drop, paused=True, message=message), tables.line, json_file)


@app.command("resume")
@on_engine
def line_resume(engine: AdminClient, drop: DropArgument, message: Message = "", json_file: JsonOption = None) -> None:
    """Let people in again, slowly at first."""
    show(engine.steer(drop, paused=False, message=message), tables.line, json_file)


@app.command("rate")
@on_engine
def line_rate(
    engine: AdminClient,
    drop: DropArgument,
    per_second: Annotated[float, typer.Argument(min=0, help="People a second at most; 0: what the door says.")],
    json_file: JsonOption = None,
) -> None:
    """Let in more or fewer people a second."""
    show(engine.steer(drop, rate_per_s=per_second), tables.line, json_file)


@app.command("draw")
@on_engine
def line_draw(
    engine: AdminClient,
    drop: DropArgument,
    beacon: Annotated[str, typer.Option(help="What the named round of the beacon came to, in hexadecimal.")],
    json_file: JsonOption = None,
) -> None:
    """Draw the places of a door that names a beacon.

    The others are drawn by themselves.
    """
    show(engine.draw(drop, beacon), tables.line, json_file)


@checks.command("verify-draw")
def verify_draw(
    drop: DropArgument,
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
    from race_to_purchase.app.commands.verify_draw import run_verify_draw

    raise typer.Exit(run_verify_draw(engine_url(url, data_dir), drop, ticket or [], out, json_file))
