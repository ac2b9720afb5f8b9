"""Real servers for the tests of this folder: data folders that are ready, programs that hold them, SQL in one line."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil  # type: ignore[import-untyped]  # It ships no types.

OWNER = """
import sys, pathlib
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.errors import RaceError
try:
    server = EmbeddedPostgres.start(pathlib.Path(sys.argv[1]), owner="race demo")
except RaceError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print(server.pid, server.dsn, flush=True)
sys.stdin.readline()
"""
"""A program that holds the folder until its standard input ends."""


def another_program(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def its_server(program: subprocess.Popen[str]) -> tuple[int, str]:
    """Pid and address of the server that `another_program` has started."""
    assert program.stdout is not None
    pid, dsn = program.stdout.readline().split()
    return int(pid), dsn


def ask(dsn: str, statement: str, *arguments: object) -> Any:
    """The one value that `statement` gives, in a transaction of its own."""

    async def asking() -> Any:
        connection = await asyncpg.connect(dsn, timeout=30)
        try:
            return await connection.fetchval(statement, *arguments)
        finally:
            await connection.close()

    return asyncio.run(asking())


def ask_in_background(dsn: str, statement: str) -> threading.Thread:
    """Have the server work on `statement`, which never ends by itself; returns once it does."""

    async def working() -> None:
        connection = await asyncpg.connect(dsn, timeout=30)
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.execute(statement)

    thread = threading.Thread(target=asyncio.run, args=(working(),), daemon=True)
    thread.start()
    works = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1"
    until(lambda: ask(dsn, works, statement) == 1)
    return thread


def until(condition: Callable[[], object]) -> None:
    """Wait for `condition`; the time limit of the test is the only one."""
    while not condition():
        time.sleep(0.01)


def note(dsn: str, text: str) -> None:
    """Commit one row."""
    ask(dsn, "CREATE TABLE IF NOT EXISTS noted (text text PRIMARY KEY)")
    ask(dsn, "INSERT INTO noted VALUES ($1)", text)


def noted(dsn: str) -> list[str]:
    """The rows that were committed."""
    found: list[str] = ask(dsn, "SELECT array_agg(text ORDER BY text) FROM noted")
    return found


def answers(dsn: str) -> bool:
    try:
        return bool(ask(dsn, "SELECT true"))
    except (asyncpg.PostgresError, OSError):
        return False


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def servers_on(folder: Path) -> list[int]:
    """The pids of the servers that run on the data of `folder`."""
    running = psutil.process_iter(["cmdline"])
    return [process.pid for process in running if str(folder / "postgres") in (process.info["cmdline"] or [])]


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
