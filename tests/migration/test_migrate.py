"""Bringing a database to this version: once, whoever else does the same, and never backwards."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import pytest

from race_to_purchase.errors import DatabaseUnreachable
from race_to_purchase.store import migrate as migrating
from race_to_purchase.store.migrate import SchemaTooNew, migrate, migrations
from tests.databases import Server
from tests.migration.catalog import catalog
from tests.sale import value

PROCESSES = 4
MIGRATE = (
    "import asyncio, sys; from race_to_purchase.store.migrate import migrate; print(asyncio.run(migrate(sys.argv[1])))"
)


@pytest.fixture
def bare(server: Server) -> Iterator[str]:
    """A database with nothing in it."""
    dsn = server.bare()
    yield dsn
    server.drop(dsn)


async def test_a_second_time_there_is_nothing_to_do(bare: str) -> None:
    assert await migrate(bare) == len(migrations())
    before = await catalog(bare)
    assert await migrate(bare) == 0
    assert await catalog(bare) == before


def test_of_processes_that_start_together_one_does_it(bare: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, bare], stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    told = sorted(int(process.communicate(timeout=60)[0]) for process in started)
    assert told == [0] * (PROCESSES - 1) + [len(migrations())]


async def test_tasks_of_one_process_wait_for_each_other_too(bare: str) -> None:
    assert sorted(await asyncio.gather(*(migrate(bare) for _ in range(8)))) == [0] * 7 + [len(migrations())]


async def test_a_database_of_a_newer_version_is_refused(database_dsn: str) -> None:
    await value(database_dsn, "INSERT INTO race.migration (version, name) VALUES (9999, '9999_later') RETURNING 1")
    with pytest.raises(SchemaTooNew, match="9999") as refused:
        await migrate(database_dsn)
    assert refused.value.exit_code == 2
    assert f"knows {migrations()[-1][0]}:" in str(refused.value)


async def test_a_migration_that_fails_leaves_nothing_of_itself(bare: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = migrations()
    broken = [*known, (known[-1][0] + 1, "broken", "CREATE TABLE half (id integer); SELECT 1 / 0")]
    monkeypatch.setattr(migrating, "migrations", lambda: broken)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(bare)
    assert await value(bare, "SELECT max(version) FROM race.migration") == known[-1][0]
    assert await value(bare, "SELECT to_regclass('race.half')") is None

    monkeypatch.setattr(migrating, "migrations", lambda: [*known, (known[-1][0] + 1, "mended", "CREATE TABLE half ()")])
    assert await migrate(bare) == 1


async def test_a_database_that_is_not_there_is_named(server: Server) -> None:
    with pytest.raises(DatabaseUnreachable, match="no database nowhere"):
        await migrate(server.dsn("nowhere"))
