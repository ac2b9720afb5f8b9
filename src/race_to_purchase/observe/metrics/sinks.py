"""Every metric of the catalogue, each fed by its event. The series of a combination of labels is looked up once.

Exemplars lead from a bucket of a histogram to one request that fell into it, and to its trace. A series gets a new one
at most once a second: nobody can follow more, and they cost more than the observation.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from time import monotonic
from typing import Any

import prometheus_client
from prometheus_client.registry import CollectorRegistry

from race_to_purchase.observe.events.catalogue import all_events, attributes_of
from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram, Metric
from race_to_purchase.observe.events.feed import Sink
from race_to_purchase.observe.metrics.labels import OTHER, Label, Labels
from race_to_purchase.observe.request import Cause

EXEMPLAR_EVERY_S = 1.0

Series = Callable[[Event], Any]
"""Finds the series of an event."""


def sinks(registry: CollectorRegistry) -> dict[type[Event], Sink]:
    """The sink of each event that feeds a metric; the metrics are registered, those without labels at zero."""
    labels = Labels()
    made: dict[type[Event], Sink] = {}
    for event in all_events():
        fed = [_sink(metric, event, labels, registry) for metric in event.metrics]
        if fed:
            made[event] = fed[0] if len(fed) == 1 else _all(tuple(fed))
    return made


def _all(fed: tuple[Sink, ...]) -> Sink:
    def feed(event: Event) -> None:
        for sink in fed:
            sink(event)

    return feed


def _sink(metric: Metric, event: type[Event], labels: Labels, registry: CollectorRegistry) -> Sink:
    match metric:
        case Counter():
            counter = prometheus_client.Counter(metric.name, metric.help, metric.by, registry=registry)
            return _counting(metric, _series(counter, metric.by, event, labels))
        case Gauge():
            gauge = prometheus_client.Gauge(metric.name, metric.help, metric.by, registry=registry)
            return _setting(metric, _series(gauge, metric.by, event, labels))
        case Histogram():
            histogram = prometheus_client.Histogram(
                metric.name, metric.help, metric.by, registry=registry, buckets=metric.buckets
            )
            return _observing(metric, _series(histogram, metric.by, event, labels))


def _series(made: Any, by: tuple[str, ...], event: type[Event], labels: Labels) -> Series:
    if not by:
        return lambda _: made
    known = {attribute.name: attribute for attribute in attributes_of(event)}
    turns: list[Label] = [labels.of(known[name]) for name in by]
    read: Callable[[Event], Any] = attrgetter(*by)
    found: dict[Any, Any] = {}

    def series(event: Event) -> Any:
        values = read(event)
        child = found.get(values)
        if child is None:
            given = values if len(turns) > 1 else (values,)
            bounded = tuple(turn(value) for turn, value in zip(turns, given, strict=True))
            child = made.labels(*bounded)
            if OTHER not in bounded:
                found[values] = child  # What became "other" is not remembered: there is no end of it.
        return child

    return series


def _counting(metric: Counter, series: Series) -> Sink:
    if not metric.add:
        return lambda event: series(event).inc()
    amount = attrgetter(metric.add)
    return lambda event: series(event).inc(amount(event))


def _setting(metric: Gauge, series: Series) -> Sink:
    value = attrgetter(metric.field)
    return lambda event: series(event).set(value(event))


def _observing(metric: Histogram, series: Series) -> Sink:
    value = attrgetter(metric.field)
    next_s: dict[Any, float] = {}

    def observe(event: Event) -> None:
        child, cause = series(event), event.cause
        if not cause.request:
            child.observe(value(event))
            return
        now_s = monotonic()
        if now_s < next_s.get(child, 0.0):
            child.observe(value(event))
        else:
            next_s[child] = now_s + EXEMPLAR_EVERY_S
            child.observe(value(event), exemplar(cause))

    return observe


def exemplar(cause: Cause) -> dict[str, str]:
    """The labels of an exemplar; OpenMetrics allows 128 characters in all, so an overlong request id is cut."""
    found = {"request_id": cause.request[:64]}
    if cause.traceparent:
        found["trace_id"] = cause.traceparent[3:35]
    return found
