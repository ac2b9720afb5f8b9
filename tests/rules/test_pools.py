"""The arithmetic of pools: what fits is done, what does not is None, what cannot be is an error."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from race_to_purchase.rules import pools
from race_to_purchase.rules.rows import Pool
from tests.samples import a_pool


@st.composite
def some_pools(draw: st.DrawFn) -> Pool:
    """Any pool inside its bounds."""
    capacity = draw(st.integers(0, 50))
    held = draw(st.integers(0, capacity))
    return a_pool(capacity=capacity, held=held, sold=draw(st.integers(0, capacity - held)))


QUANTITIES = st.integers(1, 60)


def test_a_pool_that_is_broken_already_is_never_written_on() -> None:
    """Whatever broke it: the transaction fails, and nothing is built on it."""
    with pytest.raises(pools.PoolBroken):
        pools.keep(Pool("d/item/x", "d", "item", 5, held=4, sold=4), 1)


@given(some_pools(), QUANTITIES)
def test_what_is_free_can_be_held_and_no_more(pool: Pool, quantity: int) -> None:
    after = pools.hold(pool, quantity)
    assert (after is not None) == (quantity <= pool.free)
    assert after is None or (after.held, after.sold) == (pool.held + quantity, pool.sold)


@given(some_pools(), QUANTITIES)
def test_what_is_free_can_be_sold_and_no_more(pool: Pool, quantity: int) -> None:
    after = pools.sell(pool, quantity)
    assert (after is not None) == (quantity <= pool.free)
    assert after is None or (after.held, after.sold) == (pool.held, pool.sold + quantity)


@given(some_pools(), QUANTITIES)
def test_what_was_held_goes_back_or_is_kept(pool: Pool, quantity: int) -> None:
    if (held := pools.hold(pool, quantity)) is not None:
        assert pools.release(held, quantity) == pool
        assert pools.keep(held, quantity) == pools.sell(pool, quantity)
        assert pools.take_back(pools.keep(held, quantity), quantity) == pool


@given(some_pools(), st.integers(0, 120))
def test_a_pool_takes_any_size_that_holds_what_is_used(pool: Pool, capacity: int) -> None:
    after = pools.resize(pool, capacity)
    assert (after is not None) == (capacity >= pool.held + pool.sold)
    assert after is None or (after.capacity, after.held, after.sold) == (capacity, pool.held, pool.sold)


@given(some_pools(), QUANTITIES)
def test_giving_back_what_was_not_taken_is_an_error(pool: Pool, quantity: int) -> None:
    if quantity > pool.held:
        for move in (pools.release, pools.keep):
            with pytest.raises(pools.PoolBroken, match=pool.id):
                move(pool, quantity)
    if quantity > pool.sold:
        with pytest.raises(pools.PoolBroken, match=pool.id):
            pools.take_back(pool, quantity)


@given(some_pools(), QUANTITIES)
def test_a_move_touches_nothing_but_its_counts(pool: Pool, quantity: int) -> None:
    after = pools.hold(pool, quantity)
    if after is not None:
        names = ("id", "drop_id", "kind", "capacity", "version")
        assert [getattr(after, name) for name in names] == [getattr(pool, name) for name in names]
