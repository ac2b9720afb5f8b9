"""Keys of operators that were issued: who holds which role, until when, and what is kept of the key itself.

Only its SHA-256 is kept. A slow hash, as for passwords, would buy nothing: a key has 256 bits of chance, so that nobody
finds it by trying, however fast a try is; and it would cost every request what it costs an attacker.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Literal

import msgspec

KeyRole = Literal["viewer", "operator", "admin"]
"""`viewer` looks, `operator` runs a sale, `admin` says what is sold at which price, and who holds a key."""

KEY_BYTES = 32

NAME_PATTERN = r"^[A-Za-z0-9._-]{1,64}\Z"
"""A key's name; it stands in the scope of idempotency keys, where space and slash separate."""


class NewKey(msgspec.Struct, frozen=True):
    """A key that is wanted; without `expires_at` it counts until it is revoked."""

    id: str
    name: str
    role: KeyRole
    expires_at: datetime | None
    by: str


class AdminKey(msgspec.Struct, frozen=True):
    """A key as it is told: never the key, nor what is kept of it. `last_used_at` is right to a minute or two."""

    id: str
    name: str
    role: KeyRole
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_at: datetime | None


class Holder(msgspec.Struct, frozen=True):
    """Whoever shows a key that counts."""

    id: str
    name: str
    role: KeyRole


def digest_of(key: bytes) -> bytes:
    """What is kept of a key, and looked up."""
    return sha256(key).digest()
