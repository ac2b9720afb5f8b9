"""Bytes that are no HTTP request: refused as every other refusal is, and bounded in size and in time.

uvicorn's own protocol answers garbage in plain text, reads a head of any length, and waits for ever for the rest of a
head, and for the rest of a body that was answered before it was whole. This one says a problem, and ends what is too
long or too slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from race_to_purchase.edge.guard.connections import Connections
from race_to_purchase.edge.reply import headers, request_id
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.guard import ConnectionEnded
from race_to_purchase.rules.answers import Answer, problem

HEAD_BYTES_MAX = 32 * 1024
"""Request line and headers; more is refused once it has come, also where all of it came in one read."""

HEAD_TIMEOUT_S = 10.0
"""From the first byte of a head to its last, and from a connection to its first request."""

BODY_TIMEOUT_S = 10.0
"""From the answer to a request to the end of its body, where the answer came first."""

READ_TIMEOUT_S = 30.0
"""How long a client may leave an answer unread that no longer fits into the system's buffers."""

LINGER_S = 5.0
"""How long a client that is still sending has to read why it is not listened to any more."""

GARBAGE = problem(400, "malformed_http", "Malformed HTTP", "These bytes are no HTTP request.")
TOO_LONG = problem(
    431,
    "head_too_large",
    "Head too large",
    f"Request line and headers may have {HEAD_BYTES_MAX} bytes.",
    limit=HEAD_BYTES_MAX,
)


class OneWrite:
    """A transport that sends at the end of the loop's turn: head and body leave in one call of the system, not two.

    Measured, a call costs as much as all else that is done for a response.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, is_sending: Callable[[], bool]
    ) -> None:
        self.lingering = False
        self._transport = transport
        self._loop = loop
        self._is_sending = is_sending
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send `data` soon, after what was written before."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)

    def write_whole(self, data: bytes) -> None:
        """Send a whole response, after what was written before."""
        if self._held:
            self._held.append(data)
        elif not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Send what is held, then close; what already lingers ends at once."""
        if self._is_sending() and not self.lingering:
            self.linger()
        else:
            self.flush()
            self._transport.close()

    def linger(self) -> None:
        """Send what is held and close our half; the client's ends when it has seen that, or soon.

        Closing while its bytes lie unread would send a reset, and that destroys an answer which it has not read yet.
        """
        self.flush()
        if self._transport.is_closing() or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.lingering = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(LINGER_S, self._transport.close)

    def is_closing(self) -> bool:
        """Whether no more is answered here."""
        return self.lingering or self._transport.is_closing()

    def forget(self) -> None:
        """The connection is lost. It and this name each other, and would wait for the garbage collector."""
        self._is_sending = lambda: False

    def flush(self) -> None:
        """Send what is held now."""
        held, self._held = self._held, []
        if held and not self._transport.is_closing():
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedProtocol(HttpToolsProtocol):
    """See the module."""

    counted_in: Connections
    """Those of this process; see `connection.http_protocol`."""
    told: Callable[[Answer, Mapping[bytes, bytes]], Answer]
    """How a problem is told to whoever sent such headers."""

    _head_bytes = 0
    _read_bytes = 0
    _too_long = False
    _waiting: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _rests_since_s: float | None = None
    _end_of_rest: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn does
        held = OneWrite(transport, self.loop, self._is_answered_too_soon)
        super().connection_made(held)  # type: ignore[arg-type] # as far as it is used
        self._waiting = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)
        self.counted_in.made(self)

    def end(self) -> None:
        """There are too many connections, and this one does nothing."""
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(READ_TIMEOUT_S, self._unread_for_too_long)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def eof_received(self) -> None:
        """The client will send no more, and the transport closes next: what is held has to leave before."""
        transport: Any = self.transport
        transport.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        for timer in (self._unread, self._end_of_rest):
            if timer is not None:
                timer.cancel()
        self.counted_in.lost(self)
        super().connection_lost(exc)
        transport: Any = self.transport
        transport.forget()

    def data_received(self, data: bytes) -> None:
        transport: Any = self.transport
        if transport.lingering:
            return
        before = self.cycle
        self._read_bytes = len(data)
        super().data_received(data)
        if transport.is_closing():
            return
        scope: Any = self.scope
        if scope is None or "method" not in scope:
            # What came before this head in the same read was a request of its own, and does not count.
            self._in_head(len(data) if self.cycle is before else 0)
        elif self.cycle.response_complete:
            self._after_answer()
        elif self._waiting is not None:
            self._stop_waiting()

    def on_headers_complete(self) -> None:
        if self._head_bytes + self._read_bytes > HEAD_BYTES_MAX and self._size_of_head() > HEAD_BYTES_MAX:
            self._too_long = True
            raise ValueError("this head is too long")  # The parser stops at it, and `send_400_response` comes next.
        self.counted_in.spoke(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.cycle.more_body = False

    def on_response_complete(self) -> None:
        """uvicorn's own, but for `_rest`: it sets a timer after every response, and cancels it at the next request."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            else:
                self._rest()
        if self.cycle.response_complete:
            self.counted_in.rests(self)
        if self._is_answered_too_soon() and not self.transport.is_closing():
            self._waiting = self.loop.call_later(BODY_TIMEOUT_S, self._give_up)

    def send_400_response(self, msg: str) -> None:
        """Where a whole request came before the garbage, that one is answered, and then the connection ends."""
        if not self._ends_after_answer():
            self._refuse(TOO_LONG if self._too_long else GARBAGE)

    def _size_of_head(self) -> int:
        named: Any = self.headers
        return len(self.url) + sum(len(name) + len(value) for name, value in named)

    def _in_head(self, size: int) -> None:
        """Part of a head has come: it may not go on for ever. uvicorn sets the method once a head is whole."""
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(TOO_LONG)
        elif self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _after_answer(self) -> None:
        """More of a body has come whose request is answered; uvicorn stopped waiting for the next request at that."""
        if not self.cycle.more_body:
            self._stop_waiting()
            if self._rests_since_s is None:
                self._rest()

    def _unset_keepalive_if_required(self) -> None:
        """uvicorn calls this where something happens on the connection. The timer goes on, and looks when it is due."""
        self._rests_since_s = None

    def _rest(self) -> None:
        """Nothing is to be done: from now on the connection is kept for a time. One timer serves many rests."""
        self._rests_since_s = self.loop.time()
        if self._end_of_rest is None:
            self._end_of_rest = self.loop.call_later(self.timeout_keep_alive, self._rested)

    def _rested(self) -> None:
        self._end_of_rest = None
        if self._rests_since_s is None:
            return
        left_s = self._rests_since_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._end_of_rest = self.loop.call_later(left_s, self._rested)
        else:
            self.timeout_keep_alive_handler()

    def _is_answered_too_soon(self) -> bool:
        """Whether the client still sends the body of a request that is answered."""
        cycle: Any = self.cycle
        return cycle is not None and cycle.response_complete and cycle.more_body

    def _stop_waiting(self) -> None:
        self._head_bytes = 0
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        if not self._ends_after_answer():
            emit(ConnectionEnded("slow_sender"))
            self.transport.close()

    def _unread_for_too_long(self) -> None:
        """What it was sent waits in our memory, and closing would wait for it to be read."""
        emit(ConnectionEnded("slow_reader"))
        self.transport.abort()

    def _ends_after_answer(self) -> bool:
        """Whether a whole request is being answered; if so the connection ends after its answer."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        return True

    def _refuse(self, answer: Answer) -> None:
        transport: Any = self.transport
        came = dict(self.headers or ())  # Of a head without an end, what there was of it.
        transport.write(response(self.told(answer, came), self.server_state.default_headers))
        transport.linger()


def response(answer: Answer, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """A whole response on the wire, after which the connection ends."""
    line = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}".encode("ascii")
    named: list[Any] = [*default_headers, *headers(answer, request_id({})), (b"connection", b"close")]
    return b"\r\n".join([line, *(name + b": " + value for name, value in named), b"", answer.body])
