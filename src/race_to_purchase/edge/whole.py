"""Writes a whole response at once, past ASGI: looks behind uvicorn's `send` as `connection` does behind `receive`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.types import Send


def write_whole(send: Send, head: bytes, more: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
    """Write a whole response in one piece: `head` is status line and headers, `more` further ones.

    False, and nothing is written, where that has to go by ASGI: with another server, and for whatever is not the usual
    end of a request whose body was read, on a connection that stays open.
    """
    cycle: Any = getattr(send, "__self__", None)
    write = getattr(getattr(cycle, "transport", None), "write_whole", None)
    if write is None or not _is_usual(cycle):
        return False
    cycle.response_started = cycle.response_complete = True
    further = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *more)]
    write(b"".join((head, *further, b"\r\n", body)))
    cycle.message_event.set()
    cycle.on_response()
    return True


def _is_usual(cycle: Any) -> bool:
    return (
        cycle.keep_alive
        and not cycle.more_body
        and not cycle.response_started
        and not cycle.disconnected
        and not cycle.flow.write_paused
        and cycle.scope["method"] != "HEAD"
    )
