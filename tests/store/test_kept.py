"""Batches take over each other's connections, and the pool gets them back soon."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.store import kept
from race_to_purchase.store.kept import Kept
from race_to_purchase.store.postgres import PostgresStore
from tests.databases import CONNECTIONS


@pytest.fixture
def kept_(store: PostgresStore) -> Kept:
    """Connections that are kept of the store's pool."""
    return Kept(store.pool, CONNECTIONS, 3.0)


def idle(store: PostgresStore) -> bool:
    return store.pool.get_idle_size() == store.pool.get_size()


async def number(connection: Any) -> int:
    found: int = await connection.fetchval("SELECT pg_backend_pid()")
    return found


async def test_a_batch_takes_over_the_connection_of_the_one_before(store: PostgresStore, kept_: Kept) -> None:
    first = await kept_.take()
    await kept_.give(first, sound=True)
    assert len(kept_) == 1
    assert await kept_.take() is first
    await kept_.give(first, sound=False)


async def test_what_is_kept_goes_back_to_the_pool(store: PostgresStore, kept_: Kept) -> None:
    await kept_.give(await kept_.take(), sound=True)
    assert not idle(store)
    async with asyncio.timeout(30):
        while not idle(store):
            await asyncio.sleep(0.01)


async def test_so_that_whoever_waits_for_one_gets_it(store: PostgresStore, kept_: Kept) -> None:
    taken = [await kept_.take() for _ in range(CONNECTIONS)]
    for connection in taken[: kept.KEPT_MAX]:
        await kept_.give(connection, sound=True)
    async with store.pool.acquire(timeout=30) as connection:
        assert await number(connection)
    for connection in taken[kept.KEPT_MAX :]:
        await kept_.give(connection, sound=True)
    await kept_.close()


async def test_no_more_are_kept_than_one_partition_needs(store: PostgresStore, kept_: Kept) -> None:
    taken = [await kept_.take() for _ in range(CONNECTIONS)]
    for connection in taken:
        await kept_.give(connection, sound=True)
    assert len(kept_) == kept.KEPT_MAX
    await kept_.close()
    assert idle(store)


async def test_one_connection_alone_is_never_kept(store: PostgresStore) -> None:
    alone = Kept(store.pool, 1, 3.0)
    await alone.give(await alone.take(), sound=True)
    assert idle(store)


async def test_one_that_broke_meanwhile_is_not_handed_out(store: PostgresStore, kept_: Kept, database_dsn: str) -> None:
    first = await kept_.take()
    gone = await number(first)
    await kept_.give(first, sound=True)
    other = await asyncpg.connect(database_dsn)
    await other.execute("SELECT pg_terminate_backend($1, 5000)", gone)
    await other.close()
    async with asyncio.timeout(30):
        while kept._is_alive(first):
            await asyncio.sleep(0.01)
    second = await kept_.take()
    assert await number(second) != gone
    await kept_.give(second, sound=False)
    assert idle(store)


class TestSessions:
    async def test_are_followed_by_one_on_the_same_connection(self, store: PostgresStore) -> None:
        numbers = set()
        for _ in range(3):
            async with store.session() as session:
                await session.read(Keys(), lock=False)
                numbers.add(id(session._connection))
        assert len(numbers) == 1

    async def test_that_are_not_at_work_use_no_connection(self, store: PostgresStore) -> None:
        async with store.session() as session:
            assert store.connections_used == 1
            await session.read(Keys(), lock=False)
        assert store.connections_used == 0

    @pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
    async def test_that_failed_hand_nothing_over(self, store: PostgresStore, error: type[BaseException]) -> None:
        async def fail() -> None:
            async with store.session() as session:
                await session.read(Keys(), lock=False)
                raise error

        with pytest.raises(error):
            await fail()
        assert idle(store)

    async def test_that_only_looked_under_locks_hand_nothing_over(self, store: PostgresStore) -> None:
        async with store.session() as session:
            await session.read(Keys(), lock=True)
        assert idle(store)
