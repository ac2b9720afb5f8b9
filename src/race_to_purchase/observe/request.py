"""Which HTTP request, and which trace, the current task works for; nobody's for loops.

A trace is carried as W3C Trace Context writes it. What comes in is believed only as far as its form goes, and says
nothing about whether it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import msgspec

_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_LENGTH = 55


class Cause(msgspec.Struct, frozen=True):
    """Who asked for what happens: the request's id, and the trace's `traceparent`; both empty where nobody did.

    `trace` gathers the spans of the request, where there is somebody to send them to.
    """

    request: str = ""
    traceparent: str = ""
    trace: Any = None


NOBODY = Cause()
CAUSE: ContextVar[Cause] = ContextVar("cause", default=NOBODY)

Begin = Callable[[str, str], Cause]
"""From a request's id and the `traceparent` that it came with, valid or empty, to its cause."""

_begin: list[Begin] = []


def began(request: str, given: bytes | None) -> Cause:
    """The cause of a request that begins now, with the header `traceparent` as it was `given`."""
    parent = traceparent_of(given)
    return _begin[-1](request, parent) if _begin else Cause(request, parent)


def traced() -> dict[str, str]:
    """The header for a request to somebody else that is made for the current cause."""
    traceparent = CAUSE.get().traceparent
    return {"traceparent": traceparent} if traceparent else {}


def resume(traceparent: str) -> None:
    """The current task goes on with what another one, or another process, began in this trace."""
    CAUSE.set(began("", traceparent.encode()) if traceparent else NOBODY)


def traceparent_of(given: bytes | None) -> str:
    """The header, if its form is right, in the version that we write; empty if not."""
    if given is None or len(given) > 512 or not _TRACEPARENT.fullmatch(given):
        return ""
    return f"00{given[2:_LENGTH].decode('ascii')}"


def followed() -> bool:
    """Whether anybody follows traces here."""
    return bool(_begin)


def begin_with(begin: Begin) -> Callable[[], None]:
    """Let causes be made by `begin` from now on; call what is returned to end it."""
    _begin.append(begin)
    return lambda: _begin.remove(begin)
