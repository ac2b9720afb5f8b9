"""The text that Prometheus reads: written off the event loop, by one thread, and kept for a moment.

Writing a thousand series takes tens of milliseconds of Python. A thread alone would still hold the interpreter for its
switch interval each time the event loop wants it back; so this one writes metric by metric, and rests after each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import prometheus_client
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import CollectorRegistry

TEXT = b"text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = b"application/openmetrics-text; version=1.0.0; charset=utf-8"

KEPT_S = 1.0
"""Several who scrape, or one who does so in a hurry, get the same text for so long."""

REST_S = 0.0005
_END = b"# EOF\n"


class Exposition:
    """The text of a registry. All methods belong to one event loop."""

    def __init__(self, registry: CollectorRegistry, kept_s: float = KEPT_S) -> None:
        self._registry = registry
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
        write = openmetrics.generate_latest if form == OPENMETRICS else prometheus_client.generate_latest
        parts: list[bytes] = []
        for metric in self._registry.collect():
            parts.append(write(_One(metric)).removesuffix(_END))
            time.sleep(REST_S)
        return b"".join([*parts, _END] if form == OPENMETRICS else parts)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class _One:
    """A registry of a single metric."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        """That metric."""
        yield self._metric
