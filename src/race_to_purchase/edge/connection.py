"""What ASGI does not say about the connection; with `whole` the only place that looks behind it.

uvicorn's `receive` is a method of the object that holds the state of one request and its response. Under a server
that is made differently both questions have a safe answer: the client is there, its body has to be waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Receive

from race_to_purchase.edge.guard.connections import Connections
from race_to_purchase.rules.answers import Answer

Told = Callable[[Answer, Mapping[bytes, bytes]], Answer]


def alive(receive: Receive) -> Callable[[], bool]:
    """A question to ask later, without awaiting: is the client that sent this request still connected?"""
    cycle: Any = getattr(receive, "__self__", None)
    if not hasattr(cycle, "disconnected"):
        return _always
    return lambda: not cycle.disconnected


def arrived(receive: Receive) -> bytes | None:
    """The whole body of a request, where it is here already, as it mostly is; None where it has to be waited for."""
    cycle: Any = getattr(receive, "__self__", None)
    if getattr(cycle, "more_body", True) or cycle.disconnected:
        return None
    return bytes(cycle.body)


def http_protocol(connections: Connections, told: Told) -> type[asyncio.Protocol] | str:
    """What to give uvicorn as `http`: our bounded protocol where httptools is installed, else its pure Python one.

    `connections` is where those of this process are counted, and bounded together. `told` says a problem as it is
    told to whoever sent these headers: a browser gets a page.
    """
    try:
        from race_to_purchase.edge.protocol import BoundedProtocol
    except ImportError:
        return "h11"
    return type("CountedProtocol", (BoundedProtocol,), {"counted_in": connections, "told": staticmethod(told)})


def _always() -> bool:
    return True
