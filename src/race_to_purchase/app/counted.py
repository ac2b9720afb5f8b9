"""Reads from the database what an engine's processes have counted, without asking the engine."""

from __future__ import annotations

from datetime import datetime

from race_to_purchase.observe.together import Together
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.series import PostgresSeries


async def counted_at(dsn: str, drop: str, since: datetime, until: datetime) -> Together:
    """All that was counted in a drop and in none, by every process, in that time. Raises DatabaseUnavailable."""
    store = await PostgresStore.open(dsn, connections=1)
    try:
        series = PostgresSeries(store.pool)
        slices = [one for name in (drop, "") async for one in series.slices(name, since, until)]
    finally:
        await store.close()
    return Together.of(slices)
