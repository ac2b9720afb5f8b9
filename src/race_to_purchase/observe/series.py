"""What was counted, over time and by drop: the same counts as the metrics, small enough to keep for weeks.

Every process writes down every few seconds what its metrics have counted since; whoever asks adds the processes up.
What has no label for the drop stands under "". So the console, the report and the scorecard need no other server, and
show what `/metrics` shows. A distribution is kept as its buckets, and its quantiles are those that Prometheus makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import msgspec

from race_to_purchase.observe.events.catalogue import all_events
from race_to_purchase.observe.events.event import Counter, Gauge, Histogram, Metric

Values = tuple[str, ...]
"""The values of a metric's labels, in the order of its `by`, without the drop's."""


class Counted(msgspec.Struct):
    """Counts of some time in one drop, or in none (""): by metric, then by labels."""

    counts: dict[str, dict[Values, float]] = msgspec.field(default_factory=dict)
    levels: dict[str, dict[Values, float]] = msgspec.field(default_factory=dict)
    """What gauges said last."""
    spreads: dict[str, dict[Values, list[float]]] = msgspec.field(default_factory=dict)
    """Of histograms: how many in each bucket, how many beyond, and the sum."""

    def add(self, other: Counted) -> None:
        """Count what `other` has counted as well; of levels, the later ones stand."""
        self.add_counts(other)
        for name, by_labels in other.levels.items():
            self.levels.setdefault(name, {}).update(by_labels)
        for name, spread in other.spreads.items():
            theirs = self.spreads.setdefault(name, {})
            for labels, buckets in spread.items():
                theirs[labels] = _summed(theirs.get(labels), buckets)

    def add_counts(self, other: Counted) -> None:
        """The same of counters alone."""
        for name, by_labels in other.counts.items():
            mine = self.counts.setdefault(name, {})
            for labels, count in by_labels.items():
                mine[labels] = mine.get(labels, 0) + count

    def total(self, name: str, **labels: str) -> float:
        """The sum of a counter over all labels, or over those with these values."""
        by_labels = self.counts.get(name)
        if not by_labels:
            return 0.0
        if not labels:
            return sum(by_labels.values())
        wanted = wanted_of(name, labels)
        return sum(count for at, count in by_labels.items() if fits(at, wanted))

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
        wanted = wanted_of(name, labels)
        for at, counted in self.spreads.get(name, {}).items():
            if fits(at, wanted):
                buckets = _summed(buckets, counted)
        bounds = bounds_of(name)
        return Spread(bounds, tuple(buckets or [0.0] * (len(bounds) + 2)))


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


class Counting(Protocol):
    """What the metrics of a process count of one metric: see `observe.metrics.sinks`."""

    metric: Any

    def state(self) -> object:
        """Another one once something was counted."""
        ...

    def items(self) -> list[tuple[Values, list[float]]]:
        """Labels and counts as of now; of a histogram its buckets, those beyond, and the sum."""
        ...


class Recorder:
    """Tells what the metrics have counted since it was asked last; nothing is counted for it."""

    def __init__(self, series: Sequence[Counting]) -> None:
        self._series = series
        self._known: dict[str, dict[Values, list[float]]] = {}
        self._states: dict[str, object] = {}
        self._kept: dict[str, Counted] = {}

    def take(self) -> dict[str, Counted]:
        """What was counted since the last time, by drop, and with it what its gauges say, whether they moved or not.

        It is asked while purchases wait: metrics of which nothing was counted are not looked at.
        """
        taken, self._kept = self._kept, {}
        standing: dict[str, Counted] = {}
        for series in self._series:
            metric, state = series.metric, series.state()  # Before the counts: what comes after is for the next time.
            if state == self._states.get(metric.name) and not isinstance(metric, Gauge):
                continue
            self._states[metric.name] = state
            items = series.items()
            if isinstance(metric, Gauge):
                for drop, labels, counts in _by_drop(metric, items):
                    standing.setdefault(drop, Counted()).add(_counted(metric, labels, counts))
            for drop, labels, grown in _by_drop(metric, self._grown(metric, items)):
                taken.setdefault(drop, Counted()).add(_counted(metric, labels, grown))
        for drop, counted in taken.items():
            if drop in standing:
                counted.add(standing[drop])
        return taken

    def _grown(self, metric: Metric, items: list[tuple[Values, list[float]]]) -> Iterator[tuple[Values, list[float]]]:
        """What has come to the counts since the last time, where something has; of a gauge, what it says.

        Zero is no news of what is counted, but of a gauge: a budget that burns nothing is not one that nobody watches.
        """
        gauge, known = isinstance(metric, Gauge), self._known.setdefault(metric.name, {})
        for labels, counts in items:
            before = known.get(labels)
            if counts == before or (before is None and not gauge and not any(counts)):
                continue
            known[labels] = counts
            if gauge or before is None:
                yield labels, counts
            else:
                yield labels, [now - then for now, then in zip(counts, before, strict=True)]

    def put_back(self, taken: Mapping[str, Counted]) -> None:
        """Keep what could not be written down for the next time; it grows no further than its labels."""
        for drop, counted in taken.items():
            self._kept.setdefault(drop, Counted()).add(counted)


def _by_drop(metric: Metric, items: Iterable[tuple[Values, list[float]]]) -> Iterator[tuple[str, Values, list[float]]]:
    """The drop, "" where the metric has none, and the other labels."""
    place = metric.by.index("drop") if "drop" in metric.by else None
    for labels, counts in items:
        if place is None:
            yield "", labels, counts
        else:
            yield labels[place], labels[:place] + labels[place + 1 :], counts


def _counted(metric: Metric, labels: Values, counts: list[float]) -> Counted:
    match metric:
        case Counter():
            return Counted(counts={metric.name: {labels: counts[0]}})
        case Gauge():
            return Counted(levels={metric.name: {labels: float(counts[0])}})
        case Histogram():
            return Counted(spreads={metric.name: {labels: counts}})


@cache
def metrics_by_name() -> dict[str, Metric]:
    """Every metric of the catalogue."""
    return {metric.name: metric for event in all_events() for metric in event.metrics}


@cache
def labels_of(name: str) -> tuple[str, ...]:
    """The labels of a metric, without the drop."""
    return _without_drop(metrics_by_name()[name])


def bounds_of(name: str) -> tuple[float, ...]:
    """Where the buckets of a histogram end."""
    metric = metrics_by_name()[name]
    assert isinstance(metric, Histogram), f"{name} is none"
    return metric.buckets


@cache
def length_of(name: str) -> int | None:
    """How many numbers a distribution is kept as; None where this version has no such histogram."""
    metric = metrics_by_name().get(name)
    return len(metric.buckets) + 2 if isinstance(metric, Histogram) else None


def _without_drop(metric: Metric) -> tuple[str, ...]:
    return tuple(name for name in metric.by if name != "drop")


Wanted = tuple[tuple[int, str], ...]
"""Values that labels shall have, by their places."""


def wanted_of(name: str, labels: Mapping[str, str]) -> Wanted:
    """What `fits` asks for: these labels of a metric."""
    places = labels_of(name)
    return tuple((places.index(label), value) for label, value in labels.items())


def fits(at: Values, wanted: Wanted) -> bool:
    """Whether the labels have these values."""
    for place, value in wanted:  # noqa: SIM110 - a generator takes twice as long, and an hour of a sale asks often
        if at[place] != value:
            return False
    return True


def _summed(one: list[float] | None, other: Sequence[float]) -> list[float]:
    return list(other) if one is None else [a + b for a, b in zip(one, other, strict=True)]
