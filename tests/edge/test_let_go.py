"""A connection that ended is gone at once: at an opening there are many, and the garbage collector looks seldom."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import ref

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from race_to_purchase.edge.guard.connections import Connections
from race_to_purchase.edge.protocol import BoundedProtocol

REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
WAIT_S = 10.0


@asynccontextmanager
async def listening(made: list[ref[Any]]) -> AsyncIterator[int]:
    """A server on the port that it says; connections that it makes can be looked for."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    config = uvicorn.Config(app, log_config=None)
    config.load()
    kind = type("CountedProtocol", (BoundedProtocol,), {"counted_in": Connections(10)})
    loop = asyncio.get_running_loop()

    def make() -> Any:
        connection: Any = kind(config, ServerState(), {}, loop)
        made.append(ref(connection))
        return connection

    server = await loop.create_server(make, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def visit(port: int, requests: int) -> None:
    """A client that asks, reads the answers, and hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        writer.write(REQUEST)
        assert await reader.readuntil(b"here")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("requests", [0, 1, 3])
def test_what_was_kept_of_a_connection_goes_with_it(requests: int) -> None:
    async def see() -> None:
        made: list[ref[Any]] = []
        async with listening(made) as port:
            await visit(port, requests)
            async with asyncio.timeout(WAIT_S):
                while not made or made[0]() is not None:
                    await asyncio.sleep(0.01)

    gc.disable()
    try:
        uvloop.run(see())
    finally:
        gc.enable()
