"""What a suite is, and what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from race_to_purchase.rehearse.bench.bar import Bar
from race_to_purchase.rehearse.bench.figures import Result

WARM_UP_S_MAX = 1.0
AROUND_S = 1.5
"""What starting a process and coming to rest take beside the measured time."""


class Length(msgspec.Struct, frozen=True):
    """How much is measured: `rounds` times `seconds` of everything."""

    seconds: float
    rounds: int

    @property
    def warm_up_s(self) -> float:
        """What passes before it is measured: statements are prepared, connections and batches find their pace."""
        return min(WARM_UP_S_MAX, self.seconds / 4)

    @property
    def one_s(self) -> float:
        """One measurement, with all that belongs to it."""
        return self.warm_up_s + self.seconds + AROUND_S


class Bench(msgspec.Struct, frozen=True):
    """Where a suite measures: data folders are made below `folder`, and each step is shown on the `bar`."""

    folder: Path
    length: Length
    bar: Bar


class Suite(msgspec.Struct, frozen=True):
    """One suite: `name` as on the command line, and how many `steps` a round has, for the time it will take."""

    name: str
    what: str
    steps: int
    run: Callable[[Bench], Awaitable[Result]]

    def meant_s(self, length: Length) -> float:
        """How long it takes, about."""
        return self.steps * length.rounds * length.one_s + 3
