"""What every table in memory has in common: picking rows, comparing versions, writing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from msgspec.structs import replace

from race_to_purchase.ports import Conflict
from race_to_purchase.rules.snapshot import Table

K = TypeVar("K")
R = TypeVar("R")


class Versioned(Protocol):
    """A row that counts its updates."""

    @property
    def version(self) -> int:
        """How many there were."""
        ...


V = TypeVar("V", bound=Versioned)


def pick(table: Mapping[K, R], keys: Iterable[K]) -> dict[K, R]:
    """The rows of those keys that exist."""
    return {key: table[key] for key in keys if key in table}


def check_versions(changes: Table[K, V], table: Mapping[K, V]) -> None:
    """Conflict where somebody has inserted or changed a row since it was read."""
    for key in changes.changed:
        there = table.get(key)
        if key not in changes.read:
            if there is not None:
                raise Conflict(f"{key} was inserted meanwhile")
        elif there is None or there.version != changes[key].version:
            raise Conflict(f"{key} was changed meanwhile")


def write(changes: Table[K, V], table: dict[K, V]) -> None:
    """Every row that was put."""
    for key in changes.changed:
        row = changes[key]
        table[key] = _next(row) if key in changes.read else row


def _next(row: V) -> V:
    """The row as an update leaves it. Decisions never touch the version: counting updates is the store's."""
    return replace(row, version=row.version + 1)  # type: ignore[type-var]  # every versioned row is a Struct
