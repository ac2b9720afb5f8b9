"""Where the embedded server is reached: a Unix socket that only its owner may open, or TCP on the loopback address.

The address of a data folder is decided once, before the start, so that it stays the same when the server is started
again. It is never an address that another machine can reach.
"""

import os
import socket
import stat
import sys
import tempfile
import urllib.parse
from contextlib import suppress
from pathlib import Path

from race_to_purchase.errors import EmbeddedUnavailable
from race_to_purchase.store.embedded.account import USE_YOUR_OWN, Account

DATABASE_USER = "race"
SOCKET_PORT = 5432
"""Only part of the socket's name. Written into the address, since PGPORT would change it otherwise."""
SOCKET_NAME = f".s.PGSQL.{SOCKET_PORT}"
SOCKET_PATH_BYTES_MAX = 103
"""What the system can bind: 107 bytes on Linux, 103 on macOS."""


class UnixSocket:
    """A socket in `folder`, or where that path is too long, in a folder of the same owner below /tmp."""

    def __init__(self, folder: Path, unique_name: str) -> None:
        places = [folder, Path(tempfile.gettempdir()) / unique_name, Path("/tmp") / unique_name]
        self.folder = next(place for place in places if _fits(place) or place is places[-1])
        self._is_apart = self.folder != folder

    def dsn(self, database: str) -> str:
        host = urllib.parse.quote(os.fsencode(self.folder), safe="/")
        return f"postgresql://{DATABASE_USER}@/{database}?host={host}&port={SOCKET_PORT}"

    def settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "",
            "port": str(SOCKET_PORT),
            "unix_socket_directories": str(self.folder),
            "unix_socket_permissions": "0700",
        }

    def prepare(self, account: Account) -> None:
        """Make the folder, closed to all but the owner, and remove what a crash left in it.

        Raises EmbeddedUnavailable where somebody else has made it: whoever owns it could answer in our place.
        """
        with suppress(FileExistsError):
            self.folder.mkdir(mode=0o700)
            account.own(self.folder)
        about = self.folder.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid not in (account.uid, _own_uid()):
            raise EmbeddedUnavailable(
                reason=f"{self.folder}, where its socket belongs, was made by another user",
                remedy="Remove it, or pass a data folder with a shorter path with --data-dir.",
            )
        account.own(self.folder)
        self.folder.chmod(0o700)
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (self.folder / name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Leave nothing behind in /tmp once the server has stopped."""
        if self._is_apart:
            with suppress(OSError):
                self.folder.rmdir()


class Loopback:
    """A free TCP port of 127.0.0.1, for systems without Unix sockets. `password_file` keeps other users out."""

    def __init__(self, password_file: Path) -> None:
        self._password_file = password_file
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def dsn(self, database: str) -> str:
        password = urllib.parse.quote(self._password_file.read_text(encoding="ascii"), safe="")
        return f"postgresql://{DATABASE_USER}:{password}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def settings(self) -> dict[str, str]:
        return {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}

    def prepare(self, account: Account) -> None:
        if not self._password_file.exists():
            raise EmbeddedUnavailable(reason=f"its password, {self._password_file}, is gone", remedy=USE_YOUR_OWN)

    def clear(self) -> None:
        """A port needs no clearing."""


def _fits(folder: Path) -> bool:
    """Whether a socket can be bound and named there: short enough, and no comma, which separates hosts and folders."""
    path = os.fsencode(folder / SOCKET_NAME)
    return len(path) <= SOCKET_PATH_BYTES_MAX and not set(b',"') & set(path)


def _own_uid() -> int | None:
    return None if sys.platform == "win32" else os.geteuid()
