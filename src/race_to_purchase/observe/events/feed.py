"""`emit`: the one way from what happens to whatever shows it. It is synchronous, cheap, and never raises.

Sinks belong to the process and are registered by `app`. A sink that fails loses that event, is named in the log once,
and counted: what it shows may be wrong, what happened is not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from race_to_purchase.observe.events.event import Event

log = logging.getLogger("race.observe")

Sink = Callable[[Any], None]
"""Is given every event of the types that it was registered for. It must not wait, and keeps no reference for long."""


class Feed:
    """Brings events to sinks, in the order of their registration."""

    def __init__(self) -> None:
        self._sinks: list[tuple[Sink, tuple[type[Event], ...]]] = []
        self._routes: dict[type[Event], tuple[Sink, ...]] = {}
        self.failures: dict[Sink, int] = {}
        """Events that a sink has failed with."""

    def emit(self, event: Event) -> None:
        """Tell everybody who wants to know. Only of what is durable: after COMMIT, never before."""
        kind = type(event)
        sinks = self._routes.get(kind)
        if sinks is None:
            # A sink that several have registered, as engines of one process do, is told once.
            told = dict.fromkeys(sink for sink, kinds in self._sinks if not kinds or kind in kinds)
            sinks = self._routes[kind] = tuple(told)
        for sink in sinks:
            try:
                sink(event)
            except Exception:
                self._failed(sink, kind)

    def subscribe(self, sink: Sink, *kinds: type[Event]) -> Callable[[], None]:
        """Register `sink` for these types of events, or for all; call what is returned to end it."""
        entry = (sink, kinds)
        self._sinks.append(entry)
        self._routes.clear()

        def unsubscribe() -> None:
            if entry in self._sinks:
                self._sinks.remove(entry)
                self._routes.clear()

        return unsubscribe

    def wanted(self, kind: type[Event]) -> bool:
        """Whether anybody looks at such events: what is costly to find out need not be found out for nobody."""
        return any(not kinds or kind in kinds for _, kinds in self._sinks)

    def _failed(self, sink: Sink, kind: type[Event]) -> None:
        self.failures[sink] = self.failures.get(sink, 0) + 1
        if self.failures[sink] == 1:
            log.exception("a sink failed with %s; what it is about is not affected", kind.__name__)


FEED = Feed()
"""That of this process."""

emit = FEED.emit
subscribe = FEED.subscribe
wanted = FEED.wanted
