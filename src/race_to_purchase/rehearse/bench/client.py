"""An HTTP client that costs next to nothing, because it shares its cores with the server that it measures.

One thread, one selector, requests that were put together beforehand, and no more parsing than status, length and body.
It speaks what our server speaks: HTTP/1.1, kept alive, with Content-Length, one request at a time on a connection.
Anything else ends the measurement.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Generator
from typing import Protocol

import msgspec

PIECE_BYTES = 1 << 16
IDLE_S_MAX = 15.0
"""A server that says nothing for so long, with requests under way, has failed the measurement."""

Walk = Generator[bytes, tuple[int, bytes], None]
"""What one buyer does: yields requests, is sent status and body of each answer, and returns when it is done."""


class Unexpected(Exception):
    """The server's answer, or its silence, is not what a measurement can go on with."""


class Source(Protocol):
    """Where walks come from."""

    def take(self, now_s: float) -> Walk | None:
        """The next walk, if one is due."""
        ...

    def due_s(self) -> float | None:
        """When the next walk is due; None if there will be no more."""
        ...


class Effort(msgspec.Struct, frozen=True):
    """What driving cost this process: `cpu_share` of one core over `seconds`."""

    seconds: float
    cpu_share: float


class _Connection:
    """One kept-alive connection, and the walk that is on it."""

    __slots__ = ("received", "socket", "walk")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.received = b""
        self.walk: Walk | None = None

    def begin(self, walk: Walk) -> None:
        """Send the first request of `walk`."""
        self.walk = walk
        self._send(next(walk))

    def go_on(self) -> bool:
        """Read what has arrived, and send what the walk says next; False once the walk has ended."""
        answer = self._answer()
        if answer is None:
            return True
        assert self.walk is not None, "an answer belongs to a request"
        try:
            self._send(self.walk.send(answer))
        except StopIteration:
            self.walk = None
            return False
        return True

    def _send(self, request: bytes) -> None:
        # A request is far smaller than the buffer of a socket that waits for nothing else.
        if self.socket.send(request) != len(request):
            raise Unexpected("a request did not fit into the socket's buffer")

    def _answer(self) -> tuple[int, bytes] | None:
        piece = self.socket.recv(PIECE_BYTES)
        if not piece:
            raise Unexpected("the server closed a connection that was in use")
        data = self.received + piece if self.received else piece
        answer = parse(data)
        self.received = data if answer is None else b""
        return answer


def parse(data: bytes) -> tuple[int, bytes] | None:
    """Status and body of one response; None while it is not complete. Raises Unexpected for anything else."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    at = data.find(b"content-length: ", 0, end)
    if not data.startswith(b"HTTP/1.1 ") or at < 0:
        raise Unexpected(f"no answer that is understood here: {data[:200]!r}")
    length = int(data[at + 16 : data.index(b"\r", at)])
    missing = end + 4 + length - len(data)
    if missing < 0:
        raise Unexpected("more than one answer to one request")
    return None if missing else (int(data[9:12]), data[end + 4 :])


class _Connections:
    """At most `room` connections, opened when they are needed, kept while the server keeps them."""

    def __init__(self, host: str, port: int, room: int) -> None:
        self._host, self._port, self._room = host, port, room
        self._selector = selectors.DefaultSelector()
        self._idle: list[_Connection] = []
        self.busy = 0

    @property
    def free(self) -> bool:
        """Whether another walk can begin."""
        return bool(self._idle) or self.busy < self._room

    def begin(self, walk: Walk) -> None:
        """Put `walk` on a connection."""
        if self._idle:
            connection = self._idle.pop()
        else:
            connection = _Connection(self._host, self._port)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.busy += 1
        connection.begin(walk)

    def go_on(self, pause_s: float) -> bool:
        """Wait for answers and take every walk that got one a step further; False if there were none."""
        ready = self._selector.select(pause_s)
        for key, _ in ready:
            connection: _Connection = key.data
            if connection.walk is None:
                # A server may close what is idle; whatever else it says to nobody, it is not kept.
                self._idle.remove(connection)
                self._drop(connection)
            elif not connection.go_on():
                self.busy -= 1
                self._idle.append(connection)
        return bool(ready)

    def close(self) -> None:
        """Close all of them."""
        for key in list(self._selector.get_map().values()):
            self._drop(key.data)
        self._selector.close()

    def _drop(self, connection: _Connection) -> None:
        self._selector.unregister(connection.socket)
        connection.socket.close()


def drive(host: str, port: int, connections: int, source: Source) -> Effort:
    """Walk every walk of `source`, one a connection at a time. Raises Unexpected, and OSError."""
    wires = _Connections(host, port, connections)
    began_s, worked_s = time.perf_counter(), time.process_time()
    try:
        while wires.busy or source.due_s() is not None:
            while wires.free and (walk := source.take(time.perf_counter())) is not None:
                wires.begin(walk)
            pause_s = _pause_s(source) if wires.free else IDLE_S_MAX
            if not wires.go_on(pause_s) and wires.busy and pause_s >= IDLE_S_MAX:
                raise Unexpected(f"no answer within {IDLE_S_MAX:g} s")
    finally:
        wires.close()
    seconds = time.perf_counter() - began_s
    return Effort(seconds, (time.process_time() - worked_s) / seconds)


def _pause_s(source: Source) -> float:
    """Until the next walk is due."""
    due_s = source.due_s()
    return IDLE_S_MAX if due_s is None else min(IDLE_S_MAX, max(0.0, due_s - time.perf_counter()))
