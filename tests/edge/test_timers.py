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
)
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.guard import ConnectionEnded
from tests.edge.clock import Clock, Wire

KEPT_S = 2 * BODY_TIMEOUT_S
CONNECTIONS_MAX = 4
BEGUN = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n"


class Cycle:
    """A request as far as the end of its connection needs it."""

    keep_alive = True

    def __init__(self, *, answered: bool, whole: bool) -> None:
        self.response_complete = answered
        self.more_body = not whole
        self.disconnected = False
        self.message_event = asyncio.Event()


@pytest.fixture
def counted() -> Connections:
    return Connections(CONNECTIONS_MAX)


@pytest.fixture
def make(clock: Clock, counted: Connections) -> Callable[[Wire], Any]:
    """Makes a connection over a wire."""
    config = uvicorn.Config(lambda *_: None, interface="asgi3", log_config=None, timeout_keep_alive=int(KEPT_S))
    kind = type(
        "CountedProtocol", (BoundedProtocol,), {"counted_in": counted, "told": staticmethod(lambda answer, _: answer)}
    )

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


def answer(connection: Any, *, whole: bool) -> None:
    """A request is answered, whose body is there to its end or not."""
    connection.cycle = Cycle(answered=True, whole=whole)
    connection._stop_waiting()
    connection.on_response_complete()


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
        answer(connection, whole=True)
        clock.pass_to(KEPT_S - 0.1)
        assert not wire.is_closing()
        clock.pass_to(KEPT_S)
        assert wire.is_closing()
        assert ended == []

    async def test_that_came_before_the_end_of_the_body_gives_it_some_time(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        answer(connection, whole=False)
        clock.pass_to(BODY_TIMEOUT_S)
        assert connection.transport.lingering
        assert ended == ["slow_sender"]
        clock.pass_to(BODY_TIMEOUT_S + LINGER_S)
        assert wire.is_closing()

    async def test_whose_body_came_to_its_end_rests_like_any_other(
        self, clock: Clock, wire: Wire, connection: Any, ended: list[End]
    ) -> None:
        answer(connection, whole=False)
        connection.cycle.more_body = False
        connection._after_answer()
        clock.pass_to(KEPT_S - 0.1)
        assert not wire.is_closing()
        assert ended == []

    async def test_is_no_reason_to_wait_for_ever_for_the_next_request(
        self, clock: Clock, connection: Any, ended: list[End]
    ) -> None:
        answer(connection, whole=True)
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
