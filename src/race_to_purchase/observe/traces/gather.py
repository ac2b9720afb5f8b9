"""Spans are gathered with their request, and it is decided at its end whether they are sent.

That is what a sampler cannot do which decides at the beginning: whatever went wrong, and whatever was worth much, is
kept, and of the rest a share. A span that ends after its request, as a capture's does, goes with its trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import getrandbits
from typing import Any

import msgspec

from race_to_purchase.observe.events.catalogue import all_events
from race_to_purchase.observe.events.event import Event
from race_to_purchase.observe.request import Cause

SPANS_MAX = 50
"""Gathered of one request; a payment that is asked about again and again must not fill the memory."""

ATTRIBUTES = (
    "drop",
    "checkout",
    "order",
    "gateway",
    "key",
    "attempt",
    "amount",
    "currency",
    "why",
    "payment_end",
    "code",
)
"""What a request's own span takes over from the events of its purchase."""


class Piece(msgspec.Struct, frozen=True):
    """A span that has ended: ids in hexadecimal, `parent` empty for a root, times in nanoseconds since 1970."""

    trace: str
    id: str
    parent: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    failed: bool
    attributes: dict[str, Any]


Send = Callable[[Piece], None]


class Trace:
    """What is gathered of one request. `kept` once it is worth sending; once it is `closed`, spans go their own way."""

    __slots__ = ("closed", "ended", "id", "kept", "learnt", "parent", "span")

    def __init__(self, id_: str, span: str, parent: str, *, kept: bool) -> None:
        self.id = id_
        self.span = span
        self.parent = parent
        self.kept = kept
        self.closed = False
        self.learnt: list[Event] = []
        """Events that say what the request was about."""
        self.ended: list[tuple[Any, int]] = []
        """Events that are spans, and when they ended; spans are made of them only where they are sent."""


class Gather:
    """Begins traces, and is the sink of the events that are spans or say what a trace is about.

    Of traces in which nothing went wrong, `share` are kept, chosen by their id, so that others who choose so keep the
    same; those of `amount_min` minor units or more always are.
    """

    def __init__(self, send: Send, share: float, amount_min: int | None) -> None:
        self._send = send
        self._bound = int(share * (1 << 64))
        self._amount_min = amount_min

    def begin(self, request: str, traceparent: str) -> Cause:
        """See `request.Begin`. Without a request, what another process began goes on, under its span."""
        if not request:
            resumed = Trace(traceparent[3:35], traceparent[36:52], "", kept=traceparent.endswith("1"))
            resumed.closed = True
            return Cause("", traceparent, resumed)
        id_, parent = (traceparent[3:35], traceparent[36:52]) if traceparent else (f"{getrandbits(128):032x}", "")
        sampled = int(id_[16:], 16) < self._bound
        trace = Trace(id_, f"{getrandbits(64):016x}", parent, kept=sampled)
        return Cause(request, f"00-{id_}-{trace.span}-0{int(sampled)}", trace)

    def __call__(self, event: Event) -> None:
        """Take what the event says of its trace; nothing where there is none."""
        trace = event.cause.trace
        if trace is None:
            return
        span = event.span
        if span is None:
            self._learn(trace, event)
        elif span.root:
            self._close(trace, event, failed=span.failed(event))
        else:
            self._end(trace, event, failed=span.failed(event))

    def _learn(self, trace: Trace, event: Event) -> None:
        """What a request's span says of the purchase that it was for; nothing any more once it is over."""
        if trace.closed:
            trace.kept = trace.kept or event.failure
            return
        if len(trace.learnt) < SPANS_MAX:
            trace.learnt.append(event)
        trace.kept = trace.kept or event.failure or self._is_worth_much(getattr(event, "amount", 0))

    def _is_worth_much(self, amount: int) -> bool:
        return self._amount_min is not None and amount >= self._amount_min

    def _end(self, trace: Trace, event: Event, *, failed: bool) -> None:
        trace.kept = trace.kept or failed
        if trace.closed:
            if trace.kept:
                self._send(_piece(trace, event, time.time_ns(), {}))
        elif len(trace.ended) < SPANS_MAX:
            trace.ended.append((event, time.time_ns()))

    def _close(self, trace: Trace, root: Event, *, failed: bool) -> None:
        """The request is over: send what was gathered, or forget it."""
        trace.closed = True
        trace.kept = trace.kept or failed
        ended, trace.ended = trace.ended, []
        learnt, trace.learnt = trace.learnt, []
        if trace.kept:
            for event, end_ns in ended:
                self._send(_piece(trace, event, end_ns, {}))
            # What the purchase was about stands once, on the request: attributes are most of what a span costs.
            self._send(_piece(trace, root, time.time_ns(), _about(learnt)))


def followed_events() -> list[type[Event]]:
    """The events that are spans, that are failures, or that say what a request was about."""
    about = set(ATTRIBUTES)
    return [
        event for event in all_events() if event.span or event.failure or about.intersection(event.__struct_fields__)
    ]


def _about(learnt: list[Event]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in learnt:
        found.update((name, getattr(event, name)) for name in ATTRIBUTES if name in event.__struct_fields__)
    return found


def _piece(trace: Trace, event: Any, end_ns: int, about: dict[str, Any]) -> Piece:
    span = event.span
    own = {name: getattr(event, name) for name in event.__struct_fields__ if name not in ("cause", "took_s")}
    id_, parent = (trace.span, trace.parent) if span.root else (f"{getrandbits(64):016x}", trace.span)
    return Piece(
        trace.id,
        id_,
        parent,
        span.name.format_map(own),
        span.kind,
        end_ns - int(event.took_s * 1e9),
        end_ns,
        span.failed(event),
        about | own,
    )
