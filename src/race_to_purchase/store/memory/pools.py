"""Pools in memory as `write_batch` writes them: moved by differences where nobody holds their locks."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from race_to_purchase.ports import Conflict
from race_to_purchase.rules.rows import Pool
from race_to_purchase.rules.snapshot import Table


def moved(pools: Table[str, Pool], table: Mapping[str, Pool]) -> Table[str, Pool]:
    """What is to be written for `pools`: those that keep their capacity are moved from wherever others have moved them.

    Conflict where there is not enough for that.
    """
    found = Table(pools.read)
    for pool_id in pools.changed:
        row, read, there = pools[pool_id], pools.read.get(pool_id), table.get(pool_id)
        if read is not None and there is not None and row.capacity == read.capacity:
            row = replace(there, held=there.held + row.held - read.held, sold=there.sold + row.sold - read.sold)
            if not within_bounds(row):
                raise Conflict(counts(row))
        found.put(pool_id, row)
    return found


def within_bounds(pool: Pool) -> bool:
    """Whether no more is promised than there is: the CHECK of the table."""
    return pool.held >= 0 and pool.sold >= 0 and pool.held + pool.sold <= pool.capacity


def counts(pool: Pool) -> str:
    """What a pool that is out of its bounds says."""
    return f"pool {pool.id}: held {pool.held}, sold {pool.sold}, capacity {pool.capacity}"
