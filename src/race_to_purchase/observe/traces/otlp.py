"""Spans go to a collector by OpenTelemetry's protocol over HTTP, in batches, by a thread of their own.

A collector that is down, slow or hanging costs nothing but the spans: the queue is bounded, nobody waits for it, and
the log says once that it has gone and once that it is back. Needs the extra `otel`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from race_to_purchase import __version__
from race_to_purchase.observe.traces.gather import Piece

log = logging.getLogger("race.observe")

QUEUE_MAX = 8_192
"""Spans that wait to be sent; some 2 kB each. Those beyond are dropped, the oldest first."""

BATCH_MAX = 512
TIMEOUT_S = 5.0
STOP_S = 2.0

_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}
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
        sending = _Sending(OTLPSpanExporter(endpoint=url, timeout=TIMEOUT_S), url, told)
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
    """An exporter that says when sending begins to fail, and when it succeeds again."""

    def __init__(self, exporter: SpanExporter, url: str, told: Told) -> None:
        self._exporter = exporter
        self._url = url
        self._told = told
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; one that cannot be sent is lost."""
        result = self._exporter.export(spans)
        failed = result is not SpanExportResult.SUCCESS
        self._told(len(spans), not failed)
        if failed and not self._failing:
            log.warning("the collector at %s takes no traces; they are dropped until it does", self._url)
        elif self._failing and not failed:
            log.warning("the collector at %s takes traces again", self._url)
        self._failing = failed
        return result

    def shutdown(self) -> None:
        """Stop sending."""
        self._exporter.shutdown()


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
