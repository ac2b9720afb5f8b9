"""The live view: server-sent events, a second apart, made once for all who watch the same drop.

Whoever comes back after a cut gets the whole state at once, from any process, so that nothing has to be remembered for
them: `Last-Event-ID` only spares them what they have already. Every stream ends when the process stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

import msgspec

from race_to_purchase.errors import TryAgainLater

EVERY_S = 1.0
HEARTBEAT_S = 10.0
VIEWERS_MAX = 200
"""Of one process, over all drops."""

BEGIN = b"retry: 2000\n\n"
HEARTBEAT = b": still here\n\n"
GONE = b"event: gone\ndata: {}\n\n"
_encode = msgspec.json.Encoder().encode

Look = Callable[[str], Awaitable[object | None]]
"""A drop as it stands; None where there is no such drop."""


class TooManyViewers(Exception):
    """So many watch that nobody else can."""


class Live:
    """The streams of one process. `source` tells its events from another process'."""

    def __init__(self, look: Look, source: str) -> None:
        self._look = look
        self._source = source
        self._channels: dict[str, _Channel] = {}
        self._viewers = 0
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End all streams, for good: their viewers come back, to another process."""
        self._closing.set()
        for channel in self._channels.values():
            channel.wake()

    async def watch(self, drop: str, last_id: str, alive: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Frames of one viewer, until they are gone or the process stops; TooManyViewers before the first."""
        if self._viewers >= VIEWERS_MAX:
            raise TooManyViewers
        channel = self._channels.get(drop)
        if channel is None:
            channel = self._channels[drop] = _Channel(self._look, drop, self._source)
        self._viewers += 1
        channel.viewers += 1
        channel.start()
        try:
            yield BEGIN
            seen = last_id
            while alive() and not self._closing.is_set():
                frame = await channel.next(seen)
                if self._closing.is_set():
                    break
                seen = seen if frame is None else channel.id
                yield HEARTBEAT if frame is None else frame
        finally:
            self._viewers -= 1
            channel.viewers -= 1
            if not channel.viewers:
                channel.stop()
                self._channels.pop(drop, None)


class _Channel:
    """One drop, looked at as long as anybody watches."""

    def __init__(self, look: Look, drop: str, source: str) -> None:
        self._look = look
        self._drop = drop
        self._source = source
        self._number = 0
        self._frame: bytes | None = None
        self._come = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self.viewers = 0

    @property
    def id(self) -> str:
        """Of the latest frame."""
        return f"{self._source}-{self._number}"

    def start(self) -> None:
        if self._work is None:
            self._work = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def wake(self) -> None:
        self._come.set()

    async def next(self, seen: str) -> bytes | None:
        """The latest frame, as soon as it is another one than `seen`; None where nothing comes for a while."""
        if self._frame is None or seen == self.id:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._come.wait()
        return None if self._frame is None or seen == self.id else self._frame

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            self._put(await self._told())
            await asyncio.sleep(max(0.05, EVERY_S - (loop.time() - began_s)))

    async def _told(self) -> tuple[bytes, bytes]:
        try:
            seen = await self._look(self._drop)
        except TryAgainLater as error:
            return b"trouble", _encode({"code": error.code})
        return (b"gone", b"{}") if seen is None else (b"overview", _encode(seen))

    def _put(self, told: tuple[bytes, bytes]) -> None:
        self._number += 1
        self._frame = b"id: %b\nevent: %b\ndata: %b\n\n" % (self.id.encode("ascii"), *told)
        self._come.set()
        self._come = asyncio.Event()
