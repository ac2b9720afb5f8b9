"""Real PostgreSQL servers and fresh databases for tests, as fixtures; a plugin that `conftest.py` registers.

One embedded server and, where Debian's PostgreSQL is installed, one of that run for the whole session, each made when
the first test asks for it. A fresh database is a copy of one that was migrated once, which takes some 50 ms.

    embedded        the embedded server itself; never kill or stop it, start one of your own for that
    server          `embedded` as a place to make databases: server.fresh() gives the address of a new one
    debian_server   the same on PostgreSQL 15; skips where it is missing
    database_dsn    the address of a fresh, migrated, empty database on the embedded server, for one test
    store           a store on that database, with CONNECTIONS connections at most
    module_dsn      one for all tests of a module; `await empty(dsn)` takes every row out of it
"""

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.migrate import migrate
from race_to_purchase.store.postgres import PostgresStore
from tests import programs

T = TypeVar("T")

CONNECTIONS = 4
START_S_MAX = 60.0
TEMPLATE = "race_template"
_numbers = itertools.count(1)


class Server:
    """A running PostgreSQL on which tests make databases. `dsn` names any database of it, by a superuser."""

    def __init__(self, name: str, dsn: str) -> None:
        self.name = name
        self._dsn = dsn
        self._has_template = False

    def dsn(self, database: str) -> str:
        """The address of one of its databases."""
        return urllib.parse.urlunsplit(urllib.parse.urlsplit(self._dsn)._replace(path=f"/{database}"))

    def fresh(self) -> str:
        """Make a migrated, empty database; its address."""
        if not self._has_template:
            self._make(TEMPLATE)
            apart(migrate(self.dsn(TEMPLATE)))
            self._has_template = True
        name = f"race_test_{next(_numbers)}"
        self._make(name, TEMPLATE)
        return self.dsn(name)

    def bare(self) -> str:
        """Make a database with nothing in it, not even the schema; its address."""
        name = f"race_test_{next(_numbers)}"
        self._make(name)
        return self.dsn(name)

    def drop(self, dsn: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = urllib.parse.urlsplit(dsn).path.removeprefix("/")
        apart(self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def _make(self, name: str, template: str = "template1") -> None:
        apart(self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))

    async def _run(self, command: str) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            await connection.execute(command)
        finally:
            await connection.close()


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end on an event loop of its own: fixtures that are no coroutines may need it anywhere."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


async def empty(dsn: str) -> None:
    """Take every row out of a database, its migrations excepted. Deleting few rows is far quicker than TRUNCATE.

    As a replica, whose triggers do not fire: the journal lets nobody else delete from it.
    """
    connection = await asyncpg.connect(dsn, server_settings={"session_replication_role": "replica"})
    try:
        deletions = await connection.fetchval(
            "SELECT string_agg(format('DELETE FROM %I.%I', schemaname, tablename), ';') FROM pg_tables"
            " WHERE schemaname IN ('race', 'sandbox') AND tablename <> 'migration'"
        )
        await connection.execute(deletions)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """The embedded server that all tests share. It waits for no disk: nobody pulls its plug, and it is made for a run.

    That the one of the shop does wait is shown by `tests/store/test_embedded.py`.
    """
    running = EmbeddedPostgres.start(tmp_path_factory.mktemp("embedded"), "pytest")
    apart(set_for_good(running.dsn, "fsync", "off"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def server(embedded: EmbeddedPostgres) -> Server:
    """Databases on the embedded server."""
    return Server("embedded", embedded.dsn)


@pytest.fixture(scope="session")
def debian_server() -> Iterator[Server]:
    """Databases on the oldest PostgreSQL that Debian has here and we support."""
    folders = programs.postgres_folders()
    if not folders:
        programs.missing("no PostgreSQL is installed below /usr/lib/postgresql")
    with installed_server(folders[-1]) as dsn:
        yield Server(f"postgresql-{folders[-1].parent.name}", dsn)


@pytest.fixture
def database_dsn(server: Server) -> Iterator[str]:
    """A database for one test."""
    dsn = server.fresh()
    yield dsn
    server.drop(dsn)


@pytest.fixture
async def store(database_dsn: str) -> AsyncIterator[PostgresStore]:
    """The store of one process, on a database for one test."""
    opened = await PostgresStore.open(database_dsn, connections=CONNECTIONS)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def module_dsn(server: Server) -> Iterator[str]:
    """A database for the tests of one module."""
    dsn = server.fresh()
    yield dsn
    server.drop(dsn)


async def set_for_good(dsn: str, name: str, value: str) -> None:
    """Change a setting of a server, as its operator does: it outlives a restart."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


@contextmanager
def installed_server(binaries: Path) -> Iterator[str]:
    """Run a server of the programs in `binaries` on a Unix socket while the block runs; its address.

    It trades durability for speed: nobody pulls its plug.
    """
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="race-pg-"))  # Short, since the path of a socket has to be.
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        data = folder / "data"
        options = ["-D", str(data), "-U", "race", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        as_user([str(binaries / "initdb"), *options], user).wait(START_S_MAX)
        settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = as_user([str(binaries / "postgres"), "-D", str(data), *chosen], user)
        try:
            dsn = f"postgresql://race@/postgres?host={folder}"
            wait_until_ready(dsn, process)
            yield dsn
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_S_MAX)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_user() -> pwd.struct_passwd | None:
    """Who the server runs as where we are root, since it refuses to be; None where it can run as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "pgserver", "race-postgres"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    programs.missing("no user is there to run PostgreSQL as")
    return None


def as_user(command: list[str], user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    """Start `command` in silence, as `user` where one is given."""
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if user is None:
        return subprocess.Popen(command, **quiet)
    return subprocess.Popen(command, cwd="/", user=user.pw_uid, group=user.pw_gid, extra_groups=[], **quiet)


def wait_until_ready(dsn: str, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers; fails when it ends instead."""
    give_up_at = time.monotonic() + START_S_MAX
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            apart(answers(dsn))
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the PostgreSQL at {dsn} did not start")


async def answers(dsn: str) -> None:
    """Raises what connecting raises."""
    await (await asyncpg.connect(dsn, timeout=5)).close()
