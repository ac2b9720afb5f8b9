"""Where what was counted over time is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from typing import Protocol

from race_to_purchase.observe.series import Counted, Slice


class SeriesStore(Protocol):
    """All methods raise DatabaseUnavailable."""

    async def now(self) -> datetime:
        """The database's clock."""
        ...

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        """Keep what the process `source` had counted, by drop, at a time of the database's clock."""
        ...

    def slices(
        self, drop: str, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> AsyncIterator[Slice]:
        """What was counted in a drop ("" for what belongs to none) at `since <= at < until`, the oldest first.

        Of gauges and distributions only those that `only` names, where it names any: most of what is stored are they.
        """
        ...

    async def forget(self, older_than_s: float, limit: int) -> int:
        """Delete slices that old, `limit` at most; how many were deleted."""
        ...
