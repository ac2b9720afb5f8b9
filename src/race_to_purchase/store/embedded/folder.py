"""The data folder: what may be in it, who holds it, and every reason to refuse it.

    race.lock          held (flock) by the one program that uses the folder, with its name, pid and start in it
    postgres/          PostgreSQL's own files; appears by one rename once complete, so it is never half made
    postgres.making-*  what initdb works in until then; left behind only by a crash, and removed by the next start
    run/               the socket
    postgres.log(.1)   what the server says
    serve.json         where the running `race serve` can be reached, for other commands of this machine

A folder with anything else in it belongs to someone else and is never written to.
"""

import errno
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from race_to_purchase.errors import (
    DataFolderError,
    DataFolderForeign,
    DataFolderFull,
    DataFolderInUse,
    DataFolderNotWritable,
    DataFolderWrongVersion,
)
from race_to_purchase.store.embedded.account import MAJOR_VERSION

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOG_LINES_MAX = 12
"""Of the log, in a message about a server that did not start."""

LOG_BYTES_MAX = 8 * 1024 * 1024
"""The log is cut at this size, and the cut part kept once: twice this is the most that logs take."""
NEW_FOLDER_BYTES_MIN = 128 * 1024 * 1024
"""initdb writes some 40 MB, and a sale starts with as much again in its log of changes."""
OURS = {"race.lock", "serve.json", "postgres", "run", "postgres.log", "postgres.log.1", "postgres.password"}
NOT_WRITABLE = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
    errno.ENAMETOOLONG, errno.ELOOP,
}  # fmt: skip
MAKING_PREFIX = "postgres.making-"
HARMLESS = {"lost+found", ".DS_Store"}


class Holder(msgspec.Struct, frozen=True):
    """Who holds the folder, as written into the lock file for others to read."""

    owner: str
    pid: int
    since: str


class DataFolder:
    """A data folder that this process holds. Made by `claim` alone; `release` gives it back."""

    def __init__(self, root: Path, lock: IO[str]) -> None:
        self.root = root
        self.server_data = root / "postgres"
        self.log = root / "postgres.log"
        self.password = root / "postgres.password"
        self._lock = lock
        self._log_opened_at = 0

    @classmethod
    def claim(cls, root: Path, owner: str) -> "DataFolder":
        """Check `root`, make it if absent, and hold it for `owner` (a command such as `race serve`).

        Raises the DataFolderError that fits: not writable, foreign, another version, in use, full.
        """
        root = Path(os.path.realpath(root.expanduser()))
        with telling_why(root):
            _refuse_foreign(root)
            root.mkdir(parents=True, exist_ok=True, mode=0o755 if _is_root() else 0o700)
            lock = _hold(root, owner)
        return cls(root, lock)

    def release(self) -> None:
        """Give the folder back. The lock file stays: removing it would let two programs hold two files.

        A forked child calls this too, on its copy: the lock must not outlive the program that took it.
        """
        self._lock.close()

    @contextmanager
    def making(self) -> Iterator[Path]:
        """A folder of its own for one initdb, gone at the end unless `keep` moved it to its final place.

        Each try has another: an initdb whose caller was killed may still be writing to the one before.
        """
        for abandoned in self.root.glob(MAKING_PREFIX + "*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=MAKING_PREFIX, dir=self.root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, made: Path) -> None:
        """Move what initdb made to its final place, and see the move on the disk."""
        made.rename(self.server_data)
        if sys.platform != "win32":
            entries = os.open(self.root, os.O_RDONLY)
            try:
                os.fsync(entries)
            finally:
                os.close(entries)

    @property
    def is_new(self) -> bool:
        return not self.server_data.exists()

    def require_space(self) -> None:
        """Raises DataFolderFull when a new server would not fit."""
        free_bytes = shutil.disk_usage(self.root).free
        if free_bytes < NEW_FOLDER_BYTES_MIN:
            needed_mb, free_mb = NEW_FOLDER_BYTES_MIN >> 20, free_bytes >> 20
            raise DataFolderFull(folder=self.root, reason=f"{free_mb} MB are free, {needed_mb} MB are needed")

    def bound_log(self) -> None:
        """Cut the log once it is too long. The server appends to the same file and does not notice."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_BYTES_MAX:
                with suppress(OSError):  # On a full disk the older part is lost; the file is cut all the same.
                    shutil.copyfile(self.log, self.log.with_name("postgres.log.1"))
                os.truncate(self.log, 0)

    def open_log(self) -> IO[bytes]:
        """To append, so that the server goes on at the end even after the log was cut."""
        self.log.touch(mode=0o600)
        output = self.log.open("ab")
        self._log_opened_at = output.tell()
        return output

    def log_tail(self) -> str:
        """The last lines since the log was last opened; empty where there are none."""
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(max(self._log_opened_at, self.log.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-LOG_LINES_MAX:])
        return ""


def has_database(root: Path) -> bool:
    """Whether a server was ever made in this folder; OSError where that cannot be seen."""
    try:
        (root / "postgres").lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def telling_why(root: Path) -> Iterator[None]:
    """Turn the operating system's refusals about paths below `root` into errors that say what to do."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(root) else ""
        reason = f"{error.strerror}{where}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataFolderFull(folder=root, reason=reason) from error
        if error.errno in NOT_WRITABLE:
            raise DataFolderNotWritable(folder=root, reason=reason) from error
        raise DataFolderError(folder=root, reason=reason, remedy="See that the system is well.") from error


def _refuse_foreign(root: Path) -> None:
    if not root.exists():
        return
    if not root.is_dir():
        raise DataFolderNotWritable(folder=root, reason="it is a file, not a folder")
    for server_data in (root, root / "postgres"):
        if (version_file := server_data / "PG_VERSION").exists():
            found = version_file.read_text(errors="replace").strip()
            if found != str(MAJOR_VERSION):
                raise DataFolderWrongVersion(folder=server_data, found=found, needed=MAJOR_VERSION)
    if (root / "PG_VERSION").exists():
        raise DataFolderForeign(folder=root, reason="it is the data of another PostgreSQL server")
    found_names = {entry.name for entry in root.iterdir() if not entry.name.startswith(MAKING_PREFIX)}
    if strangers := sorted(found_names - OURS - HARMLESS):
        named = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
        raise DataFolderForeign(folder=root, reason=f"it already holds other files ({named})")
    if (root / "postgres").exists() and not (root / "postgres" / "PG_VERSION").exists():
        raise DataFolderForeign(folder=root / "postgres", reason="it is not the data of a PostgreSQL server")


def _hold(root: Path, owner: str) -> IO[str]:
    lock = (root / "race.lock").open("a+", encoding="utf-8")
    try:
        _lock_now(lock)
    except OSError as error:
        with lock:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise _in_use(root, lock) from error
            raise DataFolderError(
                folder=root,
                reason=f"its file system has no locks ({error.strerror})",
                remedy="Pass a folder on a local disk with --data-dir.",
            ) from error
    holder = Holder(owner, os.getpid(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    lock.truncate(0)
    lock.write(msgspec.json.encode(holder).decode())
    lock.flush()
    return lock


def _in_use(root: Path, lock: IO[str]) -> DataFolderInUse:
    lock.seek(0)
    try:
        holder = msgspec.json.decode(lock.read(), type=Holder)
    except msgspec.MsgspecError:  # It took the lock a moment ago and has not written its name yet.
        return DataFolderInUse(folder=root, owner="another process", pid="unknown", since="just now")
    return DataFolderInUse(folder=root, owner=holder.owner, pid=holder.pid, since=holder.since)


def _lock_now(lock: IO[str]) -> None:
    """Take the lock or raise OSError at once. The system drops it with the process, however that ends."""
    if sys.platform == "win32":
        lock.seek(1 << 20)  # Windows locks bytes, and locked bytes cannot be read: lock one beyond the text.
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        lock.seek(0)
    else:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
