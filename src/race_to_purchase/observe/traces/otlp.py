"""Spans go to a collector by OpenTelemetry's protocol over HTTP, in batches, by a thread of their own.

A collector that is down, slow or hanging costs nothing but the spans: the queue is bounded, nobody waits for it, and
the log says once that it has gone and once that it is back. Needs the extra `otel`.

They are written as the JSON form of the protocol, which every collector reads: OpenTelemetry's own exporter builds a
tree of protobuf objects in Python, at 56 µs a span against 8, and a purchase has eight of them.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

import msgspec
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_HEADERS
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode
from opentelemetry.util.re import parse_env_headers

from race_to_purchase import __version__
from race_to_purchase.observe.traces.gather import Piece

log = logging.getLogger("race.observe")

QUEUE_MAX = 8_192
"""Spans that wait to be sent; some 2 kB each. Those beyond are dropped, the oldest first."""

BATCH_MAX = 512
TIMEOUT_S = 5.0
STOP_S = 2.0

_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}
_NUMBERS = {SpanKind.INTERNAL: 1, SpanKind.SERVER: 2, SpanKind.CLIENT: 3}
"""Of kinds in the protocol."""
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_FAILED = Status(StatusCode.ERROR)
_FINE = Status(StatusCode.UNSET)

Told = Callable[[int, bool], None]
"""Is told, in the sending thread, of how many spans were sent or lost."""


class Collector:
    """Sends spans to the collector whose address for traces is `url`, such as `http://127.0.0.1:4318/v1/traces`."""

    def __init__(self, url: str, told: Told) -> None:
        # It would tell of each batch that it could not send, and of each span that it had no room for.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._resource = Resource.create({"service.name": "race-to-purchase", "service.version": __version__})
        sending = _Sending(url, told)
        self._processor = BatchSpanProcessor(sending, QUEUE_MAX, 1000, BATCH_MAX)

    def send(self, piece: Piece) -> None:
        """Queue a span."""
        self._processor.on_end(_span(piece, self._resource))

    def close(self) -> None:
        """Send what is queued, for a moment; what a collector does not take by then is lost."""
        stopping = threading.Thread(target=self._processor.shutdown, name="traces", daemon=True)
        stopping.start()
        stopping.join(STOP_S)


class _Sending(SpanExporter):
    """Posts spans, and says when that begins to fail, and when it succeeds again."""

    def __init__(self, url: str, told: Told) -> None:
        self._url = url
        self._told = told
        self._failing = False
        given = os.environ.get(OTEL_EXPORTER_OTLP_TRACES_HEADERS) or os.environ.get(OTEL_EXPORTER_OTLP_HEADERS, "")
        self._headers = {**parse_env_headers(given, liberal=True), "content-type": "application/json"}

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; one that cannot be sent is lost."""
        try:
            with urlopen(Request(self._url, encoded(spans), self._headers), timeout=TIMEOUT_S) as answer:
                answer.read()
        except (OSError, HTTPException):  # Whatever was answered but a 2xx is an OSError, too.
            self._tell(len(spans), sent=False)
            return SpanExportResult.FAILURE
        self._tell(len(spans), sent=True)
        return SpanExportResult.SUCCESS

    def _tell(self, spans: int, *, sent: bool) -> None:
        self._told(spans, sent)
        if not sent and not self._failing:
            log.warning("the collector at %s takes no traces; they are dropped until it does", self._url)
        elif self._failing and sent:
            log.warning("the collector at %s takes traces again", self._url)
        self._failing = not sent

    def shutdown(self) -> None:
        """There is nothing to close."""


def encoded(spans: Sequence[ReadableSpan]) -> bytes:
    """An ExportTraceServiceRequest as JSON; the spans are of one resource.

    Form: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    """
    resource = {"attributes": _attributes(spans[0].resource.attributes)}
    scope = {"scope": {"name": "race-to-purchase"}, "spans": [_fields(span) for span in spans]}
    return msgspec.json.encode({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]})


def _fields(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    assert context is not None, "a span that is sent has an id"
    fields: dict[str, Any] = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "name": span.name,
        "kind": _NUMBERS[span.kind],
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": {"code": span.status.status_code.value},
    }
    if span.parent is not None:
        fields["parentSpanId"] = f"{span.parent.span_id:016x}"
    return fields


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _WORDS[type(value)](value)} for name, value in values.items()]


_WORDS: dict[type, Callable[[Any], dict[str, Any]]] = {
    str: lambda value: {"stringValue": value},
    bool: lambda value: {"boolValue": value},
    int: lambda value: {"intValue": str(value)},  # JSON's numbers end at 2**53.
    float: lambda value: {"doubleValue": value},
}


def _span(piece: Piece, resource: Resource) -> ReadableSpan:
    trace = int(piece.trace, 16)
    parent = SpanContext(trace, int(piece.parent, 16), is_remote=True, trace_flags=_SAMPLED) if piece.parent else None
    attributes: dict[str, Any] = {f"race.{name}": value for name, value in piece.attributes.items() if value != ""}
    if "checkout" in piece.attributes:
        attributes["race.reservation"] = piece.attributes["checkout"]
    return ReadableSpan(
        name=piece.name,
        context=SpanContext(trace, int(piece.id, 16), is_remote=False, trace_flags=_SAMPLED),
        parent=parent,
        resource=resource,
        attributes=attributes,
        kind=_KINDS[piece.kind],
        status=_FAILED if piece.failed else _FINE,
        start_time=piece.start_ns,
        end_time=piece.end_ns,
    )
