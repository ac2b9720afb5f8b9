"""Every metric of the catalogue, each fed by its event and written out when somebody scrapes.

They are counted in plain lists and become lines of `text` only then: the library's own counters and histograms, which
are made for threads, cost five times as much, and a purchase moves twenty of them. And they are counted together: an
event that comes is put to those of its kind, and all of them are counted once there are `TOGETHER`, or when somebody
reads. A loop over many events runs in the processor's caches; what is done for one between other work does not.

Exemplars lead from a bucket of a histogram to one request that fell into it, and to its trace. A series gets a new one
at most once a second: nobody can follow more.
"""

from __future__ import annotations

import logging
import math
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from operator import attrgetter
from threading import Lock
from time import monotonic, time
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from race_to_purchase.observe.events.catalogue import all_events, attributes_of
from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram, Metric
from race_to_purchase.observe.events.feed import Sink
from race_to_purchase.observe.metrics.labels import OTHER, Labels
from race_to_purchase.observe.metrics.text import Exemplars, Text
from race_to_purchase.observe.request import Cause

log = logging.getLogger("race.observe")

EXEMPLAR_EVERY_S = 1.0

EXPECTED_MAX = 200
"""So many series of one metric may begin at zero for one value of an open label."""

TOGETHER = 64
"""Events of a kind that wait at most to be counted: some 20 kB, and a tenth of a millisecond."""


class Sinks(Collector):
    """`by_event` is the sink of each event that feeds a metric, `series` what is counted."""

    def __init__(self) -> None:
        labels = Labels()
        self.by_event: dict[type[Event], Sink] = {}
        self.series: list[_Series] = []
        for event in all_events():
            if not event.metrics:
                continue
            kind = _Kind(event)
            fed = [_MADE[type(metric)](metric, event, kind, labels) for metric in event.metrics]
            kind.series = fed
            self.by_event[event] = kind.take
            self.series += fed
        self.expect({})

    def expect(self, known: Mapping[str, str]) -> None:
        """Begin at zero whatever can be counted with these values of open labels, such as {"drop": "aurora-1"}.

        A counter that is there from the start can be seen to grow by its first event, and one that stays at zero is
        told apart from one that nobody counts.
        """
        for each in self.series:
            each.expect(known)

    def collect(self) -> Iterator[Family]:
        """All families as of now, as the library's registries want them."""
        return (each.family() for each in self.series)


class _Kind:
    """Events of one type that wait to be counted, and the series that count them.

    Events come in one thread, and whoever reads may do so in another.
    """

    def __init__(self, event: type[Event]) -> None:
        self.series: Sequence[_Series] = ()
        self._event = event
        self._waiting: list[Event] = []
        self._counting = Lock()
        self._failed = False
        self.counted = 0
        """How often something was counted."""

    def take(self, event: Event) -> None:
        """Keep an event until it is counted."""
        self._waiting.append(event)
        if len(self._waiting) >= TOGETHER:
            self.count()

    def count(self) -> None:
        """Count what waits; what comes meanwhile waits for the next time."""
        if not self._waiting:
            return
        with self._counting:
            number = len(self._waiting)
            events = self._waiting[:number]
            del self._waiting[:number]
            for series in self.series:
                try:
                    series.count(events)
                except Exception:
                    self._tell_once(series)
            self.counted += 1

    def _tell_once(self, series: _Series) -> None:
        if not self._failed:
            self._failed = True
            log.exception("%s could not count some of %s", series.metric.name, self._event.__name__)


class _Series:
    """The series of one metric, by the labels that they have; each is a list of numbers that grow in place."""

    def __init__(self, metric: Any, event: type[Event], kind: _Kind, labels: Labels) -> None:
        known = {attribute.name: attribute for attribute in attributes_of(event)}
        self.metric = metric
        self._kind = kind
        self._turns = [labels.of(known[name]) for name in metric.by]
        self._closed = {name: known[name].values for name in metric.by}
        self._read: Callable[[Event], Any] = attrgetter(*metric.by) if metric.by else lambda _: ()
        self._by_values: dict[Any, list[Any]] = {}
        self._by_labels: dict[tuple[str, ...], list[Any]] = {}
        self.length = 1
        """How many numbers of a series are counts; exemplars may follow."""
        self._texts: dict[bytes, Text] = {}
        if not metric.by:
            self._find(())

    def _new(self) -> list[Any]:
        return [0.0]

    def _find(self, values: Any) -> list[Any]:
        """The series of values that are met for the first time, or that are told apart no more."""
        given = values if len(self._turns) != 1 else (values,)
        labels = tuple(turn(value) for turn, value in zip(self._turns, given, strict=True))
        series = self._by_labels.get(labels)
        if series is None:
            series = self._by_labels[labels] = self._new()
        if OTHER not in labels:
            self._by_values[values] = series  # What became "other" is not remembered: there is no end of it.
        return series

    def expect(self, known: Mapping[str, str]) -> None:
        """See Sinks. What is not counted, or has a label of which nothing is known, or only closed ones, stays."""
        values = [self._closed[name] or ((known[name],) if name in known else ()) for name in self.metric.by]
        about_known = not known or any(name in known for name in self.metric.by)
        unsaid = isinstance(self.metric, Gauge) and not self.metric.from_zero
        if unsaid or not about_known or math.prod(map(len, values)) > EXPECTED_MAX:
            return
        for given in product(*values):
            turned = zip(self.metric.by, self._turns, given, strict=True)
            labels = tuple(value if self._closed[name] else turn(value) for name, turn, value in turned)
            self._by_labels.setdefault(labels, self._new())

    def state(self) -> tuple[int, int]:
        """Another one once something was counted, or can be."""
        self._kind.count()
        return self._kind.counted, len(self._by_labels)

    def items(self) -> list[tuple[tuple[str, ...], list[float]]]:
        """Labels and counts as of now: a number, or of a histogram its buckets, those beyond, and the sum."""
        self._kind.count()
        return [(labels, series[: self.length]) for labels, series in list(self._by_labels.items())]

    def count(self, events: Sequence[Event]) -> None:
        """Count these events."""
        raise NotImplementedError

    def text(self, form: bytes) -> bytes:
        """Its lines as of now, in TEXT or OPENMETRICS."""
        text = self._texts.get(form)
        if text is None:
            text = self._texts[form] = Text(self, form)
        state = self.state()  # Asked before the numbers: what comes after is news.
        if text.state != state:
            text.state = state
            text.tell(list(self._by_labels.items()))
        return text.lines

    def family(self) -> Family:
        """The library's family of it as of now."""
        self._kind.count()
        return self._family(list(self._by_labels.items()))

    def empty(self, *labels: tuple[str, ...]) -> Family:
        """See Source."""
        return self._family([(each, self._new()) for each in labels])

    def numbers(self, series: list[Any]) -> tuple[list[float], Exemplars]:
        """See Source."""
        return series[:1], {}

    def _family(self, items: Sequence[tuple[tuple[str, ...], list[Any]]]) -> Family:
        raise NotImplementedError


class _Counted(_Series):
    def __init__(self, metric: Counter, event: type[Event], kind: _Kind, labels: Labels) -> None:
        super().__init__(metric, event, kind, labels)
        self._amount: Callable[[Event], Any] | None = attrgetter(metric.add) if metric.add else None

    def count(self, events: Sequence[Event]) -> None:
        found, amount = self._by_values, self._amount
        if amount is None:
            for values, number in Tally(map(self._read, events)).items():
                (found.get(values) or self._find(values))[0] += number
        else:
            for event in events:
                values = self._read(event)
                (found.get(values) or self._find(values))[0] += amount(event)

    def _family(self, items: Sequence[tuple[tuple[str, ...], list[Any]]]) -> Family:
        family = CounterMetricFamily(self.metric.name, self.metric.help, labels=self.metric.by)
        for labels, series in items:
            family.add_metric(labels, series[0])
        return family


class _Level(_Series):
    def __init__(self, metric: Gauge, event: type[Event], kind: _Kind, labels: Labels) -> None:
        super().__init__(metric, event, kind, labels)
        self._value = attrgetter(metric.field)

    def count(self, events: Sequence[Event]) -> None:
        for event in events:
            values = self._read(event)
            series = self._by_values.get(values) or self._find(values)
            series[0] = self._value(event)

    def _family(self, items: Sequence[tuple[tuple[str, ...], list[Any]]]) -> Family:
        family = GaugeMetricFamily(self.metric.name, self.metric.help, labels=self.metric.by)
        for labels, series in items:
            family.add_metric(labels, float(series[0]))
        return family


class _Spread(_Series):
    """A series is: how many in each bucket and beyond, the sum, when the next exemplar is due, and the exemplars."""

    def __init__(self, metric: Histogram, event: type[Event], kind: _Kind, labels: Labels) -> None:
        self._bounds = metric.buckets
        self._sum = len(metric.buckets) + 1
        self._value = attrgetter(metric.field)
        super().__init__(metric, event, kind, labels)
        self.length = self._sum + 1

    def _new(self) -> list[Any]:
        return [*[0] * self._sum, 0.0, 0.0, {}]

    def count(self, events: Sequence[Event]) -> None:
        found, read, value_of, at, now_s = self._by_values, self._read, self._value, self._sum, monotonic()
        for event in events:
            values, value = read(event), value_of(event)
            series = found.get(values) or self._find(values)
            bucket = bisect_left(self._bounds, value)
            series[bucket] += 1
            series[at] += value
            if now_s >= series[at + 1] and event.cause.request:
                series[at + 1] = now_s + EXEMPLAR_EVERY_S
                series[at + 2][bucket] = Exemplar(exemplar(event.cause), value, time())

    def _family(self, items: Sequence[tuple[tuple[str, ...], list[Any]]]) -> Family:
        family = HistogramMetricFamily(self.metric.name, self.metric.help, labels=self.metric.by)
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        for labels, series in items:
            (*below, _, total), exemplars = self.numbers(series)
            buckets: list[Any] = [
                (bound, number, exemplars[place]) if place in exemplars else (bound, number)
                for place, (bound, number) in enumerate(zip(bounds, below, strict=True))
            ]
            family.add_metric(labels, buckets, total)
        return family

    def numbers(self, series: list[Any]) -> tuple[list[float], Exemplars]:
        """How many were at or below each bound, how many there were, the sum; and the exemplars of the bounds."""
        at, counts = self._sum, series.copy()
        below = list(accumulate(counts[:at]))
        return [*below, below[-1], counts[at]], counts[at + 2].copy()


def exemplar(cause: Cause) -> dict[str, str]:
    """The labels of an exemplar; OpenMetrics allows 128 characters in all, so an overlong request id is cut."""
    found = {"request_id": cause.request[:64]}
    if cause.traceparent:
        found["trace_id"] = cause.traceparent[3:35]
    return found


_MADE: dict[type[Metric], Any] = {Counter: _Counted, Gauge: _Level, Histogram: _Spread}
