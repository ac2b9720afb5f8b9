"""Late comers of several processes at once: each a number of their own, and none left out; and what this rests on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from race_to_purchase.store import line
from race_to_purchase.store.line import PostgresLineRows
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.statements import statement

PROCESSES = 4
TIMES = 25


@pytest.fixture
async def processes(database_dsn: str) -> AsyncIterator[list[PostgresLineRows]]:
    stores = [await PostgresStore.open(database_dsn, connections=2) for _ in range(PROCESSES)]
    yield [PostgresLineRows(store.pool) for store in stores]
    for store in stores:
        await store.close()


async def rush(processes: list[PostgresLineRows]) -> list[int | BaseException]:
    """What each is told who comes to one of the processes, where they come one after the other."""

    async def come(n: int) -> list[int | BaseException]:
        comers = (n * TIMES + time for time in range(TIMES))
        asked = [processes[n].late("aurora", comer.to_bytes(16, "big")) for comer in comers]
        return [(await asyncio.gather(one, return_exceptions=True))[0] for one in asked]

    told = await asyncio.gather(*(come(n) for n in range(PROCESSES)))
    return [number for numbers in told for number in numbers]


async def test_their_numbers_have_no_gap_and_are_nobody_elses(processes: list[PostgresLineRows]) -> None:
    assert sorted(await rush(processes), key=str) == sorted(range(PROCESSES * TIMES), key=str)


async def test_without_the_lock_they_are_in_each_others_way(
    processes: list[PostgresLineRows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "statement", lambda name: "SELECT $1::text" if name == "late_lock" else statement(name))
    assert any(isinstance(number, BaseException) for number in await rush(processes))
