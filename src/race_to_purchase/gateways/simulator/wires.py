"""Connections that can be broken: uvicorn's protocol, with a way to find the connection of a request.

It adds nothing to what is said over them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import Receive, Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol

Address = tuple[str, int]


class Wires:
    """The open connections of one server process, by the addresses of both their ends."""

    def __init__(self) -> None:
        self._open: dict[tuple[Address, Address], asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """The class that uvicorn is to make its connections of."""
        wires = self._open

        class Wire(AutoHTTPProtocol):  # type: ignore[misc, valid-type] # uvicorn picks it when it is imported
            """A connection that is known here from its first to its last byte."""

            def connection_made(self, transport: asyncio.Transport) -> None:
                """See asyncio.Protocol."""
                super().connection_made(transport)
                self._ends = (tuple(self.client or ()), tuple(self.server or ()))
                wires[self._ends] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                """See asyncio.Protocol."""
                wires.pop(self._ends, None)
                super().connection_lost(exc)

        return Wire

    async def cut(self, scope: Scope, receive: Receive) -> None:
        """Break the connection of a request without another byte, and return once it is broken."""
        transport = self._open.get((tuple(scope["client"] or ()), tuple(scope["server"] or ())))
        if transport is not None:
            transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    def cut_all(self, port: int) -> None:
        """Break every connection to a port of ours."""
        for (_, (_, here)), transport in list(self._open.items()):
            if here == port:
                transport.abort()


class Door(uvicorn.Server):
    """One listening socket that is served; signals are somebody else's."""

    def __init__(self, app: Any, protocol: type[asyncio.Protocol], grace_s: int = 5) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http=protocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                backlog=4096,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=grace_s,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    async def open(self, listening: socket.socket) -> None:
        """Begin to serve, and return once requests are answered."""
        self._serving = asyncio.create_task(self.serve(sockets=[listening]))
        while not self.started and not self._serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, not an event
            await asyncio.sleep(0.005)

    async def shut(self) -> None:
        """Answer what was asked, take nothing new, and return when the door is closed."""
        self.should_exit = True
        await self._serving

    async def slam(self, cut: Callable[[], None]) -> None:
        """Close at once; `cut` breaks the connections that are open."""
        for server in self.servers:
            server.close()
        cut()
        self.force_exit = True
        await self.shut()
