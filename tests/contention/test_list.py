"""The list of a line while one process appends to it, another closes it and a third writes it anew: nobody is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from race_to_purchase.store import line
from race_to_purchase.store.line import PostgresLineRows
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from race_to_purchase.store.statements import statement
from tests.conformance.test_line import Drop, tid
from tests.contention.waiting import waits_for


@pytest.fixture
def drop(store: PostgresStore) -> Drop:
    """As one process sees it."""
    return Drop(store, PostgresReads(store.pool), PostgresLineRows(store.pool))


@pytest.fixture
async def other(database_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A process that stops between its statements."""
    connection = await asyncpg.connect(database_dsn, server_settings={"search_path": "race"})
    yield connection
    await connection.close()


async def test_it_is_closed_when_those_who_are_being_appended_are_on_it(drop: Drop, other: asyncpg.Connection) -> None:
    await drop.put(closes_s=2.0)
    async with other.transaction():
        assert await other.fetch(statement("register"), "aurora", tid(1)), "in time"
        closing = asyncio.create_task(drop.closed())
        assert await waits_for(other, closing)
    await closing
    assert await drop.rows.settle("aurora") == [tid(1)]


async def test_while_one_process_writes_it_anew_another_leaves_it_alone(drop: Drop, other: asyncpg.Connection) -> None:
    await registered(drop, 2, 1)
    async with other.transaction():
        assert await other.fetch(statement("registrations_lock"), "aurora")
        assert await drop.rows.settle("aurora") is None
        await other.execute(statement("registrations_clear"), "aurora")
        await other.execute(statement("registrations_write"), "aurora", [tid(1) + tid(2)])
    assert await drop.rows.part("aurora", 0) == tid(1) + tid(2)
    assert await drop.rows.settle("aurora") == [tid(1) + tid(2)], "where the other died after it"


async def test_it_is_read_whole_though_another_process_writes_it_anew_meanwhile(
    drop: Drop, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written anew has other numbers: whoever read on by them would lose those behind."""
    await registered(drop, 3, 2, 1)
    monkeypatch.setattr(line, "ROWS_AT_ONCE", 1)
    fetch, read = asyncpg.Connection.fetch, []

    async def and_then_written_anew(connection: asyncpg.Connection, sql: str, *arguments: object) -> list[object]:
        rows: list[object] = await fetch(connection, sql, *arguments)
        if sql == statement("registrations") and not read:
            read.append(rows)
            async with other.transaction():
                await other.execute(statement("registrations_clear"), "aurora")
                await other.execute(statement("registrations_write"), "aurora", [tid(1) + tid(2) + tid(3)])
        return rows

    monkeypatch.setattr(asyncpg.Connection, "fetch", and_then_written_anew)
    assert await drop.rows.settle("aurora") == [tid(1) + tid(2) + tid(3)]
    assert read


async def test_nobody_waits_in_a_transaction_while_it_is_sorted(
    drop: Drop, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends a transaction in which nothing happens for two seconds, and millions of tickets take longer."""
    await registered(drop, 1)
    sort, loop, idle = line.parts_of, asyncio.get_running_loop(), []

    def watched(rows: list[bytes]) -> list[bytes]:
        asked = asyncio.run_coroutine_threadsafe(other.fetchval(WAITING_IN_A_TRANSACTION), loop)
        idle.append(asked.result(10))
        return sort(rows)

    monkeypatch.setattr(line, "parts_of", watched)
    assert await drop.rows.settle("aurora") == [tid(1)]
    assert idle == [0]


WAITING_IN_A_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"""


async def registered(drop: Drop, *numbers: int) -> None:
    """So many who came one after the other, and the list is closed."""
    await drop.put(closes_s=2.0)
    for n in numbers:
        assert await drop.rows.register("aurora", tid(n))
    await drop.closed()
