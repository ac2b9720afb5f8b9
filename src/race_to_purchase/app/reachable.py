"""Where a running engine can be reached: told to the other commands of this machine by a file in the data folder."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.settings import Settings
from race_to_purchase.store.embedded.server import default_data_dir

FILE = "serve.json"
"""Name of the file in the data folder that holds Reachable while the embedded database is served."""


class ReachableClosed(ConfigurationError):
    """Whether an engine is running cannot be seen: {file} cannot be read ({reason}). Be the user who started `race
    serve`, or pass --url and --admin-key."""

    code = "reachable_closed"


class Reachable(msgspec.Struct, frozen=True):
    """Where a running engine can be reached, for other commands on this machine."""

    url: str
    storefront_key: str
    admin_key: str
    pid: int
    dsn: str
    metrics: tuple[str, ...] = ()
    """Where each process tells its metrics; empty where none has a port for it."""
    everywhere: bool = False
    """Whether it listens on every address of its machine; `url` is the one by which the machine reaches itself."""


def data_dir(settings: Settings) -> Path:
    """The folder of the embedded database."""
    return Path(settings.data_dir).expanduser() if settings.data_dir else default_data_dir()


def read(folder: Path) -> Reachable | None:
    """What the engine on this folder left; None where none is running, ReachableClosed where that cannot be seen."""
    file = folder / FILE
    try:
        return msgspec.json.decode(file.read_bytes(), type=Reachable)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
    except OSError as error:
        raise ReachableClosed(file=file, reason=error.strerror) from None


def leave(folder: Path, reachable: Reachable) -> None:
    """For this user's eyes alone: it holds keys. It is there whole or not at all, whenever somebody reads it."""
    part = folder / f".{FILE}"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(msgspec.json.encode(reachable))
    part.replace(folder / FILE)


def take_back(folder: Path) -> None:
    """Nothing is reached here any more."""
    (folder / FILE).unlink(missing_ok=True)
