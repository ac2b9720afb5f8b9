"""docs/events.md, made from the catalogue itself, so that it cannot drift from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from race_to_purchase.observe.events.catalogue import AREAS, all_events, attributes_of, events_of
from race_to_purchase.observe.events.event import Event, Histogram, Metric

HEAD = """# Events, metrics and attributes

Generated from `src/race_to_purchase/observe/events`; a test keeps it fresh. After a change write it anew:

    python -m race_to_purchase.observe.reference > docs/events.md

Everything that a running engine tells of itself is an event, emitted once what it tells of is durable. The log, the
metrics, the traces and the console are derived from these events and from nothing else.
"""


def page() -> str:
    """The page."""
    return "\n".join([HEAD, *_metrics(), *_attributes(), *(line for area in AREAS for line in _area(area))])


def _metrics() -> Iterator[str]:
    yield from ("## Metrics", "", "| metric | type | labels | what it says | made of |", "|---|---|---|---|---|")
    rows = [(metric, event) for event in all_events() for metric in event.metrics]
    for metric, event in sorted(rows, key=lambda row: row[0].name):
        labels = ", ".join(f"`{label}`" for label in metric.by)
        kind = type(metric).__name__.lower()
        yield f"| `{metric.name}` | {kind} | {labels} | {_say(metric)} | `{event.__name__}` |"
    yield ""


def _say(metric: Metric) -> str:
    if isinstance(metric, Histogram):
        return f"{metric.help} Buckets: {', '.join(f'{bound:g}' for bound in metric.buckets)}."
    return metric.help


def _attributes() -> Iterator[str]:
    yield from ("## Attributes", "", "| attribute | type | meaning | as a label |", "|---|---|---|---|")
    seen = {attribute.name: attribute for event in all_events() for attribute in attributes_of(event)}
    for name, attribute in sorted(seen.items()):
        kind = attribute.kind if not attribute.values else ", ".join(f"`{value}`" for value in attribute.values)
        most = f"{attribute.bounded} values, then `other`" if attribute.bounded else ""
        yield f"| `{name}` | {kind} | {attribute.description} | {most} |"
    yield ""


def _area(area: object) -> Iterator[str]:
    name = area.__name__.rsplit(".", 1)[1]  # type: ignore[attr-defined] # a module has one
    doc = (area.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")
    yield from (f"## Area: {name}", "", doc, "")
    for event in events_of(area):  # type: ignore[arg-type] # a module
        yield from _event(event)


def _event(event: type[Event]) -> Iterator[str]:
    yield from (f"### {event.__name__}", "", " ".join((event.__doc__ or "").split()), "")
    own = [attribute.name for attribute in attributes_of(event) if attribute.name not in Event.__struct_fields__]
    yield f"- attributes: {', '.join(f'`{name}`' for name in own)}"
    if event.metrics:
        yield f"- metrics: {', '.join(f'`{metric.name}`' for metric in event.metrics)}"
    if event.log:
        yield f"- log: {event.log.level}, “{event.log.words}”"
    if event.span:
        yield f"- span: {event.span.kind}, “{event.span.name}”"
    if event.failure:
        yield "- a failure: the trace of whoever it happened to is always kept"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
