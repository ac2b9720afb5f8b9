"""Clients that send nothing, too slowly, or do not read: they cost little, and the others are served."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from race_to_purchase.edge import protocol
from race_to_purchase.edge.guard.connections import Connection, Connections, End
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.guard import ConnectionEnded
from tests.edge.conftest import opened
from tests.edge.shop import Server, Shop

CLIENTS_MAX = 40


class Fake(Connection):
    """Remembers that it was ended."""

    def __init__(self) -> None:
        self.ended = False

    def end(self) -> None:
        self.ended = True


class TestTooManyConnections:
    def test_end_the_oldest_silent_one(self) -> None:
        connections = Connections(8)
        all_of_them = [Fake() for _ in range(5)]
        for one in all_of_them:
            connections.made(one)
        assert [one.ended for one in all_of_them] == [True, True, True, False, False]
        assert connections.silent == 2

    @pytest.mark.parametrize("most", [1, 3])
    def test_that_are_very_few_may_still_be_silent_for_a_moment(self, most: int) -> None:
        """A quarter of three would be none, and nobody could ever begin a request."""
        connections = Connections(most)
        first = Fake()
        connections.made(first)
        assert not first.ended

    def test_end_a_silent_one_before_one_that_rests(self) -> None:
        connections = Connections(8)
        known = [Fake() for _ in range(7)]
        for one in known:
            connections.made(one)
            connections.spoke(one)
            connections.rests(one)
        silent = [Fake() for _ in range(2)]
        for one in silent:
            connections.made(one)
        assert [one.ended for one in silent] == [True, False]
        assert not any(one.ended for one in known)

    def test_do_not_end_one_that_is_at_work(self) -> None:
        connections = Connections(4)
        working = [Fake() for _ in range(4)]
        for one in working:
            connections.made(one)
            connections.spoke(one)
        late = Fake()
        connections.made(late)
        assert late.ended
        assert not any(one.ended for one in working)

    def test_end_the_one_that_rests_longest_before_they_refuse_a_new_one(self) -> None:
        connections = Connections(4)
        known = [Fake() for _ in range(4)]
        for one in known:
            connections.made(one)
            connections.spoke(one)
        connections.rests(known[2])
        connections.rests(known[1])
        new = Fake()
        connections.made(new)
        assert [one.ended for one in (*known, new)] == [False, False, True, False, False]

    def test_are_counted_down_when_they_are_lost(self) -> None:
        connections = Connections(4)
        for _ in range(100):
            one = Fake()
            connections.made(one)
            connections.lost(one)
        assert (connections.open, connections.silent) == (0, 0)


@contextmanager
def crowded() -> Iterator[tuple[Server, list[End]]]:
    """A server that takes few connections, and why it has ended some."""
    ended: list[End] = []
    ends = subscribe(lambda event: ended.append(event.ended), ConnectionEnded)
    shop = Shop()
    try:
        with opened(shop, clients_max=CLIENTS_MAX) as server:
            yield server, ended
    finally:
        ends()


def until_closed(connection: socket.socket) -> bytes:
    """What comes before the other side ends the connection."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def test_connections_that_send_nothing_throw_out_each_other_and_the_rest_is_served() -> None:
    with crowded() as (server, ended), ExitStack() as stack, server.client() as person:
        assert person.ask("GET", "/healthz").status == 200
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 20)) for _ in range(200)]
        assert person.ask("GET", "/healthz").status == 200
        with server.client() as newcomer:
            assert newcomer.ask("GET", "/healthz").status == 200
        assert until_closed(idle[0]) == b""
        assert ended.count("silent") >= 200 - CLIENTS_MAX // 4
        assert set(ended) == {"silent"}


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.2)
    with crowded() as (server, ended), socket.create_connection(("127.0.0.1", server.port), 20) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        assert until_closed(slow) == b""
        assert ended == ["slow_sender"]


def test_an_answer_that_is_not_read_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "READ_TIMEOUT_S", 0.2)
    with crowded() as (server, ended), socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(20)
        deaf.connect(("127.0.0.1", server.port))
        for _ in range(400):
            deaf.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n")
            if ended:
                break
        deadline = time.monotonic() + 20
        while not ended and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ended == ["slow_reader"]
        with server.client() as person:
            assert person.ask("GET", "/healthz").status == 200
