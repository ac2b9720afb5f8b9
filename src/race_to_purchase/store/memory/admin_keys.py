"""Keys of operators in memory; see `ports.AdminKeyRows`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from race_to_purchase.rules.admin_keys import AdminKey, Holder, NewKey

NOTED_EVERY = timedelta(minutes=1)


class MemoryAdminKeys:
    """Of one process, by the given `clock`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._keys: dict[str, AdminKey] = {}
        self._digests: dict[str, bytes] = {}

    async def add(self, new: NewKey, digest: bytes) -> AdminKey | None:
        """See the port."""
        if any(key.name == new.name and key.revoked_at is None for key in self._keys.values()):
            return None
        key = AdminKey(new.id, new.name, new.role, self._clock(), new.by, new.expires_at, None, None, None)
        self._keys[key.id], self._digests[key.id] = key, digest
        return key

    async def revoke(self, key_id: str, by: str) -> AdminKey | None:
        """See the port."""
        key = self._keys.get(key_id)
        if key is not None and key.revoked_at is None:
            key = self._keys[key_id] = replace(key, revoked_at=self._clock(), revoked_by=by)
        return key

    async def all(self) -> Sequence[AdminKey]:
        """See the port."""
        return sorted(self._keys.values(), key=lambda key: (key.revoked_at is not None, key.name, key.created_at))

    async def good(self) -> Mapping[bytes, Holder]:
        """See the port."""
        now = self._clock()
        return {
            self._digests[key.id]: Holder(key.id, key.name, key.role)
            for key in self._keys.values()
            if key.revoked_at is None and (key.expires_at is None or key.expires_at > now)
        }

    async def note_used(self, ids: Collection[str]) -> None:
        """See the port."""
        now = self._clock()
        for key in [self._keys[key_id] for key_id in ids if key_id in self._keys]:
            if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
                self._keys[key.id] = replace(key, last_used_at=now)
