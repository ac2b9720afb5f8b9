"""A connection to the sandbox's database that comes back by itself, and the names of its statements.

It says whether a statement was answered, and nothing else: what a missing answer means is for the gateway to say.
While the database is away it is asked at growing intervals only, and every call in between is refused at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import asyncpg

CONNECT_TIMEOUT_S = 3.0
COMMAND_TIMEOUT_S = 5.0
PAUSE_S_MIN = 0.05
PAUSE_S_MAX = 2.0
TRIES_MAX = 4

SESSION_SETTINGS = {
    "application_name": "race-sandbox-gateway",
    "lock_timeout": "2000",
    "statement_timeout": "4000",
    "tcp_user_timeout": "5000",
    # Plans are cached while the books are still empty, and have to stay good when they are full.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}

_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Time-outs are among them."""


class Unanswered(Exception):
    """The statement got no answer: it may have run, or not."""


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`; FileNotFoundError for a name without a file."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


class Connection:
    """One connection, opened at its first use; statements on it run one after the other, each a transaction."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._open: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()
        self._pause_s = 0.0
        self._not_before_s = 0.0

    async def fetch(self, name: str, *values: object) -> Sequence[asyncpg.Record]:
        """The rows of the named statement, once it is committed. Raises Unanswered, and UniqueViolationError."""
        async with self._turn:
            for _ in range(TRIES_MAX):
                connection = await self._connected()
                try:
                    return await connection.fetch(statement(name), *values, timeout=COMMAND_TIMEOUT_S)
                except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError):
                    continue  # Rolled back as a whole: another process has just changed the same payments.
                except asyncpg.UniqueViolationError:
                    raise
                except _FAILURES as error:
                    self._lose(connection)
                    raise Unanswered(_told(error)) from error
            raise Unanswered(f"{name} met a conflict {TRIES_MAX} times")

    async def close(self) -> None:
        """Close; a database that does not answer is left without a word."""
        if self._open is not None:
            try:
                await self._open.close(timeout=2)
            except _FAILURES:
                self._open.terminate()
            self._open = None

    async def _connected(self) -> asyncpg.Connection[asyncpg.Record]:
        if self._open is not None and not self._open.is_closed():
            return self._open
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before_s:
            raise Unanswered("the sandbox's database is away")
        try:
            self._open = await connect(self._dsn)
        except _FAILURES as error:
            self._pause_s = min(max(2 * self._pause_s, PAUSE_S_MIN), PAUSE_S_MAX)
            self._not_before_s = loop.time() + self._pause_s
            raise Unanswered(_told(error)) from error
        self._pause_s = 0.0
        return self._open

    def _lose(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """After any failure the connection's state is unknown: a new one costs little."""
        connection.terminate()
        self._open = None


async def connect(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    """A new connection with the session settings of the books."""
    return await asyncpg.connect(
        dsn, timeout=CONNECT_TIMEOUT_S, server_settings=SESSION_SETTINGS, max_cached_statement_lifetime=0
    )


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
