"""Which HTTP request, and which trace, the current task works for; nobody's for loops."""

from __future__ import annotations

from contextvars import ContextVar

import msgspec


class Cause(msgspec.Struct, frozen=True, gc=False):
    """Who asked for what happens: the request's id, and the trace's `traceparent`; both empty where nobody did."""

    request: str = ""
    traceparent: str = ""


NOBODY = Cause()
CAUSE: ContextVar[Cause] = ContextVar("cause", default=NOBODY)
