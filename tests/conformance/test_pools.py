"""The inequality of pools holds in the store itself, whoever wrote the decision."""

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Rejected, Store
from tests.conformance.batches import change, insert, look, pools
from tests.samples import a_checkout, a_pool

WRONG = [(-1, 0), (0, -1), (11, 0), (0, 11), (6, 5), (-1, 11)]
RIGHT = [(0, 0), (10, 0), (0, 10), (5, 5)]


@pytest.mark.parametrize(("held", "sold"), WRONG)
async def test_no_pool_is_inserted_outside_its_bounds(store: Store, held: int, sold: int) -> None:
    with pytest.raises(Rejected):
        await insert(store, a_pool(capacity=10, held=held, sold=sold))


@pytest.mark.parametrize(("held", "sold"), WRONG)
@pytest.mark.parametrize("lock", [False, True])
async def test_no_pool_leaves_its_bounds(store: Store, held: int, sold: int, lock: bool) -> None:
    pool, beside = a_pool(capacity=10), a_checkout()
    await insert(store, pool)
    with pytest.raises(Rejected):
        await change(store, pools(pool.id), lambda _: [beside, replace(pool, held=held, sold=sold)], lock=lock)
    assert (await look(store, pools(pool.id))).pools[pool.id] == pool


@pytest.mark.parametrize(("held", "sold"), RIGHT)
async def test_a_pool_may_be_used_to_its_bounds(store: Store, held: int, sold: int) -> None:
    pool = a_pool(capacity=10)
    await insert(store, pool)
    await change(store, pools(pool.id), lambda _: [replace(pool, held=held, sold=sold)])
    assert (await look(store, pools(pool.id))).pools[pool.id].free == 10 - held - sold


async def test_capacity_shrinks_to_what_is_used_and_no_further(store: Store) -> None:
    pool = a_pool(capacity=10, held=2, sold=3)
    await insert(store, pool)
    await change(store, pools(pool.id), lambda found: [replace(found.pools[pool.id], capacity=5)])
    with pytest.raises(Rejected):
        await change(store, pools(pool.id), lambda found: [replace(found.pools[pool.id], capacity=4)])


async def test_counts_of_a_thousand_million_fit(store: Store) -> None:
    pool = a_pool(capacity=10**12, held=4 * 10**11, sold=5 * 10**11)
    await insert(store, pool)
    assert (await look(store, pools(pool.id))).pools[pool.id] == pool
