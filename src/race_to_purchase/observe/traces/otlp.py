"""Spans go to a collector by OpenTelemetry's protocol over HTTP, in batches, by a thread of their own.

A collector that is down, slow or hanging costs nothing but the spans: the queue is bounded, nobody waits for it, and
the log says once that it has gone and once that it is back. Needs the extra `otel`.

The queue is OpenTelemetry's; `wire` writes what is in it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from http.client import HTTPException
from urllib.request import Request, urlopen

from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_HEADERS
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.util.re import parse_env_headers

from race_to_purchase import __version__
from race_to_purchase.observe.traces.gather import Gathered, pieces
from race_to_purchase.observe.traces.wire import encoded

log = logging.getLogger("race.observe")

QUEUE_MAX = 2_048
"""Requests whose spans wait to be sent, some 3 kB each. Those beyond are dropped, the oldest first."""

BATCH_MAX = 128
"""Requests of one post, with some four spans each."""

TIMEOUT_S = 5.0
STOP_S = 2.0

Told = Callable[[int, bool], None]
"""Is told, in the sending thread, of how many spans were sent or lost."""


class Collector:
    """Sends spans to the collector whose address for traces is `url`, such as `http://127.0.0.1:4318/v1/traces`."""

    def __init__(self, url: str, told: Told) -> None:
        # It would tell of each batch that it could not send, and of each span that it had no room for.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        resource = Resource.create({"service.name": "race-to-purchase", "service.version": __version__})
        sending = _Sending(url, resource, told)
        self._processor = BatchSpanProcessor(sending, QUEUE_MAX, 1000, BATCH_MAX)

    def send(self, gathered: Gathered) -> None:
        """Queue the spans of a request."""
        self._processor.on_end(_Queued(gathered))

    def close(self) -> None:
        """Send what is queued, for a moment; what a collector does not take by then is lost."""
        stopping = threading.Thread(target=self._processor.shutdown, name="traces", daemon=True)
        stopping.start()
        stopping.join(STOP_S)


class _Queued(ReadableSpan):
    """What the queue takes for a span, and looks no further at. The spans are made of it by the thread that sends:
    many at a time, which is quicker, and while nobody waits."""

    context = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered


class _Sending(SpanExporter):
    """Posts spans, and says when that begins to fail, and when it succeeds again."""

    def __init__(self, url: str, resource: Resource, told: Told) -> None:
        self._url = url
        self._resource = resource.attributes
        self._told = told
        self._failing = False
        given = os.environ.get(OTEL_EXPORTER_OTLP_TRACES_HEADERS) or os.environ.get(OTEL_EXPORTER_OTLP_HEADERS, "")
        self._headers = {**parse_env_headers(given, liberal=True), "content-type": "application/json"}

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; one that cannot be sent is lost."""
        made = [piece for queued in spans if isinstance(queued, _Queued) for piece in pieces(queued.gathered)]
        body = encoded(made, self._resource)
        try:
            with urlopen(Request(self._url, body, self._headers), timeout=TIMEOUT_S) as answer:
                answer.read()
        except (OSError, HTTPException):  # Whatever was answered but a 2xx is an OSError, too.
            self._tell(len(made), sent=False)
            return SpanExportResult.FAILURE
        self._tell(len(made), sent=True)
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
