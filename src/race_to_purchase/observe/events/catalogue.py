"""All areas and their events, and what must hold of them so that they can be relied on; a test asks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import msgspec

from race_to_purchase.observe import events as package
from race_to_purchase.observe.events.event import Counter, Event, Metric
from race_to_purchase.observe.request import Cause

HOUSE = ("attributes", "catalogue", "event", "feed")
"""Modules of the package that are no area; every other one is."""

AREAS: tuple[ModuleType, ...] = tuple(
    import_module(f"{package.__name__}.{module.name}")
    for module in iter_modules(package.__path__)
    if module.name not in HOUSE
)

SERIES_MAX = 2_500
"""Time series that one metric may come to in a process, its buckets not counted."""


class Attribute(msgspec.Struct, frozen=True):
    """A field of an event. `values` are those of a closed set, `bounded` how many are told apart of open text."""

    name: str
    kind: str
    description: str
    values: tuple[str, ...] = ()
    bounded: int = 0

    @property
    def cardinality(self) -> float:
        """As a label: how many values there may be, "other" included."""
        return len(self.values) or (self.bounded + 1 if self.bounded else math.inf)


def events_of(area: ModuleType) -> list[type[Event]]:
    """The events that a module defines, in its order."""
    mine = [each for each in vars(area).values() if isinstance(each, type) and issubclass(each, Event)]
    return [event for event in mine if event.__module__ == area.__name__]


def all_events() -> list[type[Event]]:
    """Every event there is."""
    return [event for area in AREAS for event in events_of(area)]


def attributes_of(event: type[Event]) -> list[Attribute]:
    """The fields of an event, its own before those that all have."""
    found = [_attribute(field.name, field.type) for field in msgspec.structs.fields(event)]
    shared = set(Event.__struct_fields__)
    return sorted(found, key=lambda attribute: attribute.name in shared)


def series_of(event: type[Event], metric: Metric) -> float:
    """How many series a metric may come to."""
    known = {attribute.name: attribute for attribute in attributes_of(event)}
    return math.prod(known[name].cardinality for name in metric.by)


def faults() -> Iterator[str]:
    """What is wrong with the catalogue, each as a sentence that says where."""
    meanings: dict[str, tuple[str, str]] = {}
    metrics: dict[str, tuple[str, Metric]] = {}
    for event in all_events():
        name = event.__name__
        if not event.__doc__ or event.__doc__ == Event.__doc__:
            yield f"{name} has no docstring"
        for attribute in attributes_of(event):
            if not attribute.description:
                yield f"{name}.{attribute.name} has no description"
            first, meaning = meanings.setdefault(attribute.name, (name, attribute.description))
            if attribute.description != meaning:
                yield f"{attribute.name} means one thing in {first} and another in {name}"
        for metric in event.metrics:
            yield from _faults_of(event, metric)
            owner, other = metrics.setdefault(metric.name, (name, metric))
            if (owner, other) != (name, metric):
                yield f"{metric.name} is fed by {owner} and by {name}"


def _faults_of(event: type[Event], metric: Metric) -> Iterator[str]:
    known = {attribute.name: attribute for attribute in attributes_of(event)}
    fields = [*metric.by, getattr(metric, "field", ""), getattr(metric, "add", "")]
    unknown = [name for name in filter(None, fields) if name not in known]
    if unknown:
        yield f"{metric.name} reads {', '.join(unknown)}, which {event.__name__} has not"
        return
    if not metric.help:
        yield f"{metric.name} has no help"
    if not metric.name.startswith("race_") or isinstance(metric, Counter) != metric.name.endswith("_total"):
        yield f"{metric.name}: names begin with race_, and those of counters, and no others, end with _total"
    open_ones = [name for name in metric.by if math.isinf(known[name].cardinality)]
    if open_ones:
        yield f"{metric.name} has the label {', '.join(open_ones)}, whose values are not bounded"
    elif series_of(event, metric) > SERIES_MAX:
        yield f"{metric.name} may come to {series_of(event, metric):.0f} series, {SERIES_MAX} are the most"


def _attribute(name: str, kind: Any) -> Attribute:
    description = ""
    extra: dict[str, Any] = {}
    for meta in getattr(kind, "__metadata__", ()):
        description, extra = meta.description or description, {**extra, **(meta.extra or {})}
    plain = kind.__origin__ if hasattr(kind, "__metadata__") else kind
    if get_origin(plain) is Literal:
        return Attribute(name, "text", description, tuple(map(str, get_args(plain))))
    words = {str: "text", int: "whole number", float: "number", bool: "truth value", Cause: "request, trace"}
    values = ("true", "false") if plain is bool else ()
    return Attribute(name, words.get(plain, ""), description, values, int(extra.get("bounded", 0)))
