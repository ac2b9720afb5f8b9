"""What all processes have to agree on and no setting says; see `ports.Keyrings`."""

from __future__ import annotations

import asyncpg

from race_to_purchase.store.postgres import translated
from race_to_purchase.store.statements import statement


class PostgresKeyrings:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def settle(self, name: str, value: bytes) -> bytes:
        """See the port."""
        with translated:
            await self._pool.execute(statement("keyring_settle"), name, value)
            return bytes(await self._pool.fetchval(statement("keyring_read"), name))

    async def read(self, name: str) -> bytes | None:
        """See the port."""
        with translated:
            found = await self._pool.fetchval(statement("keyring_read"), name)
        return None if found is None else bytes(found)

    async def replace(self, name: str, value: bytes) -> None:
        """See the port."""
        with translated:
            await self._pool.execute(statement("keyring_replace"), name, value)
