"""HTTP as a crowd needs it: many requests over few kept-alive connections, and little time spent on each.

The crowd shares its cores with the server it measures, so a request costs some 50 µs here instead of the 400 of a
general client. In return it speaks only what our server speaks: HTTP/1.1 with Content-Length. Anything else is an
error that names what was received, never a guess.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

import msgspec

REQUEST_TIMEOUT_S = 30.0
ANSWER_BYTES_MAX = 1 << 20


class Reply(msgspec.Struct, frozen=True):
    """One response. `retry_after_s` where the server gave a Retry-After."""

    status: int
    body: bytes
    retry_after_s: float | None = None
    cookie: str = ""
    """What the server left in the browser, `name=value`."""


class Lost(Exception):
    """The connection ended, or time ran out, before the answer was there; what the server did is unknown."""


class Foreign(Exception):
    """The server answered with something that is not the HTTP spoken here."""


class Wire:
    """A pool of connections to one server. A request takes an idle one, opens a new one, or waits its turn."""

    def __init__(self, host: str, port: int, bearer: str, connections_max: int) -> None:
        self._host, self._port = host, port
        self._head = f"host: {host}:{port}\r\ncontent-type: application/json\r\n"
        self._bearer = f"authorization: Bearer {bearer}\r\n"
        self._room = connections_max
        self._idle: list[_Connection] = []
        self._queue: deque[asyncio.Future[None]] = deque()
        self._open: set[_Connection] = set()

    async def ask(
        self,
        method: str,
        path: str,
        key: str | None,
        body: bytes,
        hang_up_s: float | None = None,
        *,
        lines: str = "",
        by_browser: bool = False,
    ) -> Reply:
        """Send, and give the answer. Raises Lost, or Foreign.

        With `hang_up_s` the connection is closed so long after sending; an answer that came before is still given.
        `lines` are further headers; what is sent `by_browser` carries no key of the storefront.
        """
        keyed = f"idempotency-key: {key}\r\n" if key is not None else ""
        whose = lines if by_browser else self._bearer + lines
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{whose}{keyed}content-length: {len(body)}\r\n\r\n"
        data = head.encode("ascii") + body
        connection = await self._take()
        try:
            if hang_up_s is None:
                return await self._exchange(connection, data)
            return await connection.exchange(data, hang_up_s, keep=False)
        finally:
            self._give_back(connection)

    async def _exchange(self, connection: _Connection, data: bytes) -> Reply:
        """One exchange. A kept-alive connection may have been closed while it was idle: that one is tried again.

        Sending again is safe: every POST carries its idempotency key, and everything else is harmless twice.
        """
        reused = connection.used
        try:
            return await connection.exchange(data, REQUEST_TIMEOUT_S)
        except Lost:
            if not reused or connection.heard:
                raise
            await self._connect(connection)
            return await connection.exchange(data, REQUEST_TIMEOUT_S)

    async def _take(self) -> _Connection:
        while not self._idle and self._room == 0:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append(turn)
            await turn
        if self._idle:
            connection = self._idle.pop()
        else:
            self._room -= 1
            connection = _Connection()
            self._open.add(connection)
        if not connection.up:
            try:
                await self._connect(connection)
            except Lost:
                self._give_back(connection)
                raise
        return connection

    async def _connect(self, connection: _Connection) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await loop.create_connection(lambda: connection, self._host, self._port)
        except (OSError, TimeoutError) as error:
            raise Lost(f"no connection: {error}") from None

    def _give_back(self, connection: _Connection) -> None:
        self._idle.append(connection)
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def close(self) -> None:
        """Close every connection; answers under way are Lost."""
        for connection in self._open:
            connection.hang_up()


class _Connection(asyncio.Protocol):
    """One connection, with one request on it at a time. It can be connected again after it was closed."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiting: asyncio.Future[Reply] | None = None
        self.used = False
        """Whether it carried an exchange since it was connected."""
        self.heard = False
        """Whether anything of the present answer has arrived."""

    @property
    def up(self) -> bool:
        """Whether it can be written to."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, data: bytes, timeout_s: float, *, keep: bool = True) -> Reply:
        """Send a request and wait for its answer; Lost after `timeout_s`. Without `keep`, closed in any case."""
        if not self.up or self._transport is None:
            raise Lost("the connection is closed")
        loop = asyncio.get_running_loop()
        self._buffer, self.heard = b"", False
        self._waiting = loop.create_future()
        self._transport.write(data)
        timer = loop.call_later(timeout_s, self._too_late, timeout_s)
        try:
            return await self._waiting
        finally:
            timer.cancel()
            self.used = True
            if not keep:
                self.hang_up()

    def _too_late(self, timeout_s: float) -> None:
        self._fail(Lost(f"no answer within {timeout_s:g} s"))
        self.hang_up()

    def hang_up(self) -> None:
        """Close it; whoever waits gets Lost."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
        self._fail(Lost("hung up"))

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio tells that the connection is there."""
        # uvloop's transports have what an asyncio.Transport has, and are none by inheritance.
        self._transport, self.used = cast(asyncio.Transport, transport), False

    def data_received(self, data: bytes) -> None:
        """Asyncio tells that bytes have arrived."""
        self._buffer = self._buffer + data if self._buffer else data
        self.heard = True
        try:
            reply = parse(self._buffer)
        except Foreign as error:
            self._fail(error)
            self.hang_up()
            return
        if reply is not None and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)
            self._waiting = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio tells that the connection has ended. One that was replaced meanwhile does not matter."""
        if self._transport is None or self._transport.is_closing():
            self._transport = None
            self._fail(Lost(f"the connection ended: {exc or 'closed by the server'}"))


def parse(buffer: bytes) -> Reply | None:
    """The response in `buffer`, or None while it is not complete; Foreign where it is none that we speak."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > ANSWER_BYTES_MAX:
            raise Foreign("headers without an end")
        return None
    head = buffer[:end].lower()
    length = _header(head, b"content-length")
    if not head.startswith(b"http/1.1 ") or length is None or not length.isdigit() or int(length) > ANSWER_BYTES_MAX:
        raise Foreign(f"not an answer with a length: {buffer[: min(end, 300)]!r}")
    begin, size = end + 4, int(length)
    if len(buffer) < begin + size:
        return None
    retry_after = _header(head, b"retry-after")
    wait_s = float(retry_after) if retry_after is not None and retry_after.isdigit() else None
    return Reply(int(head[9:12]), buffer[begin : begin + size], wait_s, _cookie(buffer[:end], head))


def _cookie(written: bytes, head: bytes) -> str:
    """The first cookie of a head, as it is written; "" where there is none. `head` is the same in small letters."""
    start = head.find(b"\r\nset-cookie:")
    if start < 0:
        return ""
    return written[start + 13 :].partition(b"\r\n")[0].partition(b";")[0].strip().decode("latin-1")


def _header(head: bytes, name: bytes) -> bytes | None:
    """The value of a header in lower-cased `head`, or None."""
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()
