"""Spans are gathered with their request, and it is decided at its end whether they are sent.

That is what a sampler cannot do which decides at the beginning: whatever went wrong, and whatever was worth much, is
kept, and of the rest a share. A span that ends after its request, as a capture's does, goes with its trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import getrandbits
from time import time_ns
from typing import Any

import msgspec
from msgspec.structs import asdict

from race_to_purchase.observe.events.catalogue import all_events
from race_to_purchase.observe.events.event import Event, Span
from race_to_purchase.observe.events.feed import Sink
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


class Trace(msgspec.Struct):
    """What is gathered of one request. `kept` once it is worth sending; once it is `closed`, spans go their own way."""

    id: str
    span: str
    parent: str
    kept: bool
    closed: bool = False
    learnt: list[Event] = []
    """Events that say what the request was about."""
    ended: list[tuple[Any, int]] = []
    """Events that are spans, and when they ended; spans are made of them only where they are sent."""


class Gathered(msgspec.Struct, frozen=True):
    """What is to be sent of a trace: spans that have ended, and what is known of their request, as events."""

    trace: Trace
    ended: list[tuple[Any, int]]
    learnt: list[Event]


Send = Callable[[Gathered], None]


class Gather:
    """Begins traces, and takes the events that are spans or say what a trace is about: `by_event` has a sink for each.

    Of traces in which nothing went wrong, `share` are kept, chosen by their id, so that others who choose so keep the
    same; those of `amount_min` minor units or more always are.

    Most traces are gathered for nothing, so that little is done before it is known which: what an event may mean for
    its trace is asked of its type, once, and it is kept as it came. `pieces` makes spans of it for whoever sends.
    """

    def __init__(self, send: Send, share: float, amount_min: int | None) -> None:
        self._send = send
        # Ids are compared as they are written: "g" is beyond whatever begins with a hexadecimal digit.
        self._bound = f"{int(share * (1 << 64)):016x}" if share < 1 else "g"
        self._amount_min = amount_min
        self.by_event: dict[type[Event], Sink] = {event: self._sink(event) for event in followed_events()}

    def begin(self, request: str, traceparent: str) -> Cause:
        """See `request.Begin`. Without a request, what another process began goes on, under its span."""
        if not request:
            resumed = Trace(traceparent[3:35], traceparent[36:52], "", traceparent.endswith("1"), closed=True)
            return Cause("", traceparent, resumed)
        digits = getrandbits(192).to_bytes(24).hex()
        id_, parent = (traceparent[3:35], traceparent[36:52]) if traceparent else (digits[:32], "")
        span, sampled = digits[32:], id_[16:] < self._bound
        flags = "01" if sampled else "00"
        return Cause(request, f"00-{id_}-{span}-{flags}", Trace(id_, span, parent, sampled))

    def _sink(self, event: type[Event]) -> Sink:
        if event.span is None:
            return self._learning(event)
        return self._closing(event.span) if event.span.root else self._ending(event.span)

    def _learning(self, event: type[Event]) -> Sink:
        """What a request's span says of the purchase that it was for; no words any more once it is over."""
        failure = event.failure
        least = self._amount_min if "amount" in event.__struct_fields__ else None

        def learn(event: Any) -> None:
            trace = event.cause.trace
            if trace is None:
                return
            if failure or (least is not None and event.amount >= least):
                trace.kept = True
            if not trace.closed and len(trace.learnt) < SPANS_MAX:
                trace.learnt.append(event)

        return learn

    def _ending(self, span: Span) -> Sink:
        """A span below the request's: gathered, or sent at once where the request is over."""
        may_fail = bool(span.fails_by)

        def end(event: Any) -> None:
            trace = event.cause.trace
            if trace is None:
                return
            if may_fail and span.failed(event):
                trace.kept = True
            if not trace.closed:
                if len(trace.ended) < SPANS_MAX:
                    trace.ended.append((event, time_ns()))
            elif trace.kept:
                self._send(Gathered(trace, [(event, time_ns())], []))

        return end

    def _closing(self, span: Span) -> Sink:
        """The request is over: send what was gathered, or forget it."""

        def close(root: Any) -> None:
            trace = root.cause.trace
            if trace is None:
                return
            trace.closed = True
            ended, learnt, trace.ended, trace.learnt = trace.ended, trace.learnt, [], []
            if trace.kept or span.failed(root):
                trace.kept = True
                self._send(Gathered(trace, [*ended, (root, time_ns())], learnt))

        return close


def followed_events() -> list[type[Event]]:
    """The events that are spans, that are failures, or that say what a request was about."""
    about = set(ATTRIBUTES)
    return [
        event for event in all_events() if event.span or event.failure or about.intersection(event.__struct_fields__)
    ]


_ABOUT = {event: tuple(name for name in ATTRIBUTES if name in event.__struct_fields__) for event in followed_events()}


def pieces(gathered: Gathered) -> Iterator[Piece]:
    """The spans. What the purchase was about stands once, on the request: attributes are most of what a span costs."""
    trace = gathered.trace
    for event, end_ns in gathered.ended:
        span = event.span
        about = _about(gathered.learnt) if span.root else {}
        own = asdict(event)
        del own["cause"]
        id_, parent = (trace.span, trace.parent) if span.root else (getrandbits(64).to_bytes(8).hex(), trace.span)
        start_ns = end_ns - int(own.pop("took_s") * 1e9)
        name = span.name.format_map(own)
        yield Piece(trace.id, id_, parent, name, span.kind, start_ns, end_ns, span.failed(event), about | own)


def _about(learnt: list[Event]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in learnt:
        for name in _ABOUT[type(event)]:
            found[name] = getattr(event, name)
    return found
