"""A handler on a port of the loopback address, for as long as a test needs somebody who answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def listening(handler: Callable[[web.Request], Awaitable[web.Response]], path: str = "") -> AsyncIterator[str]:
    """The address at which `handler` answers: at `path`, or (empty) at every one below it."""
    app = web.Application()
    app.router.add_route("*", path or "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    finally:
        await runner.cleanup()
