"""Take each line through its draw: close the list when its time has come, publish it, then draw.

Every process runs this loop, and each step is decided once. Making the list takes a second of one processor for a
million tickets, so the process that closed it does that, and the others only where it is overdue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import LineRows, LineSeen
from race_to_purchase.rules.line import draw
from race_to_purchase.rules.line.commands import (
    CloseRegistration,
    Draw,
    PublishList,
)
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.line.tickets import TID_BYTES
from race_to_purchase.rules.outcomes import SecretWrong, Steered

log = logging.getLogger("race.line")

OVERDUE = timedelta(seconds=10)
"""Publishing a list that was closed so long ago is taken over."""

Reveal = Callable[[LineRow], bytes]
"""The secret of a line, from its signing key; KeyError where that is missing."""


class DrawPlaces:
    """See the module."""

    name = "draw"

    def __init__(self, committer: Committer, rows: LineRows, reveal: Reveal) -> None:
        self._committer = committer
        self._rows = rows
        self._reveal = reveal
        self._closed: set[str] = set()

    async def tick(self) -> bool:
        """Do the next step of every line that has one; whether another may follow at once."""
        stepped = False
        for drop_id in await self._rows.unended():
            seen = await self._rows.seen(drop_id)
            if seen is not None and seen.line.seed is None:
                stepped |= await self._step(seen)
        return stepped

    async def _step(self, seen: LineSeen) -> bool:
        line, door, drop_id = seen.line, seen.row.definition.door, seen.row.id
        assert door is not None
        if line.closed_at is None and seen.now >= door.registration_closes_at:
            if isinstance(await self._committer.submit(CloseRegistration(drop_id)), Steered):
                self._closed.add(drop_id)
                return True
        elif line.closed_at is not None and line.registered is None:
            if drop_id in self._closed or seen.now >= line.closed_at + OVERDUE:
                return await self._publish(drop_id)
        elif line.registered is not None and door.beacon is None:
            return await self.draw(line, "")
        return False

    async def _publish(self, drop_id: str) -> bool:
        parts = await self._rows.settle(drop_id)
        if parts is None:
            return False
        registered = sum(map(len, parts)) // TID_BYTES
        root = await asyncio.to_thread(_root, parts)
        await self._committer.submit(PublishList(drop_id, registered, root.hex()))
        return True

    async def draw(self, line: LineRow, beacon: str) -> bool:
        """Tell the secret and fix every place; False where that was done, or cannot be."""
        try:
            secret = self._reveal(line)
        except KeyError:
            log.error("line %s cannot be drawn: RACE_LINE_KEYS has no key %d any more", line.drop_id, line.key)
            return False
        outcome = await self._committer.submit(Draw(line.drop_id, secret.hex(), beacon))
        if isinstance(outcome, SecretWrong):
            log.error("line %s cannot be drawn: signing key %d is not the one of before", line.drop_id, line.key)
        return isinstance(outcome, Steered)


def _root(parts: Sequence[bytes]) -> bytes:
    return draw.root([part[at : at + TID_BYTES] for part in parts for at in range(0, len(part), TID_BYTES)])
