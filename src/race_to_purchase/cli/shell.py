"""What the groups of commands share: where they print, options that several have, and the engine they speak to."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from race_to_purchase.app.admin import AdminClient, reachable_at, require_address
from race_to_purchase.app.commands.results import write_json
from race_to_purchase.settings import load

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

DropArgument = Annotated[str, typer.Argument(help="Id of the drop.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this file, as JSON.")]
DataDirOption = Annotated[
    str | None, typer.Option("--data-dir", help="Folder of the embedded PostgreSQL. [RACE_DATA_DIR]")
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="A running engine; else the one of the data folder. [RACE_URL]")
]
KeyOption = Annotated[str | None, typer.Option("--admin-key", help="Its admin key. [RACE_ADMIN_KEY]")]


def _engine(url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> AdminClient:
    """The engine that the options, the environment or the data folder name."""
    return AdminClient.find(load(data_dir=data_dir), url or os.environ.get("RACE_URL"), admin_key)


def on_engine(command: Callable[..., None]) -> Callable[..., None]:
    """A command that is given a running engine before its own options; those that name the engine follow them."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    naming = list(inspect.signature(_engine, eval_str=True).parameters.values())

    @wraps(command)
    def run(**options: Any) -> None:
        engine = _engine(**{option.name: options.pop(option.name) for option in naming})
        command(engine, **options)

    asked: Any = run  # By what follows typer knows the options.
    del asked.__wrapped__
    asked.__signature__ = inspect.Signature([each.replace(kind=each.KEYWORD_ONLY) for each in (*own, *naming)])
    asked.__annotations__ = {each.name: each.annotation for each in (*own, *naming)}
    return run


def show(told: Any, table: Callable[[Any], Table], json_file: Path | None) -> None:
    """Print what an engine told, as a table, and write it to the file as it was told."""
    out.print(table(told))
    write_json(json_file, told)


def engine_url(url: str | None, data_dir: str | None) -> str:
    """Where the engine is that the options, the environment or the data folder name; no key is needed."""
    named = url or os.environ.get("RACE_URL")
    return require_address(named) if named else reachable_at(load(data_dir=data_dir)).url


def moment(text: str) -> datetime:
    """A time of an option, as RFC 3339 writes it; a date is its midnight in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-12-01T18:00:00Z, nor a date") from None
    if found.tzinfo is None and len(text) > len("2026-12-01"):
        raise typer.BadParameter(f"{text!r} needs a time zone, such as 2026-12-01T18:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
