"""What a benchmark comes to: what each suite found, the floors that is held against, and whether it may be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from race_to_purchase.rehearse.bench.machine import Machine

OTHERS_PERCENT_MAX = 10.0


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """A number to reach. `worst` and `aim` are lower bounds, or with `at_most` upper ones; `met` None: no verdict."""

    what: str
    unit: str
    measured: float
    worst: float
    aim: float | None = None
    at_most: bool = False
    judged: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the worst that is allowed was reached."""
        return self._within(self.worst) if self.judged else None

    @property
    def aimed(self) -> bool:
        """Whether it is as good as hoped."""
        return self.judged and self.aim is not None and self._within(self.aim)

    def _within(self, bound: float) -> bool:
        return self.measured <= bound if self.at_most else self.measured >= bound


class Line(msgspec.Struct, frozen=True):
    """A line of the table: medians of the rounds, and what the load generator took of one core."""

    what: str
    per_s: float
    p50_ms: float
    p99_ms: float
    generator_share: float


class Stroke(msgspec.Struct, frozen=True):
    """One bar of the picture; `ours` is coloured, `bound` is a number to reach, drawn as a mark across it."""

    label: str
    value: float
    unit: str
    ours: bool = True
    bound: float | None = None


class Panel(msgspec.Struct, frozen=True):
    """Bars that share a scale, under a sentence that says what they show."""

    title: str
    bars: tuple[Stroke, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one suite found, every single measurement of it in the order in which they were made.

    A suite's own kind of it says what of that is shown; what it leaves as it is here, it does not have.
    """

    @property
    def generator_limited(self) -> bool:
        """Whether the load generator took so much of its core that it may have been the limit."""
        return False

    @property
    def broken(self) -> Sequence[str]:
        """What makes the figures void: rows missing, a piece sold twice, an invariant that does not hold."""
        return ()

    @property
    def notes(self) -> Sequence[str]:
        """Sentences that a reader needs beside the figures."""
        return ()

    def figures(self) -> Mapping[str, float]:
        """By the names under which other programs read them, which are never changed."""
        raise NotImplementedError

    def lines(self) -> Sequence[Line]:
        """The lines of the table."""
        raise NotImplementedError

    def floors(self) -> Sequence[Floor]:
        """The numbers to reach on two cores."""
        return ()

    def panels(self) -> Sequence[Panel]:
        """What is drawn."""
        return ()


class Found(msgspec.Struct, frozen=True):
    """The results by the names of their suites, and what others took of all cores before each."""

    machine: Machine
    results: Mapping[str, Result]
    others_percent: Mapping[str, float]

    @property
    def generator_limited(self) -> bool:
        """Whether that holds for one of them."""
        return any(result.generator_limited for result in self.results.values())

    @property
    def busy(self) -> bool:
        """Whether others took so much that the figures say little."""
        return max(self.others_percent.values()) > OTHERS_PERCENT_MAX

    @property
    def broken(self) -> list[str]:
        """What makes the figures of one of them void."""
        return [reason for result in self.results.values() for reason in result.broken]

    def floors(self) -> list[Floor]:
        """The numbers to reach, of all of them."""
        return [floor for result in self.results.values() for floor in result.floors()]

    def to_json(self) -> dict[str, Any]:
        """The result as other programs read it: the figures first, then what is behind them."""
        figures = {name: value for result in self.results.values() for name, value in result.figures().items()}
        return {
            **{name: round(value, 3) for name, value in figures.items()},
            "generator_limited": self.generator_limited,
            "machine_busy": self.busy,
            "others_percent": dict(self.others_percent),
            "broken": self.broken,
            "floors": [
                {**msgspec.structs.asdict(floor), "met": floor.met, "aimed": floor.aimed} for floor in self.floors()
            ],
            "machine": msgspec.structs.asdict(self.machine) | {"durable": self.machine.durable},
            "suites": {name: msgspec.to_builtins(result) for name, result in self.results.items()},
        }
