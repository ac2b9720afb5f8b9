"""Keys of operators, told in examples."""

from __future__ import annotations

from typing import Any

KEY: dict[str, Any] = {
    "id": "019ae3c5-7c00-7000-8000-0000000000c1",
    "name": "ada",
    "role": "operator",
    "created_at": "2026-11-30T09:00:00Z",
    "created_by": "ops",
    "expires_at": "2027-06-01T00:00:00Z",
    "revoked_at": None,
    "revoked_by": None,
    "last_used_at": None,
}

NEW_KEY: dict[str, Any] = {"name": "ada", "role": "operator", "expires_at": "2027-06-01T00:00:00Z"}

ISSUED: dict[str, Any] = {"key": KEY, "secret": "race_operator_…"}

KEYS: dict[str, Any] = {"keys": [{**KEY, "last_used_at": "2026-12-01T17:58:00Z"}]}

REVOKED: dict[str, Any] = {**KEY, "revoked_at": "2026-12-02T08:00:00Z", "revoked_by": "ops"}
