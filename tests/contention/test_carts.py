"""Two tabs that change one cart at once: no line is lost, and one would be if the version were not looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from race_to_purchase.commit.committer import Committer
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.rules.cart import Cart
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop, Item
from race_to_purchase.store.carts import PostgresCarts
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.samples import a_drop

TABS = 12
DROP: Drop = replace(a_drop(), items=tuple(Item(f"item-{number}", "A thing", 100, 10) for number in range(TABS)))


class Unversioned(PostgresCarts):
    """The negative control: writes over whatever is there."""

    async def write(self, cart: Cart) -> Cart | None:
        now = await self.read(cart.buyer, cart.drop_id)
        return await super().write(replace(cart, version=now.version)) or replace(cart, changed_at=datetime.now(UTC))


@pytest.fixture
async def stores(database_dsn: str) -> AsyncIterator[list[PostgresStore]]:
    """Two processes' connections to one database with the drop."""
    opened = [await PostgresStore.open(database_dsn, connections=6) for _ in range(2)]
    await Catalogue(Committer(opened[0]), PostgresReads(opened[0].pool)).put(DROP)
    yield opened
    for store in opened:
        await store.close()


def desks(stores: list[PostgresStore], kind: type[PostgresCarts] = PostgresCarts) -> list[CartDesk]:
    return [CartDesk(kind(store.pool), PostgresReads(store.pool), 3600) for store in stores]


async def add_all_at_once(both: list[CartDesk], buyer: str) -> set[str]:
    """Every tab adds another item; what is in the cart then."""
    await asyncio.gather(
        *(
            both[number % 2].put(buyer, DROP.id, (Line(item.id, 1),), "set", None)
            for number, item in enumerate(DROP.items)
        )
    )
    return {line.item for line in (await both[0].read(buyer, DROP.id)).lines}


ALL = {item.id for item in DROP.items}


async def test_two_processes_tabs_lose_no_line(stores: list[PostgresStore]) -> None:
    for round_ in range(5):
        assert await add_all_at_once(desks(stores), f"buyer-{round_}") == ALL


async def test_a_line_would_be_lost_without_the_version(stores: list[PostgresStore]) -> None:
    ends = [await add_all_at_once(desks(stores, Unversioned), f"buyer-{round_}") for round_ in range(5)]
    assert any(end != ALL for end in ends)


async def test_a_guest_who_still_adds_while_signing_in_loses_nothing(stores: list[PostgresStore]) -> None:
    one, other = desks(stores)
    await add_all_at_once([one, other], "guest")
    late = Line(DROP.items[0].id, 5)
    await asyncio.gather(
        one.merge("guest", "ada"),
        other.put("guest", DROP.id, (late,), "set", None),
        other.put("ada", DROP.id, (Line(DROP.items[1].id, 3),), "set", None),
        other.merge("guest", "ada"),
    )
    await one.merge("guest", "ada")
    found = {line.item: line.quantity for line in (await one.read("ada", DROP.id)).lines}
    assert found.keys() == ALL
    assert (found[late.item], found[DROP.items[1].id]) == (5, 3)
    assert (await one.read("guest", DROP.id)).lines == ()
