"""One connection on a clock of the test's own: what is waited for, for how long, and what is left when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from race_to_purchase.edge.guard.connections import Connections, End
from race_to_purchase.edge.protocol import (
    BODY_TIMEOUT_S,
    HEAD_TIMEOUT_S,
    LINGER_S,
    READ_TIMEOUT_S,
    BoundedProtocol,
    OneWrite,
)
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.guard import ConnectionEnded

KEPT_S = 2 * BODY_TIMEOUT_S
CONNECTIONS_MAX = 4
BEGUN = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n"


class Timer:
    """Calls once, unless it is cancelled before."""

    def __init__(self, due_s: float, call: Callable[[], Any]) -> None:
        self.due_s, self.call = due_s, call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """A loop as far as a connection needs one; time and turns pass where the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._timers: list[Timer] = []
        self._soon: list[Callable[[], Any]] = []

    @property
    def waiting(self) -> int:
        """How many timers run."""
        return sum(not timer.cancelled for timer in self._timers)

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, call: Callable[[], Any]) -> Timer:
        self._timers.append(Timer(self.now_s + delay_s, call))
        return self._timers[-1]

    def call_soon(self, call: Callable[[], Any]) -> None:
        self._soon.append(call)

    def create_task(self, request: Any, **_: Any) -> asyncio.Future[None]:
        """A request is begun, and never answered."""
        request.close()
        return asyncio.Future()

    def turn(self) -> None:
        """One turn of the loop."""
        soon, self._soon = self._soon, []
        for call in soon:
            call()

    def pass_to(self, then_s: float) -> None:
        """Let time pass."""
        while due := [timer for timer in self._timers if timer.due_s <= then_s and not timer.cancelled]:
            first = min(due, key=lambda timer: timer.due_s)
            self._timers.remove(first)
            self.now_s = first.due_s
            first.call()
        self.now_s = then_s


class Wire(asyncio.Transport):
    """The other end, as far as it can be seen from here."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.half_closed = self.closed = self.aborted = False
        self.reading = True
        self.can_half_close = True

    def write(self, data: Any) -> None:
        assert not self.closed
        assert not self.half_closed
        self.sent.append(data)

    def can_write_eof(self) -> bool:
        return self.can_half_close

    def write_eof(self) -> None:
        self.half_closed = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Cycle:
    """A request as far as the end of its connection needs it."""

    keep_alive = True

    def __init__(self, *, answered: bool, whole: bool) -> None:
        self.response_complete = answered
        self.more_body = not whole
        self.disconnected = False
        self.message_event = asyncio.Event()


@pytest.fixture
def clock() -> Clock:
    """At zero."""
    return Clock()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def counted() -> Connections:
    return Connections(CONNECTIONS_MAX)


@pytest.fixture
def make(clock: Clock, counted: Connections) -> Callable[[Wire], Any]:
    """Makes a connection over a wire."""
    config = uvicorn.Config(lambda *_: None, interface="asgi3", log_config=None, timeout_keep_alive=int(KEPT_S))
    kind = type("CountedProtocol", (BoundedProtocol,), {"counted_in": counted})

    def made(wire: Wire) -> Any:
        connection: Any = kind(config, ServerState(), {}, clock)
        connection.connection_made(wire)
        return connection

    return made


@pytest.fixture
async def connection(make: Callable[[Wire], Any], wire: Wire) -> Any:
    """One that was made just now."""
    return make(wire)


@pytest.fixture
def ended() -> Iterator[list[End]]:
    """Why connections were ended."""
    found: list[End] = []
    stop = subscribe(lambda event: found.append(event.ended), ConnectionEnded)
    yield found
    stop()


class TestAConnection:
    async def test_that_says_nothing_is_ended_after_its_time(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        clock.pass_to(HEAD_TIMEOUT_S - 0.1)
        assert not wire.is_closing()
        clock.pass_to(HEAD_TIMEOUT_S)
        assert wire.is_closing()
        assert ended == ["slow_sender"]

    async def test_may_take_longer_for_a_body_whose_head_has_come(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.data_received(BEGUN)
        clock.pass_to(10 * HEAD_TIMEOUT_S)
        assert not wire.is_closing()
        assert ended == []

    async def test_may_begin_with_empty_lines(self, wire: Wire, connection: Any) -> None:
        connection.data_received(b"\r\n\r\n")
        connection.data_received(BEGUN)
        assert connection.scope["method"] == "POST"
        assert not wire.is_closing()

    async def test_that_is_read_again_is_kept(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.data_received(BEGUN)
        connection.pause_writing()
        clock.pass_to(READ_TIMEOUT_S - 0.1)
        connection.resume_writing()
        clock.pass_to(10 * READ_TIMEOUT_S)
        assert not wire.aborted
        assert ended == []

    async def test_that_is_not_read_is_ended_after_its_time(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.data_received(BEGUN)
        connection.pause_writing()
        connection.pause_writing()
        clock.pass_to(READ_TIMEOUT_S)
        assert wire.aborted
        assert ended == ["slow_reader"]

    @pytest.mark.parametrize("begin", ["data_received", "pause_writing", "_rest"])
    async def test_that_is_lost_leaves_no_timer(
        self, clock: Clock, connection: Any, ended: list[End], begin: str
    ) -> None:
        getattr(connection, begin)(*([b"GET / HTT"] if begin == "data_received" else []))
        assert clock.waiting
        connection.connection_lost(None)
        assert clock.waiting == 0
        assert ended == []

    async def test_whose_client_sends_no_more_sends_what_is_held_first(self, wire: Wire, connection: Any) -> None:
        connection.transport.write(b"answer")
        connection.eof_received()
        assert wire.sent == [b"answer"]


class TestAnAnswer:
    async def test_begins_a_rest_of_the_time_that_is_set(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.cycle = Cycle(answered=True, whole=True)
        connection._stop_waiting()
        connection.on_response_complete()
        clock.pass_to(KEPT_S - 0.1)
        assert not wire.is_closing()
        clock.pass_to(KEPT_S)
        assert wire.is_closing()
        assert ended == []

    async def test_that_came_before_the_end_of_the_body_gives_it_some_time(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.cycle = Cycle(answered=True, whole=False)
        connection._stop_waiting()
        connection.on_response_complete()
        clock.pass_to(BODY_TIMEOUT_S)
        assert connection.transport.lingering
        assert ended == ["slow_sender"]
        clock.pass_to(BODY_TIMEOUT_S + LINGER_S)
        assert wire.is_closing()

    async def test_whose_body_came_to_its_end_rests_like_any_other(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.cycle = Cycle(answered=True, whole=False)
        connection._stop_waiting()
        connection.on_response_complete()
        connection.cycle.more_body = False
        connection._after_answer()
        clock.pass_to(KEPT_S - 0.1)
        assert not wire.is_closing()
        assert ended == []

    async def test_is_no_reason_to_wait_for_ever_for_the_next_request(
        self, clock: Clock, connection: Any, ended: list[End]
    ) -> None:
        connection.cycle = Cycle(answered=True, whole=True)
        connection._stop_waiting()
        connection.on_response_complete()
        connection.data_received(b"GET / HTT")
        clock.pass_to(HEAD_TIMEOUT_S)
        assert ended == ["slow_sender"]

    async def test_has_the_rest_read_that_was_held_back(self, wire: Wire, connection: Any) -> None:
        connection.cycle = Cycle(answered=True, whole=True)
        connection.flow.pause_reading()
        connection.on_response_complete()
        assert wire.reading

    async def test_on_a_connection_that_ends_waits_for_nothing(self, clock: Clock, connection: Any) -> None:
        connection.cycle = Cycle(answered=True, whole=False)
        connection._stop_waiting()
        connection.transport.linger()
        before = clock.waiting
        connection.on_response_complete()
        assert clock.waiting == before

    async def test_that_is_under_way_comes_before_the_end(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.cycle = Cycle(answered=False, whole=True)
        clock.pass_to(HEAD_TIMEOUT_S)
        assert not wire.is_closing()
        assert not connection.cycle.keep_alive
        assert ended == []

    async def test_to_a_body_that_never_ends_is_not_waited_for(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        connection.cycle = Cycle(answered=False, whole=False)
        clock.pass_to(HEAD_TIMEOUT_S)
        assert wire.is_closing()
        assert ended == ["slow_sender"]


class TestTheCount:
    async def test_goes_up_and_down(self, connection: Any, counted: Connections) -> None:
        assert (counted.open, counted.silent) == (1, 1)
        connection.data_received(BEGUN)
        assert (counted.open, counted.silent) == (1, 0)
        connection.connection_lost(None)
        assert counted.open == 0

    @pytest.mark.parametrize(("answered", "why"), [(True, "resting"), (False, "no_room")])
    async def test_knows_who_rests(
        self, make: Callable[[Wire], Any], ended: list[End], *, answered: bool, why: End
    ) -> None:
        wires = [Wire() for _ in range(CONNECTIONS_MAX)]
        for wire in wires:
            known = make(wire)
            known.data_received(BEGUN)
            known.cycle = Cycle(answered=answered, whole=True)
            known.on_response_complete()
        new = Wire()
        make(new)
        assert ended == [why]
        assert [wire.closed for wire in (*wires, new)] == [answered, False, False, False, not answered]


class TestWhatIsRefused:
    async def test_has_time_to_read_why(self, clock: Clock, wire: Wire, connection: Any) -> None:
        connection.data_received(b"garbage\r\n\r\n")
        assert wire.sent[0].startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert wire.half_closed
        assert not wire.is_closing()
        clock.pass_to(LINGER_S)
        assert wire.is_closing()

    async def test_is_not_listened_to_any_more(self, wire: Wire, connection: Any) -> None:
        connection.data_received(b"garbage\r\n\r\n")
        connection.data_received(b"more garbage\r\n\r\n")
        connection.data_received(BEGUN)
        assert len(wire.sent) == 1


class TestOneWrite:
    @pytest.fixture
    def transport(self, wire: Wire, clock: Clock) -> OneWrite:
        """Of a client that sends nothing."""
        return OneWrite(wire, clock, lambda: False)  # type: ignore[arg-type] # as far as it is used

    def test_sends_in_one_piece_what_was_written_in_one_turn(
        self, transport: OneWrite, wire: Wire, clock: Clock
    ) -> None:
        transport.write(b"head")
        transport.write(b" and body")
        assert wire.sent == []
        clock.turn()
        assert wire.sent == [b"head and body"]

    def test_keeps_the_order_where_a_whole_response_follows(
        self, transport: OneWrite, wire: Wire, clock: Clock
    ) -> None:
        transport.write(b"first")
        transport.write_whole(b", second")
        clock.turn()
        assert wire.sent == [b"first, second"]

    def test_sends_nothing_where_nothing_is_held(self, transport: OneWrite, wire: Wire) -> None:
        transport.flush()
        assert wire.sent == []

    def test_sends_nothing_on_a_wire_that_closes(self, transport: OneWrite, wire: Wire, clock: Clock) -> None:
        transport.write(b"late")
        wire.close()
        transport.write_whole(b"later")
        clock.turn()
        assert wire.sent == []
        transport.write_whole(b"latest")
        assert wire.sent == []
        assert transport.is_closing()

    def test_sends_what_is_held_before_it_closes(self, transport: OneWrite, wire: Wire) -> None:
        transport.write(b"last")
        transport.close()
        assert wire.sent == [b"last"]
        assert wire.is_closing()
        assert not wire.half_closed

    def test_reads_on_while_it_lingers_and_then_closes(self, transport: OneWrite, wire: Wire, clock: Clock) -> None:
        wire.pause_reading()
        transport.write(b"last")
        transport.linger()
        assert (wire.sent, wire.half_closed, wire.reading) == ([b"last"], True, True)
        assert transport.is_closing()
        clock.pass_to(LINGER_S)
        assert wire.is_closing()

    def test_ends_at_once_what_lingers_already(self, wire: Wire, clock: Clock) -> None:
        transport = OneWrite(wire, clock, lambda: True)  # type: ignore[arg-type] # as far as it is used
        transport.close()
        assert not wire.is_closing()
        transport.close()
        assert wire.is_closing()

    @pytest.mark.parametrize("name", ["closed", "can_half_close"])
    def test_does_not_linger_where_half_a_connection_cannot_be_closed(
        self, transport: OneWrite, wire: Wire, clock: Clock, name: str
    ) -> None:
        setattr(wire, name, name == "closed")
        transport.linger()
        assert wire.is_closing()
        assert not wire.half_closed
        assert clock.waiting == 0
