"""The operator's hand on a line: look, pause, resume, another rate, a message, and the value of a draw's beacon."""

from __future__ import annotations

from collections.abc import Callable

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import LineRows, LineSeen
from race_to_purchase.rules.line.commands import Draw, SteerLine
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.outcomes import Ignored, NotDrawable, Outcome, SecretWrong, Steered, Unknown

Reveal = Callable[[LineRow], bytes]
"""The secret of a line, from its signing key; KeyError where that is missing."""


class LineDesk:
    """See the module."""

    def __init__(self, committer: Committer, rows: LineRows, reveal: Reveal) -> None:
        self._committer = committer
        self._rows = rows
        self._reveal = reveal

    async def seen(self, drop_id: str) -> LineSeen | None:
        """The line as it stands now; None where there is none."""
        return await self._rows.seen(drop_id)

    async def steer(self, command: SteerLine) -> Outcome:
        """Steered, or Unknown."""
        return await self._committer.submit(command)

    async def draw(self, drop_id: str, beacon: str) -> Outcome:
        """Draw with the beacon's value, in hexadecimal; with the same value again it is the same draw."""
        seen = await self._rows.seen(drop_id)
        if seen is None:
            return Unknown("line", drop_id)
        line, door = seen.line, seen.row.definition.door
        assert door is not None
        if door.beacon is None:
            return NotDrawable(drop_id, "its door names no beacon, so it is drawn by itself")
        if line.seed is not None and line.beacon == beacon:
            return Steered(line)
        if line.registered is None:
            return NotDrawable(drop_id, "its list is not published yet, and the beacon must come after it")
        try:
            secret = self._reveal(line)
        except KeyError:
            return SecretWrong(drop_id)
        outcome = await self._committer.submit(Draw(drop_id, secret.hex(), beacon))
        return NotDrawable(drop_id, "it was drawn with another value") if isinstance(outcome, Ignored) else outcome
