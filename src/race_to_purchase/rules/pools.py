"""The arithmetic of pools: the only code that counts anything limited.

Each function takes a pool and gives the pool after it, or None where there is not enough. The database checks the
same inequality once more; if the two ever disagree, the transaction fails and nothing happened.
"""

from __future__ import annotations

from race_to_purchase.rules.rows import Pool


class PoolBroken(Exception):
    """{pool} would go outside 0 <= held, 0 <= sold, held + sold <= capacity: a bug, never a buyer's doing."""


def _with(pool: Pool, held: int, sold: int) -> Pool:
    if held < 0 or sold < 0 or held + sold > pool.capacity:
        raise PoolBroken(f"{pool.id}: held {held}, sold {sold}, capacity {pool.capacity}")
    return Pool(pool.id, pool.drop_id, pool.kind, pool.capacity, held, sold, pool.version)


def hold(pool: Pool, quantity: int) -> Pool | None:
    """free → held; None where fewer than `quantity` are free."""
    if pool.free < quantity:
        return None
    return _with(pool, pool.held + quantity, pool.sold)


def sell(pool: Pool, quantity: int) -> Pool | None:
    """free → sold at once; None where fewer than `quantity` are free."""
    if pool.free < quantity:
        return None
    return _with(pool, pool.held, pool.sold + quantity)


def keep(pool: Pool, quantity: int) -> Pool:
    """held → sold: what was held is bought."""
    return _with(pool, pool.held - quantity, pool.sold + quantity)


def release(pool: Pool, quantity: int) -> Pool:
    """held → free: what was held is given up."""
    return _with(pool, pool.held - quantity, pool.sold)


def take_back(pool: Pool, quantity: int) -> Pool:
    """sold → free: a sale was undone."""
    return _with(pool, pool.held, pool.sold - quantity)


def resize(pool: Pool, capacity: int) -> Pool | None:
    """Another capacity; None where less than what is held and sold."""
    if capacity < pool.held + pool.sold:
        return None
    return Pool(pool.id, pool.drop_id, pool.kind, capacity, pool.held, pool.sold, pool.version)
