"""Which sinks a process has: what is derived from its events, and where that goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from prometheus_client import GC_COLLECTOR, PROCESS_COLLECTOR

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.observe import logs
from race_to_purchase.observe.events import emit, subscribe
from race_to_purchase.observe.events.event import Event
from race_to_purchase.observe.events.feed import Sink
from race_to_purchase.observe.events.process import SpansSent
from race_to_purchase.observe.events.rows import StockSeen
from race_to_purchase.observe.metrics.exposition import Exposition
from race_to_purchase.observe.metrics.sinks import Sinks
from race_to_purchase.observe.request import NOBODY, begin_with
from race_to_purchase.observe.series import Counting
from race_to_purchase.observe.traces.gather import Gather
from race_to_purchase.settings import Settings

if TYPE_CHECKING:
    from race_to_purchase.observe.traces.otlp import Collector

DROPS_EXPECTED_MAX = 50
"""Of so many drops everything begins at zero; of further ones with their first event."""


class Observing:
    """The sinks of one engine, from `start` to `stop`. `exposition` is None where nothing is counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registered = ExitStack()
        self._sinks = Sinks() if settings.metrics else None
        self.exposition = None if self._sinks is None else Exposition(self._sinks, PROCESS_COLLECTOR, GC_COLLECTOR)
        self._gateways: Sequence[str] = ()
        self._drops: set[str] = set()

    @property
    def counting(self) -> Sequence[Counting]:
        """What is counted, as long as it is."""
        return () if self._sinks is None else self._sinks.series

    def add(self, sink: Sink, *events: type[Event]) -> None:
        """Tell `sink` of these events, too."""
        self._registered.callback(subscribe(sink, *events))

    def start(self, gateways: Sequence[str]) -> None:
        """Register the sinks. What can be counted of these `gateways` begins at zero, and so do drops once they are
        seen."""
        lines = logs.sink()
        if lines is not None:
            self._registered.callback(subscribe(lines, *logs.logged(self._settings.log_level)))
        if self._sinks is not None and self.exposition is not None:
            for event, sink in self._sinks.by_event.items():
                self._registered.callback(subscribe(sink, event))
            self._registered.callback(self.exposition.close)
            self._gateways = gateways
            for gateway in gateways:
                self._sinks.expect({"gateway": gateway})
            self.add(self._expect, StockSeen)
        if self._settings.trace_url:
            self._follow_traces()

    def _expect(self, seen: StockSeen) -> None:
        if self._sinks is not None and seen.drop not in self._drops and len(self._drops) < DROPS_EXPECTED_MAX:
            self._drops.add(seen.drop)
            for gateway in self._gateways:
                self._sinks.expect({"drop": seen.drop, "gateway": gateway})

    def _follow_traces(self) -> None:
        """Gather spans and send them; ConfigurationError where the library for that is not installed."""
        loop = asyncio.get_running_loop()

        def told(spans: int, sent: bool) -> None:
            with suppress(RuntimeError):  # The loop has ended; nobody reads metrics any more.
                loop.call_soon_threadsafe(emit, SpansSent(spans, sent, cause=NOBODY))

        collector = _collector(self._settings.trace_url, told)
        settings = self._settings
        gather = Gather(collector.send, settings.trace_share, settings.trace_amount_min or None)
        self._registered.callback(collector.close)
        self._registered.callback(begin_with(gather.begin))
        for event, sink in gather.by_event.items():
            self._registered.callback(subscribe(sink, event))

    def stop(self) -> None:
        """Take them away again."""
        self._registered.close()


def _collector(url: str, told: Callable[[int, bool], None]) -> Collector:
    try:
        from race_to_purchase.observe.traces.otlp import Collector
    except ImportError:
        raise ConfigurationError(
            detail="RACE_TRACE_URL needs OpenTelemetry: pip install 'race-to-purchase[otel]', or unset it."
        ) from None
    return Collector(url, told)
