"""`schema.sql` is what people read, `migrations/` is what databases get: both come to the same."""

from collections.abc import Iterator
from importlib.resources import files

import asyncpg
import pytest

from race_to_purchase.store.migrate import migrate, migrations
from tests.databases import Server
from tests.migration.catalog import catalog


@pytest.fixture(params=["server", "debian_server"])
def bare(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two empty databases of one server."""
    server: Server = request.getfixturevalue(request.param)
    pair = server.bare(), server.bare()
    yield pair
    for dsn in pair:
        server.drop(dsn)


async def read_at_once(dsn: str, change: str = "") -> None:
    """Make the schema from the file that people read, and then `change` it."""
    schema = files("race_to_purchase.store").joinpath("schema.sql").read_text(encoding="utf-8")
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "race"})
    await connection.execute(f"CREATE SCHEMA race; {schema}; {change}")
    await connection.close()


async def test_the_schema_equals_the_sum_of_its_migrations(bare: tuple[str, str]) -> None:
    by_steps, at_once = bare
    assert await migrate(by_steps) == len(migrations())
    await read_at_once(at_once)
    assert await catalog(by_steps) == await catalog(at_once)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE pool DROP CONSTRAINT pool_bounds",
        "ALTER TABLE pool SET (fillfactor = 90)",
        "ALTER TABLE checkout ALTER COLUMN history DROP DEFAULT",
        'ALTER TABLE task ALTER COLUMN id TYPE text COLLATE "C", ALTER COLUMN tries DROP NOT NULL',
        "DROP INDEX task_due",
        "ALTER TYPE pool_update ADD ATTRIBUTE drop_id text",
        "CREATE OR REPLACE FUNCTION conflict(what text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    ],
)
async def test_control_the_comparison_sees_a_difference(server: Server, database_dsn: str, change: str) -> None:
    changed = server.bare()
    try:
        await read_at_once(changed, change)
        assert await catalog(changed) != await catalog(database_dsn)
    finally:
        server.drop(changed)


def test_no_two_migrations_have_one_number() -> None:
    numbers = [number for number, _, _ in migrations()]
    assert len(set(numbers)) == len(numbers)
