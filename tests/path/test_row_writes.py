"""What a purchase costs in rows, since that is what limits how many there can be.

Counted by PostgreSQL itself, in the schema `race` alone: the sandbox's books are a gateway's, not ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import msgspec
import pytest

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.outcomes import Answered, Reserved
from race_to_purchase.store.postgres import PostgresStore
from tests.databases import Server
from tests.path.shop import PATIENCE, Process, Wire
from tests.sale import a_key_use, shoes

BUDGET = 18
HOT_SHARE_MIN = 0.95
PURCHASES = 400


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    """A database that nobody has counted in before."""
    dsn = server.fresh()
    yield dsn
    server.drop(dsn)


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Process]:
    """A process with a limit a buyer, so that every kind of pool is written."""
    process = await Process.start(dsn)
    await process.open(items=shoes(10_000), limit_per_buyer=2)
    yield process
    await process.stop()


async def written(dsn: str, shop: Process) -> dict[str, tuple[int, int, int, int]]:
    """Inserted, updated, deleted and heap-only updated rows by table, once every session has told its numbers."""
    await shop.store.pool.expire_connections()
    connection = await asyncpg.connect(dsn)
    try:
        while await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'race-to-purchase'"
            " AND datname = current_database() AND pid <> pg_backend_pid()"
        ):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'race-to-purchase' AND datname = current_database()"
            )
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


async def test_a_captured_purchase_writes_no_more_rows_than_its_budget(shop: Process, dsn: str) -> None:
    """Bought by one buyer alone, so that nothing is shared with others: batches only make it less."""
    before = await written(dsn, shop)
    await buy(shop.purchase, "ada")
    await shop.settle()
    after = await written(dsn, shop)
    rows = {name: [a - b for a, b in zip(after[name][:3], before[name][:3], strict=True)] for name in after}
    total = sum(map(sum, rows.values()))
    assert 10 < total <= BUDGET, {name: counts for name, counts in rows.items() if any(counts)}


async def test_updates_stay_heap_only(dsn: str, shop: Process) -> None:
    """No transition changes an indexed column, and pages keep room for what will follow."""
    before = await written(dsn, shop)
    store = await PostgresStore.open(dsn, connections=4)
    purchase = Purchase(
        Committer(store),
        shop.reads,
        {"sandbox": Wire(shop.wire.gateway)},
        default_gateway="sandbox",
        patience=msgspec.structs.replace(PATIENCE),
    )
    for start in range(0, PURCHASES, 50):
        await asyncio.gather(*(buy(purchase, f"buyer-{index}") for index in range(start, start + 50)))
    await purchase.drain(30)
    await store.close()
    after = await written(dsn, shop)
    updated = sum(counts[1] for counts in after.values()) - sum(counts[1] for counts in before.values())
    hot = sum(counts[3] for counts in after.values()) - sum(counts[3] for counts in before.values())
    assert updated > 3 * PURCHASES
    assert hot / updated >= HOT_SHARE_MIN, {name: counts for name, counts in after.items() if counts[1]}
