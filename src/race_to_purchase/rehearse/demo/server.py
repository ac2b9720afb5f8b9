"""The server of a demo: the real `race serve`, as a process of its own on a data folder and a port of its own.

It inherits no setting from the environment, so that a demo never runs on anybody's production database.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import msgspec

from race_to_purchase.app.reachable import FILE, Reachable
from race_to_purchase.errors import RaceError

START_S_MAX = 60.0
STOP_S_MAX = 30.0
PREFIX = "RACE_"
"""Of every environment variable that is a setting."""
LOG_LINES = 15


class ServerFailed(RaceError):
    """The demo's server {what}. Its log is {log}, and ends with: {tail}"""

    code = "demo_server_failed"


class Served(msgspec.Struct, frozen=True):
    """A server that answers, for as long as its `serving` context lasts. `folder` holds its log, and maybe its data."""

    host: str
    port: int
    pid: int
    storefront_key: str
    admin_key: str
    dsn: str
    data_dir: Path
    folder: Path
    log: Path
    began_s: float
    """When it was started: what it has counted is since then."""
    environment: dict[str, str]
    """In which other `race` commands reach the same server and the same database."""

    def discard(self) -> None:
        """Remove log and temporary data, once it has stopped."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def serving(
    *, port: int, workers: int, data_dir: Path | None, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Served]:
    """Start the server, and stop it in the end. Raises ServerFailed where it does not start, or has died meanwhile.

    Without `data_dir` everything is in a temporary folder; it stays until it is discarded, so that a failure can be
    looked into. `settings` are further ones by their environment variables.
    """
    folder = Path(tempfile.mkdtemp(prefix="race-demo-"))
    # The embedded PostgreSQL may run under another account, which has to pass through here to its own folder.
    folder.chmod(0o755)
    data, log = data_dir or folder / "data", folder / "server.log"
    environment, began_s = {**_environment(port, workers, data), **settings}, time.time()
    with log.open("wb") as out:
        command = [sys.executable, "-m", "race_to_purchase.cli", "serve"]
        # A session of its own: Ctrl-C on the terminal is for the demo, which then stops the server in order.
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        reachable = _ready(process, data / FILE, log)
        yield _served(reachable, data, folder, log, began_s, environment)
    except RaceError as error:
        # Whatever went wrong then, a server that is not there any more is the reason.
        if not isinstance(error, ServerFailed) and process.poll() is not None:
            raise _failed("ended in the middle of the sale", log) from error
        raise
    finally:
        _stop(process)


def _served(
    reachable: Reachable, data: Path, folder: Path, log: Path, began_s: float, environment: dict[str, str]
) -> Served:
    host, _, port = reachable.url.removeprefix("http://").rpartition(":")
    return Served(
        host=host,
        port=int(port),
        pid=reachable.pid,
        storefront_key=reachable.storefront_key,
        admin_key=reachable.admin_key,
        dsn=reachable.dsn,
        data_dir=data,
        folder=folder,
        log=log,
        began_s=began_s,
        environment=environment,
    )


def _environment(port: int, workers: int, data: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {
        f"{PREFIX}HOST": "127.0.0.1",
        f"{PREFIX}PORT": str(port),
        f"{PREFIX}WORKERS": str(workers),
        f"{PREFIX}DATA_DIR": str(data),
        f"{PREFIX}STOREFRONT_KEYS": f"demo:demo_storefront_{secrets.token_urlsafe(18)}",
        f"{PREFIX}ADMIN_KEYS": f"demo:demo_admin_{secrets.token_urlsafe(18)}",
        f"{PREFIX}LOG": "json",
    }


def _ready(process: subprocess.Popen[bytes], file: Path, log: Path) -> Reachable:
    """Wait for the word that the server leaves in its data folder once it answers."""
    deadline_s = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise _failed(f"did not start (exit {process.returncode})", log)
        with suppress(OSError, msgspec.DecodeError):
            reachable = msgspec.json.decode(file.read_bytes(), type=Reachable)
            if reachable.pid == process.pid:
                return reachable
        time.sleep(0.05)
    raise _failed(f"did not answer within {START_S_MAX:g} s", log)


def _failed(what: str, log: Path) -> ServerFailed:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    return ServerFailed(what=what, log=log, tail="\n".join(["", *lines]) if lines else "nothing")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, and end it where it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
