"""Who buyers and operators are: what has to be the same in every process."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from race_to_purchase.rules.admin_keys import AdminKey, Holder, NewKey


class Keyrings(Protocol):
    """Small values by name, the same for every process. All methods raise DatabaseUnavailable."""

    async def settle(self, name: str, value: bytes) -> bytes:
        """Keep `value` if nothing is kept under that name yet; what is kept there."""
        ...

    async def read(self, name: str) -> bytes | None:
        """What is kept under that name."""
        ...

    async def replace(self, name: str, value: bytes) -> None:
        """Keep `value`, whatever was kept there."""
        ...


class KeysUnanswered(Exception):
    """The shop's public keys could not be had. Its words are logged, and hold no secret."""


class KeySource(Protocol):
    """Where the shop publishes the keys that its customers' tokens are signed with."""

    async def fetch(self) -> bytes:
        """What is published there now; KeysUnanswered."""
        ...


class AdminKeyRows(Protocol):
    """Keys of operators that were issued. All methods raise DatabaseUnavailable; times are the database's."""

    async def add(self, new: NewKey, digest: bytes) -> AdminKey | None:
        """Keep it; None where a key of that name is not revoked yet, and nothing changed."""
        ...

    async def revoke(self, key_id: str, by: str) -> AdminKey | None:
        """Let it count no more; who did so first stands. None where there is no such key."""
        ...

    async def all(self) -> Sequence[AdminKey]:
        """Every key: those that are not revoked first, and each by its name."""
        ...

    async def good(self) -> Mapping[bytes, Holder]:
        """Those that count now, neither revoked nor expired, by their digest."""
        ...

    async def note_used(self, ids: Collection[str]) -> None:
        """They were used just now; nothing is written where that is known of the last minute."""
        ...
