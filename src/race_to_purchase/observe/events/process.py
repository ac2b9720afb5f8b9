"""One process: whether its event loop keeps up, and how much of what it has is in use."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram

LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class SpansSent(Event, frozen=True):
    """Spans were sent to the collector, or are lost because it did not take them."""

    metrics = (Counter("race_spans_total", "Spans sent, or lost.", by=("sent",), add="spans"),)

    spans: Annotated[int, Meta(description="How many of them.")]
    sent: Annotated[bool, Meta(description="Whether the collector took them.")]


class PulseTaken(Event, frozen=True):
    """A look at the process, several times a second."""

    metrics = (
        Histogram("race_loop_lag_seconds", "How late the event loop woke up.", field="lag_s", buckets=LAGS),
        Gauge("race_commands_waiting", "Commands that wait to be decided.", field="waiting"),
        Gauge("race_connections", "Database connections that are open.", field="connections"),
        Gauge("race_connections_used", "Database connections in use.", field="connections_used"),
        Gauge("race_payments_under_way", "Payments that this process is working on.", field="paying"),
    )

    lag_s: Annotated[float, Meta(description="How late the event loop woke up, in seconds.")]
    waiting: Annotated[int, Meta(description="Commands that wait to be decided.")]
    connections: Annotated[int, Meta(description="Database connections that are open.")]
    connections_used: Annotated[int, Meta(description="Database connections in use.")]
    paying: Annotated[int, Meta(description="Payments that this process is working on.")]
