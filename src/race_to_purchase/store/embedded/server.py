"""The embedded PostgreSQL: a real server in a data folder, started and stopped with the program that uses it.

It owns the life of the server (make, start, watch, stop) and nothing of what is stored in it. It refuses a folder
that is not certainly ours (`folder`) and every trade of durability for speed (`settings`).

Any of the processes may be killed at any moment. When the server is killed, `restart_if_dead` starts it again, and
it recovers what was committed. When the program is killed, the server stays behind without an owner; the next start
sees that from the free lock, stops it in order and starts its own.
"""

import asyncio
import atexit
import hashlib
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import platformdirs
import psutil  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.errors import DataFolderFull, EmbeddedFailed, RaceError
from race_to_purchase.store.embedded.account import Account, binaries_folder
from race_to_purchase.store.embedded.endpoint import DATABASE_USER, Loopback, UnixSocket
from race_to_purchase.store.embedded.folder import DataFolder, telling_why
from race_to_purchase.store.embedded.processes import end_leftovers, end_postmaster, read_postmaster
from race_to_purchase.store.embedded.settings import configuration

DATABASE = "race"
READY_S_MAX = 600.0
"""Recovery after a crash reads up to max_wal_size of changes: slow disks get their time, a hang does not."""
CONNECT_S_MAX = 30.0
WATCH_PAUSE_S_MAX = 10.0

log = logging.getLogger("race.embedded")


def default_data_dir() -> Path:
    """Where this user's programs keep data; for root where the system does, since the server is not root's own."""
    if sys.platform == "linux" and os.geteuid() == 0:
        return Path("/var/lib/race-to-purchase")
    return platformdirs.user_data_path("race-to-purchase", appauthor=False)


class EmbeddedPostgres:
    """A running server that this process owns. Made by `start` alone.

    `start`, `stop` and `restart_if_dead` block for up to seconds and may be called from any thread.
    """

    def __init__(self, folder: DataFolder, *, loopback: bool) -> None:
        self._folder = folder
        self._binaries = binaries_folder()
        self._account = Account.choose(folder.server_data)
        # By path, so that the copy of a folder never takes the original's processes for its own.
        self._cluster_name = "race-" + hashlib.sha256(os.fsencode(folder.root)).hexdigest()[:16]
        self._endpoint = Loopback(folder.password) if loopback else UnixSocket(folder.root / "run", self._cluster_name)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner_pid = os.getpid()
        self._changing = threading.Lock()
        self._stopping = threading.Event()

    @classmethod
    def start(
        cls, data_dir: Path, owner: str = "race serve", *, loopback: bool = sys.platform == "win32"
    ) -> "EmbeddedPostgres":
        """Start the server of `data_dir`, making both if absent, and hold the folder in the name of `owner`.

        It listens on a Unix socket, or with `loopback` on a free TCP port of 127.0.0.1 with a password. Raises the
        DataFolderError that fits, EmbeddedUnavailable or EmbeddedFailed; nothing is left running or held then.
        """
        folder = DataFolder.claim(data_dir, owner)
        try:
            with telling_why(folder.root):
                server = cls(folder, loopback=loopback)
                server._make_if_new()
                server._launch()
        except BaseException:
            folder.release()
            raise
        atexit.register(server.stop)
        _release_in_forked_children(folder)
        return server

    @property
    def dsn(self) -> str:
        """For asyncpg and libpq. It stays the same through restarts; over loopback it holds a password."""
        return self._endpoint.dsn(DATABASE)

    @property
    def pid(self) -> int:
        """Of the postmaster. It changes when a dead server is started again."""
        assert self._process is not None, "start() launches before it hands the server out"
        return self._process.pid

    def restart_if_dead(self) -> bool:
        """Start the server again if it has died; True if it had. Cheap while it lives.

        Raises what `start` raises, the server being dead then; calling again tries again.
        """
        self._folder.bound_log()
        if self._process_lives() or self._stopping.is_set():
            return False
        with self._changing, telling_why(self._folder.root):
            if self._process_lives() or self._stopping.is_set():
                return False
            log.warning("the embedded PostgreSQL (pid %s) has died; starting it again", self.pid)
            self._launch()
            log.warning("the embedded PostgreSQL runs again (pid %s)", self.pid)
            return True

    async def watch(self, interval_s: float = 0.5) -> None:
        """Until cancelled, start the server again whenever it has died; after a failed try wait longer each time."""
        pause_s = interval_s
        while True:
            await asyncio.sleep(pause_s)
            try:
                await asyncio.to_thread(self.restart_if_dead)
                pause_s = interval_s
            except RaceError as error:
                log.error("%s", error)
                pause_s = min(2 * pause_s, WATCH_PAUSE_S_MAX)

    def stop(self) -> None:
        """Stop the server, its changed pages written, and give the folder back. A second call does nothing."""
        if os.getpid() != self._owner_pid:  # A forked child inherits the object, not the server.
            return
        self._stopping.set()  # Before the lock: it ends a restart that is still waiting for recovery.
        with self._changing:
            self._end()
            self._endpoint.clear()
            self._folder.release()
        atexit.unregister(self.stop)

    def _process_lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _make_if_new(self) -> None:
        """Run initdb beside the final place and move the result there: a crash leaves nothing half made."""
        if not self._folder.is_new:
            return
        self._folder.require_space()
        self._folder.password.touch(mode=0o600)
        self._folder.password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        with self._folder.making() as making:
            self._account.own(making, self._folder.password)
            with self._folder.open_log() as output:
                initdb = self._account.launch(self._initdb(making), output)
            if initdb.wait() != 0:
                raise self._failure("could not make its data")
            self._folder.keep(making)

    def _initdb(self, making: Path) -> list[str]:
        options = {
            "username": DATABASE_USER,
            "pwfile": self._folder.password,
            # Whoever can open the socket is its owner (or root): its mode sees to that.
            "auth-local": "trust",
            "auth-host": "scram-sha-256",
            "encoding": "UTF8",
            # Sorts by code point, the same on every machine, and without a search for the system's locales.
            "locale-provider": "builtin",
            "builtin-locale": "C.UTF-8",
            "locale": "C",
        }
        named = [f"--{name}={value}" for name, value in options.items()]
        return [str(self._binaries / "initdb"), "-D", str(making), "--no-instructions", *named]

    def _launch(self) -> None:
        """Run the server on the folder, until it serves; what a crash left running there is ended first."""
        data = self._folder.server_data
        end_leftovers(data, self._cluster_name, self._binaries)
        self._endpoint.prepare(self._account)
        self._write_configuration(data / "postgresql.conf")
        self._folder.bound_log()
        # The name is on the command line too, since that is what marks the process until it has read the file.
        command = [str(self._binaries / "postgres"), "-D", str(data), "-c", f"cluster_name={self._cluster_name}"]
        with self._folder.open_log() as output:
            self._process = self._account.launch(command, output)
        try:
            self._wait_until_ready()
            _apart_from_any_loop(_make_database_if_absent(self._endpoint))
        except BaseException:
            self._end()
            raise

    def _write_configuration(self, file: Path) -> None:
        """Replace `file` as a whole: a full disk must not leave half a configuration, which would be valid."""
        fresh = file.with_name(file.name + ".new")
        fresh.write_text(configuration(self._endpoint.settings()), encoding="utf-8", errors="surrogateescape")
        self._account.own(fresh)
        fresh.replace(file)

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + READY_S_MAX
        while read_postmaster(self._folder.server_data) != (self.pid, "ready"):
            if not self._process_lives():
                raise self._failure("did not start")
            if self._stopping.is_set() or time.monotonic() > give_up_at:
                raise self._failure("was not ready in time")
            time.sleep(0.02)

    def _failure(self, what: str) -> RaceError:
        tail = self._folder.log_tail()
        if "No space left on device" in tail:
            return DataFolderFull(folder=self._folder.root, reason=f"PostgreSQL {what}")
        return EmbeddedFailed(what=what, log=self._folder.log, tail="\n" + tail)

    def _end(self) -> None:
        """End the server and whatever of it is left; nothing to do where it never ran."""
        if self._process is None:
            return
        if self._process_lives():
            end_postmaster(psutil.Process(self._process.pid), self._binaries)
        self._process.wait()
        if read_postmaster(self._folder.server_data) is not None:  # It did not end in order.
            end_leftovers(self._folder.server_data, self._cluster_name, self._binaries)


async def _make_database_if_absent(endpoint: UnixSocket | Loopback) -> None:
    """A connection like the program's own: it also proves that one can be made."""
    try:
        await (await asyncpg.connect(endpoint.dsn(DATABASE), timeout=CONNECT_S_MAX)).close()
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(endpoint.dsn("postgres"), timeout=CONNECT_S_MAX)
        try:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()


def _apart_from_any_loop(work: Coroutine[object, object, None]) -> None:
    """Run `work` to its end in a thread of its own, since the caller's may be running an event loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


def _release_in_forked_children(folder: DataFolder) -> None:
    """A forked child shares the lock, and would keep the folder held after the death of the owner."""
    held = weakref.ref(folder)

    def release() -> None:
        if (inherited := held()) is not None:
            inherited.release()

    if sys.platform != "win32":
        os.register_at_fork(after_in_child=release)
