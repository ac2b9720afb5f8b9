"""Connections of clients, and which of them go first when there are too many.

One that has not sent a whole request yet is silent, one whose request is answered rests. Both cost memory and a file
descriptor and give nothing. So there is a bound on silent ones and a bound on all; past a bound the oldest silent one
is ended, else the one that rests longest. A browser sends its request in the same moment in which it connects, so that
ten thousand connections which send nothing throw out each other, and hardly ever a person. Where all connections are
at work, a new one is ended at once.
"""

from __future__ import annotations

from typing import Literal, Protocol

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.guard import ConnectionEnded

End = Literal["silent", "resting", "no_room", "slow_sender", "slow_reader"]


class Connection(Protocol):
    """What is asked of a connection; `end` closes it without a word."""

    def end(self) -> None:
        """Close it now."""
        ...


class Connections:
    """Those of this process: `most` in all, a quarter of them silent."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._silent_most = max(1, most // 4)
        self.open = 0
        self._silent: dict[Connection, None] = {}
        self._resting: dict[Connection, None] = {}

    @property
    def silent(self) -> int:
        """How many have not sent a whole request yet."""
        return len(self._silent)

    def made(self, connection: Connection) -> None:
        """There is a new one."""
        self.open += 1
        self._silent[connection] = None
        if len(self._silent) > self._silent_most:
            self._end_oldest(self._silent, "silent")
        elif self.open > self._most:
            if len(self._silent) > 1:
                self._end_oldest(self._silent, "silent")
            elif self._resting:
                self._end_oldest(self._resting, "resting")
            else:
                self._end_oldest(self._silent, "no_room")

    def spoke(self, connection: Connection) -> None:
        """It has sent a whole request."""
        self._silent.pop(connection, None)
        self._resting.pop(connection, None)

    def rests(self, connection: Connection) -> None:
        """All its requests are answered."""
        self._resting[connection] = None

    def lost(self, connection: Connection) -> None:
        """It is closed, by whomever."""
        self.open -= 1
        self.spoke(connection)

    def _end_oldest(self, among: dict[Connection, None], why: End) -> None:
        oldest = next(iter(among))
        del among[oldest]
        emit(ConnectionEnded(why))
        oldest.end()
