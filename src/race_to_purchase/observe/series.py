"""What was counted, over time and by drop: the same counts as the metrics, small enough to keep for weeks.

Every process records what its events count, and writes it down every few seconds; whoever asks adds the processes up.
So the console, the report and the scorecard need no other server, and show what `/metrics` shows. A distribution is
kept as its buckets, and its quantiles are those that Prometheus computes of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Self

import msgspec

from race_to_purchase.observe.events.catalogue import all_events, attributes_of
from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram, Metric
from race_to_purchase.observe.labels import Label, Labels

DROPS_MAX = 100
"""So many drops are told apart between two writes; what happens in others is counted under "other"."""

Values = tuple[str, ...]
"""The values of a metric's labels, in the order of its `by`, without the drop's."""

_Plan = tuple[Any, tuple[tuple[str, Label], ...], str]
"""What to count of an event: the metric, how its labels are read, and the field with the value ("" counts one)."""


class Counted(msgspec.Struct):
    """Counts of some time in one drop, or in none (""): by metric, then by labels."""

    counts: dict[str, dict[Values, float]] = msgspec.field(default_factory=dict)
    levels: dict[str, dict[Values, float]] = msgspec.field(default_factory=dict)
    """What gauges said last."""
    spreads: dict[str, dict[Values, list[float]]] = msgspec.field(default_factory=dict)
    """Of histograms: how many in each bucket, how many beyond, and the sum."""

    def add(self, other: Counted) -> None:
        """Count what `other` has counted as well; of levels, the later ones stand."""
        for name, by_labels in other.counts.items():
            mine = self.counts.setdefault(name, {})
            for labels, count in by_labels.items():
                mine[labels] = mine.get(labels, 0) + count
        for name, by_labels in other.levels.items():
            self.levels.setdefault(name, {}).update(by_labels)
        for name, spread in other.spreads.items():
            theirs = self.spreads.setdefault(name, {})
            for labels, buckets in spread.items():
                theirs[labels] = _summed(theirs.get(labels), buckets)

    def total(self, name: str, **labels: str) -> float:
        """The sum of a counter over all labels, or over those with these values."""
        return sum(count for at, count in self.counts.get(name, {}).items() if _fits(name, at, labels))

    def by(self, name: str, label: str) -> dict[str, float]:
        """A counter by one of its labels."""
        place = labels_of(name).index(label)
        found: dict[str, float] = {}
        for at, count in self.counts.get(name, {}).items():
            found[at[place]] = found.get(at[place], 0) + count
        return found

    def spread(self, name: str, **labels: str) -> Spread:
        """The distribution of a histogram over all labels, or over those with these values."""
        buckets: list[float] | None = None
        for at, counted in self.spreads.get(name, {}).items():
            if _fits(name, at, labels):
                buckets = _summed(buckets, counted)
        metric = metrics_by_name()[name]
        assert isinstance(metric, Histogram)
        return Spread(metric.buckets, tuple(buckets or [0.0] * (len(metric.buckets) + 2)))


class Spread(msgspec.Struct, frozen=True):
    """A distribution: how many were at or below each of `bounds` and above the one before, how many beyond, the sum."""

    bounds: tuple[float, ...]
    buckets: tuple[float, ...]

    @property
    def number(self) -> float:
        """How many there were."""
        return sum(self.buckets[:-1])

    def below(self, bound: float) -> float:
        """How many were at or below `bound`, which is one of the bounds."""
        return sum(self.buckets[: self.bounds.index(bound) + 1])

    def quantile(self, share: float) -> float | None:
        """The value that `share` of them did not exceed; None where there were none.

        As `histogram_quantile` of Prometheus: linear within its bucket, and the last bound for whatever is beyond.
        """
        rank, seen = share * self.number, 0.0
        if not self.number:
            return None
        for place, bound in enumerate(self.bounds):
            count = self.buckets[place]
            if count and seen + count >= rank:
                start = self.bounds[place - 1] if place else 0.0
                return start + (bound - start) * (rank - seen) / count
            seen += count
        return self.bounds[-1]


class Slice(msgspec.Struct, frozen=True):
    """What one process (`source`) counted in one drop since its last slice, written down at `at`."""

    drop: str
    at: datetime
    source: str
    counted: Counted


class Recorder:
    """A sink of events that counts what their metrics count; see the module."""

    def __init__(self) -> None:
        self._by_drop: dict[str, Counted] = {}
        self._labels = Labels()
        self._plans: dict[type[Event], Sequence[_Plan]] = {}

    def __call__(self, event: Event) -> None:
        """Count one event."""
        plans = self._plans.get(type(event))
        if plans is None:
            plans = self._plans[type(event)] = [self._plan(type(event), metric) for metric in type(event).metrics]
        if not plans:
            return
        counted = self._counted(event)
        for metric, readers, field in plans:
            labels = tuple([label(getattr(event, name)) for name, label in readers])
            value = getattr(event, field) if field else 1
            if type(metric) is Counter:
                at = counted.counts.setdefault(metric.name, {})
                at[labels] = at.get(labels, 0) + value
            elif type(metric) is Gauge:
                counted.levels.setdefault(metric.name, {})[labels] = float(value)
            else:
                buckets = counted.spreads.setdefault(metric.name, {}).get(labels)
                if buckets is None:
                    buckets = counted.spreads[metric.name][labels] = [0.0] * (len(metric.buckets) + 2)
                buckets[bisect_left(metric.buckets, value)] += 1
                buckets[-1] += value

    def _plan(self, kind: type[Event], metric: Metric) -> _Plan:
        known = {attribute.name: attribute for attribute in attributes_of(kind)}
        readers = tuple((name, self._labels.of(known[name])) for name in _without_drop(metric))
        return metric, readers, getattr(metric, "field", "") or getattr(metric, "add", "")

    def take(self) -> dict[str, Counted]:
        """What was counted since the last time, by drop."""
        taken, self._by_drop = self._by_drop, {}
        return taken

    def put_back(self, taken: Mapping[str, Counted]) -> None:
        """Keep what could not be written down for the next time; it grows no further than its labels."""
        later = self._by_drop
        self._by_drop = dict(taken)
        for drop, counted in later.items():
            self._by_drop.setdefault(drop, Counted()).add(counted)

    def _counted(self, event: Event) -> Counted:
        drop = getattr(event, "drop", "")
        found = self._by_drop.get(drop)
        if found is None:
            if len(self._by_drop) >= DROPS_MAX:
                drop = "other"
            found = self._by_drop.setdefault(drop, Counted())
        return found


class Totals(Counted):
    """Slices added up."""

    @classmethod
    def of(cls, slices: Iterable[Slice]) -> Self:
        """All of them, the oldest first."""
        totals = cls()
        for one in slices:
            totals.add(one.counted)
        return totals


@cache
def metrics_by_name() -> dict[str, Metric]:
    """Every metric of the catalogue."""
    return {metric.name: metric for event in all_events() for metric in event.metrics}


@cache
def labels_of(name: str) -> tuple[str, ...]:
    """The labels of a metric, without the drop."""
    return _without_drop(metrics_by_name()[name])


def _without_drop(metric: Metric) -> tuple[str, ...]:
    return tuple(name for name in metric.by if name != "drop")


def _fits(name: str, at: Values, wanted: Mapping[str, str]) -> bool:
    return all(at[labels_of(name).index(label)] == value for label, value in wanted.items())


def _summed(one: list[float] | None, other: Sequence[float]) -> list[float]:
    return list(other) if one is None else [a + b for a, b in zip(one, other, strict=True)]
