"""Figures of the rows for metrics, from PostgreSQL; see `ports.Vitals`."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from race_to_purchase.ports import Holds, TasksDue
from race_to_purchase.store.postgres import translated
from race_to_purchase.store.statements import statement


class PostgresVitals:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def holds(self, most: int) -> Holds:
        """See the port."""
        with translated:
            row = await self._pool.fetchrow(statement("holds"), most)
        assert row is not None, "it counts, and so always has a row"
        return Holds(row["expiring"], row["overdue"])

    async def tasks_due(self, most: int) -> Sequence[TasksDue]:
        """See the port."""
        with translated:
            return [TasksDue(*row) for row in await self._pool.fetch(statement("tasks_due"), most)]
