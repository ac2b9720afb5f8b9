"""Real user monitoring: what buyers' browsers tell by beacon becomes events, or is refused; nothing of it is kept.

Anybody may send anything here. So a beacon is small, its words are of closed sets, its drop is one that there is, and
the guard limits a network before it is read. A trace is taken for what its form says, and leads from an exemplar to
the purchase that the server traced.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import Refused
from race_to_purchase.edge.reply import Reply
from race_to_purchase.observe.events import emit, rum
from race_to_purchase.observe.request import CAUSE, Cause, traceparent_of
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.drop import Slug
from race_to_purchase.rules.outcomes import Unknown

BEACON_BYTES_MAX = 4096
FRESH_S = 5.0
"""How long the list of drops is believed: a flood asks the database no more often."""

Milliseconds = Annotated[float, Meta(ge=0, le=600_000)]


class Vital(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="vital", tag_field="is"):
    """A web vital that is a time."""

    vital: rum.TimeVital
    ms: Milliseconds
    rating: rum.Rating


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="shift", tag_field="is"):
    """The layout shift."""

    shift: Annotated[float, Meta(ge=0, le=100)]
    rating: rum.Rating


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="step", tag_field="is"):
    """A step that the visit came to."""

    step: rum.RumStep


class Bought(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="purchase", tag_field="is"):
    """From the click that paid to the receipt; `trace` is the traceparent that the answer told."""

    ms: Milliseconds
    trace: Annotated[str, Meta(max_length=64)] = ""


class Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="error", tag_field="is"):
    """Something went wrong in the page."""

    error: rum.PageError


Seen = Vital | Shift | Step | Bought | Error


class Beacon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends when it is left, or when it has gathered enough."""

    drop: Slug
    seen: Annotated[tuple[Seen, ...], Meta(max_length=32)]


_beacon = msgspec.json.Decoder(Beacon)
TAKEN = Reply(204, b"")


class Rum:
    """The handler. `clock` gives seconds that only grow."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._known: frozenset[str] = frozenset()
        self._until_s = float("-inf")

    async def receive(self, call: Call) -> Answer:
        """POST /v1/rum."""
        try:
            beacon = call.decoded(_beacon)
        except Refused:
            emit(rum.BeaconReceived("malformed"))
            raise
        if not await self._is_known(beacon.drop):
            emit(rum.BeaconReceived("unknown_drop"))
            return answer(Unknown("drop", beacon.drop))
        emit(rum.BeaconReceived("taken"))
        for seen in beacon.seen:
            _tell(beacon.drop, seen)
        return TAKEN

    async def _is_known(self, drop: str) -> bool:
        if self._clock() >= self._until_s:
            self._until_s = self._clock() + FRESH_S
            self._known = frozenset(row.id for row in await self._catalogue.all())
        return drop in self._known


def _tell(drop: str, seen: Seen) -> None:
    match seen:
        case Vital(vital=vital, ms=ms, rating=rating):
            emit(rum.VitalMeasured(drop, vital, rating, ms / 1000))
        case Shift(shift=shift, rating=rating):
            emit(rum.LayoutShifted(drop, rating, shift))
        case Step(step=step):
            emit(rum.RumStepReached(drop, step))
        case Bought(ms=ms, trace=trace):
            cause = Cause(CAUSE.get().request, traceparent_of(trace.encode()))
            emit(rum.PurchaseFelt(drop, ms / 1000, cause=cause))
        case Error(error=error):
            emit(rum.PageBroke(drop, error))
