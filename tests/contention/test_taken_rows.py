"""What one process has under its hands keeps no other from what lies beside it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from race_to_purchase.store.inbox import PostgresInbox
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from race_to_purchase.store.statements import statement
from tests.conformance.batches import insert
from tests.conformance.test_tasks import ALL, overdue
from tests.contention.waiting import waits_for
from tests.messages import SAID_AT, a_message

PATIENCE_S = 20.0
"""Nobody waits so long, but where one waits for the other."""


@pytest.fixture
async def other(database_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A process that has stopped in the middle of taking something."""
    connection = await asyncpg.connect(database_dsn, server_settings={"search_path": "race"})
    await connection.execute("BEGIN")
    yield connection
    await connection.execute("ROLLBACK")
    await connection.close()


async def test_a_task_that_another_process_is_taking_is_passed_over(
    store: PostgresStore, other: asyncpg.Connection
) -> None:
    first, second = overdue(datetime.now(UTC), 9), overdue(datetime.now(UTC), 3)
    await insert(store, first, second)
    await other.execute("SELECT FROM task WHERE id = $1 FOR NO KEY UPDATE", first.id)
    taken = await asyncio.wait_for(PostgresReads(store.pool).take_tasks(ALL, 10, 60), PATIENCE_S)
    assert [task.id for task in taken] == [second.id]


async def test_a_message_that_another_process_is_taking_is_passed_over(
    store: PostgresStore, other: asyncpg.Connection
) -> None:
    inbox = PostgresInbox(store.pool)
    for number in range(2):
        await inbox.keep("bank", a_message(id_=f"evt_{number}"), b"{}")
    await other.execute("SELECT FROM inbox WHERE id = 'bank/evt_0' FOR NO KEY UPDATE")
    taken = await asyncio.wait_for(inbox.take("bank", 10, 60), PATIENCE_S)
    assert [message.id for message in taken] == ["bank/evt_1"]


async def test_two_who_are_sent_the_same_messages_never_wait_for_each_other(
    store: PostgresStore, other: asyncpg.Connection
) -> None:
    """Whatever order they came in, they are stored in one."""
    inbox = PostgresInbox(store.pool)
    await other.fetch(statement("inbox_keep"), *the_same("a"))
    # The first goes by itself, and those that came meanwhile go together.
    keeping = asyncio.gather(*(inbox.keep("bank", a_message(id_=name), b"{}") for name in "zba"))
    assert await waits_for(other, keeping)
    await other.execute(f"SET LOCAL lock_timeout = '{PATIENCE_S}s'")
    await other.fetch(statement("inbox_keep"), *the_same("b"))
    await other.execute("COMMIT")
    assert await keeping == [True, False, False]


def the_same(name: str) -> list[list[object]]:
    """A message as `inbox_keep` takes it."""
    return [[f"bank/{name}"], ["bank"], ["payment"], ["ref"], [None], [SAID_AT], ["{}"], [b"{}"]]
