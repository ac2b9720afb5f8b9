"""The rows that checks ask for, by the name of a statement below `sql/checks/`; see `checks.Rows`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

SETTINGS = {
    "search_path": "race",
    "application_name": "race-audit",
    # An audit looks; whatever else a statement of it might do is a mistake.
    "default_transaction_read_only": "on",
    "jit": "off",
}


class AuditRows:
    """One connection, apart from those that sell. Every statement is a transaction, and so a snapshot, of its own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str) -> AsyncIterator[AuditRows]:
        """Connect for as long as the block runs. DatabaseUnavailable where that fails."""
        with translated:
            connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=SETTINGS)
        try:
            yield cls(connection)
        finally:
            await connection.close()

    async def lead(self, lock: int) -> bool:
        """Whether nobody else had the advisory lock; it is kept for as long as the connection."""
        with translated:
            return bool(await self._connection.fetchval(statement("lead"), lock))

    async def fetch(self, name: str, *arguments: Any) -> Sequence[Sequence[Any]]:
        """The rows of the statement `name`."""
        with translated:
            rows: Sequence[Sequence[Any]] = await self._connection.fetch(statement(f"checks/{name}"), *arguments)
            return rows
