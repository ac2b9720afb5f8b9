"""What has just happened in this process: a bounded memory of events, and a way to be told of new ones.

For the console's live view. It costs nothing while nobody listens: only then is it a sink. A listener that is slow
misses events and is told how many; it holds up nobody. What lasts is in the rows: a checkout's history by
`Reads.history`, its attempts, journal and messages by their own reads.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from race_to_purchase.observe.events import Event, subscribe

KEPT_MAX = 1_000
BACKLOG_MAX = 2 * KEPT_MAX
"""Events that wait for one listener; what comes beyond it misses."""

LISTENERS_MAX = 50


class Seen(msgspec.Struct, frozen=True):
    """An event with its number in this process, which grows by one, and when it was seen."""

    number: int
    at: datetime
    name: str
    fields: dict[str, Any]
    request: str = ""
    trace: str = ""


class TooManyListeners(Exception):
    """So many listen already that nobody else is told."""


class Recent:
    """A sink as long as somebody listens. All methods belong to one event loop."""

    def __init__(self, kept: int = KEPT_MAX) -> None:
        self._kept: deque[Seen] = deque(maxlen=kept)
        self._number = 0
        self._listeners: set[_Listener] = set()

    def __call__(self, event: Event) -> None:
        """Remember it, and tell those who listen."""
        self._number += 1
        seen = _seen(self._number, event)
        self._kept.append(seen)
        for listener in self._listeners:
            listener.put(seen)

    def since(self, number: int = 0) -> Iterable[Seen]:
        """What is remembered of events after that number, the oldest first."""
        return [seen for seen in self._kept if seen.number > number]

    async def listen(self, after: int = 0) -> AsyncIterator[Seen | int]:
        """What is remembered after that number, then every event as it happens; a number says how many were missed.

        TooManyListeners where there are enough.
        """
        if len(self._listeners) >= LISTENERS_MAX:
            raise TooManyListeners
        listener = _Listener(self.since(after))
        leave = subscribe(self)  # However many do, it is told once.
        self._listeners.add(listener)
        try:
            while True:
                yield await listener.take()
        finally:
            self._listeners.discard(listener)
            leave()


class _Listener:
    def __init__(self, before: Iterable[Seen]) -> None:
        self._waiting: deque[Seen] = deque(before)
        self._missed = 0
        self._come = asyncio.Event()
        if self._waiting:
            self._come.set()

    def put(self, seen: Seen) -> None:
        if len(self._waiting) >= BACKLOG_MAX:
            self._missed += 1
        else:
            self._waiting.append(seen)
        self._come.set()

    async def take(self) -> Seen | int:
        await self._come.wait()
        if self._waiting:
            seen = self._waiting.popleft()
            if not self._waiting and not self._missed:
                self._come.clear()
            return seen
        missed, self._missed = self._missed, 0
        self._come.clear()
        return missed


def _seen(number: int, event: Event) -> Seen:
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "cause"}
    cause = event.cause
    return Seen(number, datetime.now(UTC), type(event).__name__, fields, cause.request, cause.traceparent[3:35])
