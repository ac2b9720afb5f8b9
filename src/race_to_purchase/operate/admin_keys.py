"""Keys of operators: issued, listed and revoked; every process follows what any of them did.

A process keeps those that count in memory, so that no request waits for the database to know who asks. When each was
used last is noted behind the requests, a write a minute at most.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
import uuid_utils

from race_to_purchase.ports import AdminKeyRows
from race_to_purchase.rules.admin_keys import KEY_BYTES, AdminKey, Holder, KeyRole, NewKey, digest_of


class IssuedKey(msgspec.Struct, frozen=True):
    """A key as it is handed over; `secret` is told this once, and nowhere stored."""

    key: AdminKey
    secret: str


class AdminKeys:
    """`names` are those of keys in the settings, which no issued key may have: two would be taken for one."""

    def __init__(self, rows: AdminKeyRows, names: Collection[str]) -> None:
        self._rows = rows
        self._names = frozenset(names)
        self._used: set[str] = set()
        self.known: Mapping[bytes, Holder] = {}

    def holder(self, digest: bytes) -> Holder | None:
        """Whose key it is, as this process knew about a second ago; that it was used is noted later."""
        found = self.known.get(digest)
        if found is not None:
            self._used.add(found.id)
        return found

    async def follow(self) -> None:
        """Know those that count now: what was revoked or has expired counts no more."""
        self.known = await self._rows.good()

    async def note_used(self) -> None:
        """Keep which were used since this was called last; what could not be written is tried again."""
        used = frozenset(self._used)
        if used:
            await self._rows.note_used(used)
            self._used -= used

    async def all(self) -> Sequence[AdminKey]:
        """Every key that was issued; those of the settings are not among them."""
        return await self._rows.all()

    async def issue(self, name: str, role: KeyRole, expires_at: datetime | None, by: str) -> IssuedKey | None:
        """A new key; None where a key that counts, or one of the settings, has that name."""
        if name in self._names:
            return None
        secret = f"race_{role}_{secrets.token_urlsafe(KEY_BYTES)}"
        new = NewKey(str(uuid_utils.uuid7()), name, role, expires_at, by)
        key = await self._rows.add(new, digest_of(secret.encode()))
        await self.follow()
        return None if key is None else IssuedKey(key, secret)

    async def revoke(self, key_id: str, by: str) -> AdminKey | None:
        """The key as it is now; None where there is none of that id. Twice is harmless."""
        key = await self._rows.revoke(key_id, by)
        await self.follow()
        return key
