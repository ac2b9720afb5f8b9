"""What an event is, and what may be derived from one: a line of the log, and metrics.

An event says which metrics it feeds, and whether it is a line of the log, beside its fields. So nothing is counted
twice or in two ways, and whoever adds an event has documented all that follows from it.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from race_to_purchase.observe.request import CAUSE, Cause

Level = Literal["debug", "info", "warning", "error"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Bounds of the buckets of a histogram of seconds: a request's, a gateway's call's, a transaction's."""

SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0)
"""Bounds of the buckets of a histogram of sizes."""


class Counter(msgspec.Struct, frozen=True):
    """Grows by one with each event, or by the event's field `add`; `by` names the fields that are its labels."""

    name: str
    help: str
    by: tuple[str, ...] = ()
    add: str = ""


class Gauge(msgspec.Struct, frozen=True):
    """Is what the event's `field` said last; `from_zero`: and 0 until it has said something."""

    name: str
    help: str
    field: str
    by: tuple[str, ...] = ()
    from_zero: bool = False


class Histogram(msgspec.Struct, frozen=True):
    """The distribution of the event's `field`."""

    name: str
    help: str
    field: str
    by: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS


Metric = Counter | Gauge | Histogram


class Log(msgspec.Struct, frozen=True):
    """A line of the log: the event's fields follow the words."""

    level: Level
    words: str


class Span(msgspec.Struct, frozen=True):
    """A span of a trace, which ended when the event was emitted and took its `took_s`; `name` may hold its fields.

    It has failed where the field `fails_by` has one of `failures`. The `root` is that of the request itself.
    """

    name: str
    kind: Literal["server", "client", "internal"] = "internal"
    fails_by: str = ""
    failures: tuple[str | bool, ...] = ()
    root: bool = False

    def failed(self, event: Any) -> bool:
        """Whether this one has."""
        return bool(self.fails_by) and getattr(event, self.fails_by) in self.failures


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The base of all events. Values are strings, numbers and truth values; ids are ids, and never anybody's name.

    Whoever emits for somebody else than the current request, as the committer does, passes the `cause`.
    """

    log: ClassVar[Log | None] = None
    metrics: ClassVar[tuple[Metric, ...]] = ()
    span: ClassVar[Span | None] = None
    failure: ClassVar[bool] = False
    """Whether it is a failure, so that the trace of whoever it happened to is always kept."""

    cause: Annotated[Cause, msgspec.Meta(description="The request and the trace behind it, where there are any.")] = (
        msgspec.field(default_factory=CAUSE.get)
    )
