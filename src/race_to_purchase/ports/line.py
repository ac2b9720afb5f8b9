"""What is stored of lines beside what decisions write: who registered, who came late, and the whole at a look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Protocol

import msgspec

from race_to_purchase.rules.drop import item_pools
from race_to_purchase.rules.line.commands import Used
from race_to_purchase.rules.line.rows import GrantRow, LineRow
from race_to_purchase.rules.phases import Phase, phase_of
from race_to_purchase.rules.rows import DropRow, Pool

PART_TIDS = 65_536
"""Ticket ids in one part of a published list: a mebibyte."""


class LineSeen(msgspec.Struct, frozen=True, dict=True):
    """One line as it stood at one moment of the database: `pools` are stock and passes, `late` who came after."""

    row: DropRow
    line: LineRow
    pools: dict[str, Pool]
    late: int
    now: datetime

    @cached_property
    def phase(self) -> Phase:
        """Where the line stood at that moment; thousands ask of one look."""
        items = [self.pools[name] for name in item_pools(self.row.definition) if name in self.pools]
        return phase_of(self.row, self.line, items, self.now)


class LineRows(Protocol):
    """See the module. All methods raise DatabaseUnavailable.

    To register is no decision about a sale: nothing is read of it before the draw. So the list is appended to beside
    the committer, 16 bytes a ticket, in as many rows as there were moments at which somebody came.
    """

    async def seen(self, drop_id: str) -> LineSeen | None:
        """One line; None where the drop does not exist, or has no door."""
        ...

    async def unended(self) -> Sequence[str]:
        """Drops whose line has not ended."""
        ...

    async def passes_due(self, limit: int) -> Sequence[tuple[str, str]]:
        """Drop and ticket of passes whose time is up, the oldest first."""
        ...

    async def used(self, ticket: str) -> Used | None:
        """What the passes of the ticket with this pool were used for, at one moment; None where it had none."""
        ...

    async def grants(self, drop_id: str, after: str, limit: int) -> Sequence[GrantRow]:
        """Grants of a drop by their id, those after `after`."""
        ...

    async def register(self, drop_id: str, tid: bytes) -> bool:
        """Append a ticket to the list, durably; False where registration is not open by the store's clock."""
        ...

    async def settle(self, drop_id: str) -> Sequence[bytes] | None:
        """Write a closed list anew, sorted and each ticket once, in parts of PART_TIDS; None where it is not closed,
        already published, or being written by another process. Done twice it comes to the same."""
        ...

    async def part(self, drop_id: str, number: int) -> bytes | None:
        """One part of a published list, from 0; None where there is none."""
        ...

    async def late(self, drop_id: str, tid: bytes) -> int:
        """The number of one who came after the draw, from 0, first come first served; each ticket has one for ever."""
        ...
