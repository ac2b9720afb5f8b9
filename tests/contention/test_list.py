"""The list of a line while one process appends to it, another closes it and a third writes it anew: nobody is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from race_to_purchase.store.line import PostgresLineRows
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from race_to_purchase.store.statements import statement
from tests.conformance.test_line import Drop, tid
from tests.contention.waiting import waits_for


@pytest.fixture
async def drop(database_dsn: str) -> AsyncIterator[Drop]:
    """As one process sees it."""
    store = await PostgresStore.open(database_dsn)
    yield Drop(store, PostgresReads(store.pool), PostgresLineRows(store.pool))
    await store.close()


@pytest.fixture
async def other(database_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A process that stops between its statements."""
    connection = await asyncpg.connect(database_dsn, server_settings={"search_path": "race"})
    yield connection
    await connection.close()


async def test_it_is_closed_when_those_who_are_being_appended_are_on_it(drop: Drop, other: asyncpg.Connection) -> None:
    await drop.put(closes_s=0.5)
    async with other.transaction():
        assert await other.fetch(statement("register"), "aurora", tid(1)), "in time"
        closing = asyncio.create_task(drop.closed())
        assert await waits_for(other, closing)
    await closing
    assert await drop.rows.settle("aurora") == [tid(1)]


async def test_two_who_write_it_anew_do_so_one_after_the_other(drop: Drop, other: asyncpg.Connection) -> None:
    await drop.put(closes_s=0.5)
    for n in (2, 1):
        assert await drop.rows.register("aurora", tid(n))
    await drop.closed()
    async with other.transaction():
        assert await other.fetch(statement("registrations_closed"), "aurora")
        settling = asyncio.create_task(drop.rows.settle("aurora"))
        assert await waits_for(other, settling)
        await other.execute(statement("registrations_clear"), "aurora")
        await other.execute(statement("registrations_write"), "aurora", [tid(1) + tid(2)])
    assert await settling == [tid(1) + tid(2)]
    assert await drop.rows.part("aurora", 0) == tid(1) + tid(2)
