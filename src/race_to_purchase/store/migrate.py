"""Bring a database to this version's schema: run what is missing of `migrations/`, in order, under one lock.

Everything lives in the PostgreSQL schema `race`. A database that is newer than this program is refused, since an older
program would decide by rules that no longer hold.
"""

from __future__ import annotations

from importlib.resources import files

import asyncpg

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.store.address import check_server, explain_connect_failure, shown
from race_to_purchase.store.statements import statement

_LOCK = 0x7ACE_0001
"""Advisory lock that lets one process migrate while the others wait."""


class SchemaTooNew(ConfigurationError):
    """The database has schema version {found}, but this program knows {known}: run a newer race-to-purchase."""

    code = "schema_too_new"


def migrations() -> list[tuple[int, str, str]]:
    """Number, name and text of each migration, in order; files are named `0001_what.sql`."""
    folder = files("race_to_purchase.store").joinpath("migrations")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [
        (int(name[:4]), name.removesuffix(".sql"), folder.joinpath(name).read_text(encoding="utf-8")) for name in found
    ]


async def migrate(dsn: str) -> int:
    """Run the missing migrations of the database at `dsn`; how many there were.

    Raises DatabaseUnreachable, DatabaseTooOld or SchemaTooNew, each with the sentence to show.
    """
    try:
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"search_path": "race"})
    except Exception as error:
        raise explain_connect_failure(dsn, error) from None
    try:
        await check_server(connection, shown(dsn))
        await connection.execute(statement("migrations_lock"), _LOCK)
        await connection.execute(statement("migrations_prepare"))
        return await _run_missing(connection)
    finally:
        await connection.close()


async def _run_missing(connection: asyncpg.Connection) -> int:
    done = {row["version"] for row in await connection.fetch(statement("migrations_done"))}
    known = migrations()
    if done and max(done) > known[-1][0]:
        raise SchemaTooNew(found=max(done), known=known[-1][0])
    missing = [migration for migration in known if migration[0] not in done]
    for version, name, text in missing:
        async with connection.transaction():
            await connection.execute(text)
            await connection.execute(statement("migrations_record"), version, name)
    await connection.execute(statement("journal_restored"))
    return len(missing)
