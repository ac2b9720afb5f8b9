"""Times that people give: with a zone, and within the years that every clock, database and reader of ours has."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)
"""A time at the edge of what Python can hold cannot be told in another zone any more."""


def require_moment(name: str, moment: datetime | None) -> None:
    """ValueError, with `name`, for a time without a zone or outside of the years 2000 to 2999; None is none."""
    if moment is None:
        return
    if moment.tzinfo is None:
        raise ValueError(f"{name} needs a time zone, such as 2026-12-01T18:00:00Z")
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"{name} must lie in the years 2000 to 2999")


def rfc3339(moment: datetime) -> str:
    """The moment in UTC, as JSON answers write it."""
    written: str = msgspec.to_builtins(moment.astimezone(UTC))
    return written
