"""The file of the gateway's books: one SQLite database, opened by one process, and its statements by name.

It keeps and finds rows and knows nothing of payments. A commit is on the disk when it returns (write-ahead log,
synchronous=FULL), so that a process killed a moment later has lost nothing of it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from race_to_purchase.errors import ConfigurationError

APPLICATION_ID = 0x52614757
VERSION = 1
SQLITE_NEEDED = (3, 37)

_SCHEMA = (
    "create_record",
    "index_record",
    "index_parent",
    "create_account",
    "index_account",
    "index_due",
    "create_answer",
    "create_delivery",
    "index_delivery",
    "create_fact",
)

Values = Sequence[object] | Mapping[str, object]


class StoreUnusable(ConfigurationError):
    """The gateway's books in {file} cannot be used: {reason}. Pass another file with --store."""

    code = "gateway_store"


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`; FileNotFoundError for a name without a file."""
    return files("race_to_purchase.gateways.simulator").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


class Store:
    """The open file. Raises StoreUnusable where it is in use, foreign, damaged, or cannot be written.

    Its main connection belongs to one thread at a time; `reader` opens another one that sees what is committed.
    """

    def __init__(self, file: Path | None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="race-gateway-") if file is None else None
        self.file = Path(self._temporary.name, "books.db") if self._temporary is not None else Path(file or "")
        try:
            self._owner = self._own()
            self._connection = self._open()
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(file=self.file, reason=_told(error)) from None

    def rows(self, name: str, values: Values = ()) -> list[Any]:
        """Every row of the named statement; sqlite3.Error where it cannot be run."""
        return self._connection.execute(statement(name), values).fetchall()

    def row(self, name: str, values: Values = ()) -> Any:
        """The first row of the named statement, or None."""
        return self._connection.execute(statement(name), values).fetchone()

    def write(self, name: str, values: Values = ()) -> int:
        """Run the named statement; the number of the row it inserted, if it did."""
        return self._connection.execute(statement(name), values).lastrowid or 0

    def begin(self) -> None:
        """Start a transaction."""
        self._connection.execute("BEGIN IMMEDIATE")

    def mark(self) -> None:
        """Remember this point of the transaction."""
        self._connection.execute("SAVEPOINT call")

    def keep(self) -> None:
        """Forget the mark, keep what was written since."""
        self._connection.execute("RELEASE call")

    def undo(self) -> None:
        """Forget what was written since the mark."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO call")
            self._connection.execute("RELEASE call")

    def commit(self) -> None:
        """Make the transaction durable. Raises sqlite3.Error where it is not, or was ended by an earlier failure."""
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the transaction had to be given up")
        self._connection.execute("COMMIT")

    def give_up(self) -> None:
        """End the transaction without a trace."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def reader(self) -> Reader:
        """A connection of its own, for one thread, that only reads."""
        return Reader(self.file)

    def close(self) -> None:
        """Close the file and leave it to others."""
        self._connection.close()
        self._owner.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _own(self) -> sqlite3.Connection:
        """Hold the file for this process: the lock ends with it, however it ends."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        owner = sqlite3.connect(f"{self.file}-owner", isolation_level=None, timeout=0)
        try:
            owner.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            owner.close()
            raise OSError("another gateway is using it" if "locked" in str(error) else str(error)) from None
        return owner

    def _open(self) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < SQLITE_NEEDED:
            raise OSError(f"SQLite {sqlite3.sqlite_version} is too old")
        connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False, cached_statements=256)
        _require_ours(connection)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "wal_autocheckpoint = 4000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        for name in _SCHEMA:
            connection.execute(statement(name))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
        return connection


class Reader:
    """Reads what is committed. Its methods belong to one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)

    def rows(self, name: str, values: Values = ()) -> list[Any]:
        """Every row of the named statement."""
        return self._connection.execute(statement(name), values).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _require_ours(connection: sqlite3.Connection) -> None:
    """Raises OSError for a database that somebody else made, or another version of this program."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        if application or version or connection.execute("PRAGMA schema_version").fetchone()[0]:
            raise OSError("it is a database of something else")
    elif version != VERSION:
        raise OSError(f"it was written in form {version}, and this program knows form {VERSION}")


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return str(error)
