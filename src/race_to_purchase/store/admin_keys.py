"""Keys of operators in PostgreSQL; see `ports.AdminKeyRows`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg

from race_to_purchase.rules.admin_keys import AdminKey, Holder, NewKey
from race_to_purchase.store.postgres import translated
from race_to_purchase.store.statements import statement


class PostgresAdminKeys:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, new: NewKey, digest: bytes) -> AdminKey | None:
        """See the port."""
        values = (new.id, new.name, new.role, digest, new.expires_at, new.by)
        with translated:
            row = await self._pool.fetchrow(statement("admin_key_add"), *values)
        return None if row is None else _key(row)

    async def revoke(self, key_id: str, by: str) -> AdminKey | None:
        """See the port."""
        with translated:
            row = await self._pool.fetchrow(statement("admin_key_revoke"), key_id, by)
        return None if row is None else _key(row)

    async def all(self) -> Sequence[AdminKey]:
        """See the port."""
        with translated:
            return [_key(row) for row in await self._pool.fetch(statement("admin_keys"))]

    async def good(self) -> Mapping[bytes, Holder]:
        """See the port."""
        with translated:
            rows = await self._pool.fetch(statement("admin_keys_good"))
        return {bytes(digest): Holder(str(key_id), name, role) for digest, key_id, name, role in rows}

    async def note_used(self, ids: Collection[str]) -> None:
        """See the port."""
        with translated:
            await self._pool.execute(statement("admin_keys_used"), list(ids))


def _key(row: Any) -> AdminKey:
    key_id, *rest = row
    return AdminKey(str(key_id), *rest)
