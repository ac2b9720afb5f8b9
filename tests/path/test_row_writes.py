"""What a purchase costs in rows, since that is what limits how many there can be.

Counted by PostgreSQL itself, in the schema `race` alone: the sandbox's books are a gateway's, not ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from operator import sub

import asyncpg
import pytest

from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.outcomes import Answered, Reserved
from tests.databases import Server
from tests.path.shop import Process
from tests.sale import a_key_use, shoes

BUDGET = 18
HOT_SHARE_MIN = 0.95
PURCHASES = 400
AT_ONCE = 50


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    """A database that nobody has counted in before."""
    dsn = server.fresh()
    yield dsn
    server.drop(dsn)


Counts = dict[str, tuple[int, int, int, int]]
"""By table: rows inserted, updated, deleted, and updated heap-only."""


async def spent(dsn: str, work: Callable[[Purchase], Awaitable[None]]) -> Counts:
    """What `work` has written, counted when the sessions that did it are gone: they tell it at their end."""
    shop = await Process.start(dsn)
    # With a limit a buyer, so that every kind of pool is written.
    await shop.open(items=shoes(10_000), limit_per_buyer=2)
    await shop.stop()
    before = await counted(dsn)
    shop = await Process.start(dsn)
    await work(shop.purchase)
    await shop.settle()
    await shop.stop()
    after = await counted(dsn)
    return {name: tuple(map(sub, after[name], before[name])) for name in after}  # type: ignore[misc]


async def counted(dsn: str) -> Counts:
    """Since the database was made."""
    connection = await asyncpg.connect(dsn)
    try:
        while await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ):
            await asyncio.sleep(0.01)
        rows = await connection.fetch(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd FROM pg_stat_user_tables"
            " WHERE schemaname = 'race'"
        )
    finally:
        await connection.close()
    return {row[0]: tuple(row)[1:] for row in rows}


async def buy(purchase: Purchase, buyer: str) -> None:
    """A whole purchase as the API asks for it: with a key at each step, and an e-mail address."""
    wish = ReserveRequest("aurora", buyer, (Line("shoe", 1),), email=f"{buyer}@example.org")
    reserved = await purchase.reserve(wish, a_key_use(f"reserve {buyer}"))
    assert isinstance(reserved, Reserved)
    paid = await purchase.pay(reserved.checkout.id, buyer, "pm_approved", a_key_use(f"pay {buyer}", "pay"))
    assert isinstance(paid, Answered)
    assert paid.status == 200


async def test_a_captured_purchase_writes_no_more_rows_than_its_budget(dsn: str) -> None:
    """Bought by one buyer alone, so that nothing is shared with others: batches only make it less."""

    async def one(purchase: Purchase) -> None:
        await buy(purchase, "ada")

    rows = {name: counts[:3] for name, counts in (await spent(dsn, one)).items() if any(counts)}
    assert 10 < sum(map(sum, rows.values())) <= BUDGET, rows


async def test_an_address_that_is_known_already_is_not_written_again(dsn: str) -> None:
    async def two(purchase: Purchase) -> None:
        for n in range(2):
            wish = ReserveRequest("aurora", "ada", (Line("shoe", 1),), email="ada@example.org")
            assert isinstance(await purchase.reserve(wish, a_key_use(f"reserve {n}")), Reserved)

    assert (await spent(dsn, two))["buyer"][:3] == (1, 0, 0)


async def test_updates_stay_heap_only(dsn: str) -> None:
    """No transition changes an indexed column, and pages keep room for what will follow."""

    async def many(purchase: Purchase) -> None:
        for start in range(0, PURCHASES, AT_ONCE):
            await asyncio.gather(*(buy(purchase, f"buyer-{index}") for index in range(start, start + AT_ONCE)))

    rows = await spent(dsn, many)
    updated, hot = sum(counts[1] for counts in rows.values()), sum(counts[3] for counts in rows.values())
    assert updated > 3 * PURCHASES
    assert hot / updated >= HOT_SHARE_MIN, {name: counts for name, counts in rows.items() if counts[1]}
