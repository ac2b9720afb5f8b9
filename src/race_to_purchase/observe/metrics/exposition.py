"""The text that Prometheus reads: written off the event loop, by one thread, and kept for a moment.

A thread that writes holds the interpreter from the event loop. Only what changed is written anew (`text`), which is a
millisecond's work; where there is more of it, as for a drop that is new, the thread rests again and again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from prometheus_client.registry import Collector

from race_to_purchase.observe.metrics.sinks import Sinks
from race_to_purchase.observe.metrics.text import END, OPENMETRICS, written

KEPT_S = 1.0
"""Several who scrape, or one who does so in a hurry, get the same text for so long."""

SLICE_S = 0.0005
REST_S = 0.0005


class Exposition:
    """The text of what is counted, and of what `others` collect. All methods belong to one event loop."""

    def __init__(self, sinks: Sinks, *others: Collector, kept_s: float = KEPT_S) -> None:
        self._sinks = sinks
        self._others = others
        self._kept_s = kept_s
        self._thread = ThreadPoolExecutor(1, "metrics")
        self._kept: dict[bytes, tuple[float, bytes]] = {}
        self._writing: dict[bytes, asyncio.Task[bytes]] = {}

    async def text(self, form: bytes) -> bytes:
        """As of now, or of a moment ago; `form` is TEXT, or OPENMETRICS, which has exemplars."""
        until_s, kept = self._kept.get(form, (0.0, b""))
        if time.monotonic() < until_s:
            return kept
        writing = self._writing.get(form)
        if writing is None:
            writing = self._writing[form] = asyncio.create_task(self._write(form))
        return await asyncio.shield(writing)

    async def _write(self, form: bytes) -> bytes:
        try:
            loop = asyncio.get_running_loop()
            text = await loop.run_in_executor(self._thread, self._written, form)
            self._kept[form] = (time.monotonic() + self._kept_s, text)
            return text
        finally:
            del self._writing[form]

    def _written(self, form: bytes) -> bytes:
        parts: list[bytes] = []
        rested_s = time.perf_counter()
        for part in self._parts(form):
            parts.append(part)
            if time.perf_counter() - rested_s > SLICE_S:
                time.sleep(REST_S)
                rested_s = time.perf_counter()
        return b"".join([*parts, END] if form == OPENMETRICS else parts)

    def _parts(self, form: bytes) -> Iterator[bytes]:
        for series in self._sinks.series:
            yield series.text(form)
        for other in self._others:
            for family in other.collect():
                yield written(family, form)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)
