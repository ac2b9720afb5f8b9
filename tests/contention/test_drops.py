"""Operators who change one drop at the same time: one change after the other, whatever each of them had read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.drop import Drop, Item
from race_to_purchase.rules.outcomes import DropStored
from race_to_purchase.rules.rows import DropRow
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.contention.racing import committers
from tests.databases import empty
from tests.sale import a_sale, recount, value


@pytest.fixture
async def dsn(module_dsn: str) -> str:
    """A database without drops."""
    await empty(module_dsn)
    return module_dsn


def with_item(name: str) -> Drop:
    return a_sale(items=(*a_sale().items, Item(name, name, 300, 7)))


class Overtaken(PostgresReads):
    """Has `meanwhile` done after it has read a drop for the first time, before anybody sees what it read."""

    meanwhile: Any = None

    async def drop(self, drop_id: str) -> DropRow | None:
        found = await super().drop(drop_id)
        if self.meanwhile is not None:
            overtake, self.meanwhile = self.meanwhile, None
            await overtake()
        return found


async def test_what_was_decided_on_a_drop_that_has_changed_is_decided_again(dsn: str) -> None:
    store = await PostgresStore.open(dsn, connections=2)
    async with committers(dsn, 2) as (first, second):
        reads, others = Overtaken(store.pool), Catalogue(second, PostgresReads(store.pool))
        await others.put(a_sale())
        reads.meanwhile = lambda: others.put(with_item("sock"))
        assert isinstance(await Catalogue(first, reads).put(with_item("hat")), DropStored)
        row = await reads.drop("aurora")
    await store.close()
    assert row is not None
    assert row.definition == with_item("hat")
    assert await value(dsn, "SELECT capacity FROM race.pool WHERE id = 'aurora/item/sock'") == 0
    assert await recount(dsn) == []


async def test_many_at_once_are_all_answered(dsn: str) -> None:
    store = await PostgresStore.open(dsn, connections=4)
    reads = PostgresReads(store.pool)
    async with committers(dsn, 4) as parallel:
        changes = [Catalogue(committer, reads).put(with_item(f"item-{n}")) for n, committer in enumerate(parallel * 3)]
        outcomes = await asyncio.gather(*changes)
    await store.close()
    assert {type(outcome) for outcome in outcomes} == {DropStored}
    assert await recount(dsn) == []
