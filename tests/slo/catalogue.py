"""What the catalogue of events offers to queries."""

from race_to_purchase.observe.events.catalogue import all_events
from race_to_purchase.observe.events.event import Histogram

FROM_PROMETHEUS = {"instance", "le"}


def labels() -> dict[str, set[str]]:
    """The labels of every metric, by the names under which it can be asked for."""
    found: dict[str, set[str]] = {}
    for metric in [metric for event in all_events() for metric in event.metrics]:
        parts = ("_bucket", "_count", "_sum") if isinstance(metric, Histogram) else ("",)
        found |= {metric.name + part: {*metric.by} | FROM_PROMETHEUS for part in parts}
    return found
