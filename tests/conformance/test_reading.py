"""What a session reads is what was written, and only what was asked for."""

import pytest

from race_to_purchase.ports import Store
from race_to_purchase.rules.rows import Row
from race_to_purchase.rules.snapshot import Keys, Snapshot
from tests.conformance.batches import change, checkouts, insert, look, pools
from tests.samples import a_checkout, a_drop_row, a_key, a_pool, an_attempt, new_id


async def test_nothing_is_read_where_nothing_is(store: Store) -> None:
    keys = Keys({"aurora"}, {new_id()}, {"aurora/item/shoe"}, {("scope", "key")})
    snapshot = await look(store, keys)
    tables = [snapshot.drops, snapshot.checkouts, snapshot.attempts, snapshot.pools, snapshot.stored]
    assert tables == [{}, {}, {}, {}, {}]


async def test_time_is_aware_and_goes_on(store: Store) -> None:
    first, second = await look(store, Keys()), await look(store, Keys())
    assert first.now.tzinfo is not None
    assert first.now <= second.now


@pytest.mark.parametrize("lock", [False, True])
async def test_rows_come_back_as_they_were_written(store: Store, lock: bool) -> None:
    drop, pool, checkout, key = a_drop_row(), a_pool(held=1), a_checkout(live_n=1), a_key()
    attempt = an_attempt(checkout)
    await insert(store, drop, pool, checkout, attempt, key)
    async with store.session() as session:
        keys = Keys({drop.id}, {checkout.id}, {pool.id}, {(key.scope, key.key)})
        snapshot = await session.read(keys, lock=lock)
    assert dict(snapshot.drops) == {drop.id: drop}
    assert dict(snapshot.pools) == {pool.id: pool}
    assert dict(snapshot.checkouts) == {checkout.id: checkout}
    assert dict(snapshot.attempts) == {(checkout.id, 1): attempt}
    assert dict(snapshot.stored) == {(key.scope, key.key): key}


async def test_checkouts_bring_all_their_attempts(store: Store) -> None:
    first, second, other = a_checkout(live_n=2), a_checkout(live_n=1), a_checkout(live_n=1)
    wanted = [an_attempt(first, 1, state="declined"), an_attempt(first, 2), an_attempt(second, 1)]
    await insert(store, first, second, other, *wanted, an_attempt(other, 1))
    snapshot = await look(store, checkouts(first.id, second.id))
    assert dict(snapshot.attempts) == {(row.checkout_id, row.n): row for row in wanted}


async def test_only_what_was_asked_for_comes(store: Store) -> None:
    await insert(store, a_pool("aurora/item/shoe"), a_pool("aurora/item/lace"), a_checkout())
    snapshot = await look(store, pools("aurora/item/lace"))
    assert list(snapshot.pools) == ["aurora/item/lace"]
    assert not snapshot.checkouts


async def test_a_snapshot_knows_what_was_read(store: Store) -> None:
    pool = a_pool()
    await insert(store, pool)
    snapshot = await look(store, pools(pool.id, "aurora/item/lace"))
    assert snapshot.pools.read == {pool.id: pool}
    assert not snapshot.dirty


@pytest.mark.parametrize("lock", [False, True])
async def test_leaving_without_apply_writes_nothing(store: Store, lock: bool) -> None:
    pool = a_pool()
    async with store.session() as session:
        snapshot = await session.read(pools(pool.id), lock=lock)
        snapshot.put(pool)
    assert not (await look(store, pools(pool.id))).pools


async def test_an_error_in_a_session_writes_nothing_and_is_seen(store: Store) -> None:
    pool = a_pool()

    def fail(snapshot: Snapshot) -> list[Row]:
        snapshot.put(pool)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change(store, pools(pool.id), fail, lock=True)
    assert not (await look(store, pools(pool.id))).pools
