"""The merchant's side of webhooks, as a real server on the loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer


class Received(msgspec.Struct, frozen=True):
    """One request: its header names in lower case, its body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers every POST with what `answer` makes, and keeps what came."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[], web.StreamResponse] = lambda: web.Response(status=200)
        self.hold = asyncio.Event()
        self.hold.set()
        self.url = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, await request.read()))
        await self.hold.wait()
        return self.answer()

    def answers(self, status: int, **headers: str) -> None:
        """From now on it answers with this status."""
        self.answer = lambda: web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver at `url` on a free port while the block runs."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    server = TestServer(app)
    await server.start_server()
    receiver.url = str(server.make_url("/hooks/race"))
    try:
        yield receiver
    finally:
        receiver.hold.set()
        await server.close()
