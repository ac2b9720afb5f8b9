"""Requests over HTTP: what was answered, and how long it took."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import Route, TookSeconds
from race_to_purchase.observe.events.event import Counter, Event, Histogram, Log, Span

Class = Literal["2xx", "3xx", "4xx", "5xx", "gone"]


class RequestAnswered(Event, frozen=True):
    """A request was answered. What it did is told by other events; this one says how the shop served."""

    log = Log("debug", "request answered")
    metrics = (
        Counter("race_http_requests_total", "Requests answered.", by=("route", "answer")),
        Histogram("race_http_request_seconds", "From its head to its answer.", field="took_s", by=("route",)),
    )

    span = Span("{route}", "server", fails_by="answer", failures=("5xx",), root=True)

    route: Route
    answer: Annotated[Class, Meta(description="Class of the status; `gone`: the client hung up before.")]
    status: Annotated[int, Meta(description="HTTP status.")]
    took_s: TookSeconds
