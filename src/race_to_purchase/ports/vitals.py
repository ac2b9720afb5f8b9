"""Figures of the rows for metrics, at a cost that does not grow with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from race_to_purchase.rules.rows import TaskKind


class Holds(msgspec.Struct, frozen=True):
    """Live checkouts whose deadline is within the next minute, and those of the last one that are not seen to."""

    expiring: int
    overdue: int


class TasksDue(msgspec.Struct, frozen=True):
    """Steps of a kind that are due, and for how many seconds the oldest has been."""

    kind: TaskKind
    due: int
    oldest_s: float


class Vitals(Protocol):
    """Questions that lock nothing. All raise DatabaseUnavailable."""

    async def holds(self, most: int) -> Holds:
        """Of the `most` deadlines next to now, on both sides."""
        ...

    async def tasks_due(self, most: int) -> Sequence[TasksDue]:
        """Of the `most` that have been due longest; kinds without any are left out."""
        ...
