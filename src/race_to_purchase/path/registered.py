"""Who is on the published list of a drop, asked of memory: sixteen bytes a ticket, sorted as it was published.

It is needed for those alone who come after the draw, and read when the first of them comes.
"""

from __future__ import annotations

from math import inf

from race_to_purchase.path.looks import Looks
from race_to_purchase.ports import LineRows
from race_to_purchase.rules.line.tickets import TID_BYTES

LISTS_MAX = 8
"""Drops whose list is kept at a time; one of a million tickets takes sixteen megabytes."""


class Registered:
    """See the module."""

    def __init__(self, rows: LineRows) -> None:
        self._rows = rows
        self._lists = Looks(self._read, inf, LISTS_MAX)

    async def has(self, drop_id: str, tid: bytes) -> bool:
        """Whether the ticket is on the list, which must be published. DatabaseUnavailable."""
        return holds(await self._lists.of(drop_id), tid)

    async def _read(self, drop_id: str) -> bytes:
        parts: list[bytes] = []
        while (part := await self._rows.part(drop_id, len(parts))) is not None:
            parts.append(part)
        return b"".join(parts)


def holds(packed: bytes, tid: bytes) -> bool:
    """Whether `tid` is among the ids that are packed in their order."""
    low, high = 0, len(packed) // TID_BYTES
    while low < high:
        middle = (low + high) // 2
        if packed[middle * TID_BYTES : (middle + 1) * TID_BYTES] < tid:
            low = middle + 1
        else:
            high = middle
    return packed[low * TID_BYTES : (low + 1) * TID_BYTES] == tid
