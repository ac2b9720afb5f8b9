"""The inequality of pools holds in the store itself, whoever wrote the decision; and without locks they are moved."""

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Conflict, Rejected, Store
from race_to_purchase.rules.rows import Pool
from tests.conformance.batches import change, insert, look, overtaken, pools
from tests.samples import a_checkout, a_pool

WRONG = [(-1, 0), (0, -1), (11, 0), (0, 11), (6, 5), (-1, 11)]
POOL = a_pool(capacity=10)
Counts = tuple[int, int]
"""Held and sold."""

RIGHT = [(0, 0), (10, 0), (0, 10), (5, 5)]


@pytest.mark.parametrize(("held", "sold"), WRONG)
async def test_no_pool_is_inserted_outside_its_bounds(store: Store, held: int, sold: int) -> None:
    with pytest.raises(Rejected):
        await insert(store, a_pool(capacity=10, held=held, sold=sold))


@pytest.mark.parametrize(("held", "sold"), WRONG)
@pytest.mark.parametrize("lock", [False, True])
async def test_no_pool_leaves_its_bounds(store: Store, held: int, sold: int, lock: bool) -> None:
    """Under its lock that is the fault of the decision; without it, somebody may have been faster."""
    pool, beside = a_pool(capacity=10), a_checkout()
    await insert(store, pool)
    with pytest.raises(Rejected if lock else Conflict):
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


class TestMovedWithoutLocks:
    """Two processes that sell the same item: what each of them decided counts, as long as there is enough."""

    @pytest.mark.parametrize(
        ("before", "theirs", "mine", "after"),
        [
            ((0, 0), (3, 0), (7, 0), (10, 0)),
            ((5, 0), (4, 1), (3, 2), (2, 3)),
            ((5, 0), (4, 0), (2, 0), (1, 0)),
            ((0, 5), (0, 6), (0, 4), (0, 5)),
        ],
        ids=["held", "kept", "released", "sold and taken back"],
    )
    async def test_what_both_did_counts(
        self, store: Store, before: Counts, theirs: Counts, mine: Counts, after: Counts
    ) -> None:
        assert await self.both(store, before, replace(POOL, **of(theirs)), replace(POOL, **of(mine))) == replace(
            POOL, **of(after), version=2
        )

    @pytest.mark.parametrize(
        ("before", "theirs", "mine"),
        [((0, 0), (8, 0), (3, 0)), ((0, 0), (0, 8), (2, 1)), ((1, 0), (0, 0), (0, 0)), ((0, 1), (0, 0), (0, 0))],
        ids=["more than is left", "held and sold beyond", "released twice", "taken back twice"],
    )
    async def test_where_there_is_not_enough_for_both_the_slower_conflicts(
        self, store: Store, before: Counts, theirs: Counts, mine: Counts
    ) -> None:
        theirs_pool = replace(POOL, **of(theirs))
        with pytest.raises(Conflict):
            await self.both(store, before, theirs_pool, replace(POOL, **of(mine)))
        assert (await look(store, pools(POOL.id))).pools[POOL.id] == replace(theirs_pool, version=1)

    async def test_a_capacity_that_was_changed_meanwhile_stays_and_bounds(self, store: Store) -> None:
        smaller = replace(POOL, capacity=4)
        assert await self.both(store, (0, 0), smaller, replace(POOL, held=4)) == replace(smaller, held=4, version=2)

    async def test_what_does_not_fit_into_a_smaller_capacity_conflicts(self, store: Store) -> None:
        with pytest.raises(Conflict):
            await self.both(store, (0, 0), replace(POOL, capacity=4), replace(POOL, held=5))

    async def test_a_capacity_depends_on_what_was_read(self, store: Store) -> None:
        with pytest.raises(Conflict):
            await self.both(store, (0, 0), replace(POOL, held=1), replace(POOL, capacity=12))

    async def both(self, store: Store, before: Counts, theirs: Pool, mine: Pool) -> Pool:
        """The pool after both were written: mine was decided on what was there before theirs was written."""
        await insert(store, replace(POOL, **of(before)))
        keys = pools(POOL.id)
        await overtaken(store, keys, lambda: change(store, keys, lambda _: [theirs]), lambda _: [mine])
        return (await look(store, keys)).pools[POOL.id]


def of(counts: Counts) -> dict[str, int]:
    """Counts by their names."""
    return {"held": counts[0], "sold": counts[1]}
