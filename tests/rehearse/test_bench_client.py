"""The benchmark's client, against a real socket whose every byte the test decides."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from race_to_purchase.rehearse.bench.client import Unexpected, Walk, drive, parse
from race_to_purchase.rehearse.bench.http import Closed, Planned, moments

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/plain\r\n\r\nhello"

Answering = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answering], int]]:
    """Start a server that hands each connection to a function, in a thread of its own; its port."""
    listeners: list[socket.socket] = []

    def start(answering: Answering) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answering, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def in_pieces(connection: socket.socket) -> None:
    while connection.recv(4096):
        for byte in (OK[:10], OK[10:40], OK[40:-2], OK[-2:]):
            connection.sendall(byte)
            time.sleep(0.001)


def asked(times: int, heard: list[tuple[int, bytes]]) -> Walk:
    for _ in range(times):
        answer = yield REQUEST
        heard.append(answer)


class Once:
    """One walk, at once."""

    def __init__(self, walk: Walk) -> None:
        self.walks = [walk]

    def take(self, now_s: float) -> Walk | None:
        return self.walks.pop() if self.walks else None

    def due_s(self) -> float | None:
        return 0.0 if self.walks else None


class TestDriving:
    def test_an_answer_in_pieces_is_one_answer(self, serve: Callable[[Answering], int]) -> None:
        heard: list[tuple[int, bytes]] = []
        drive("127.0.0.1", serve(in_pieces), 1, Once(asked(3, heard)))
        assert heard == [(200, b"hello")] * 3

    def test_walks_share_the_connections_there_are(self, serve: Callable[[Answering], int]) -> None:
        heard: list[tuple[int, bytes]] = []
        source = Once(asked(2, heard))
        source.walks += [asked(2, heard) for _ in range(4)]
        drive("127.0.0.1", serve(in_pieces), 2, source)
        assert len(heard) == 10

    def test_a_connection_that_the_server_closes_while_it_is_idle_is_replaced(
        self, serve: Callable[[Answering], int]
    ) -> None:
        def once(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(OK)
            connection.close()

        heard: list[tuple[int, bytes]] = []
        now_s = time.perf_counter()
        source = Planned(lambda _: asked(1, heard), iter([now_s, now_s + 0.2, now_s + 0.4]))
        drive("127.0.0.1", serve(once), 8, source)
        assert heard == [(200, b"hello")] * 3

    def test_a_connection_that_is_closed_under_a_request_ends_it(self, serve: Callable[[Answering], int]) -> None:
        port = serve(lambda connection: connection.close())
        with pytest.raises((Unexpected, ConnectionError)):
            drive("127.0.0.1", port, 1, Once(asked(1, [])))


class TestParsing:
    @pytest.mark.parametrize("cut", [0, 10, OK.index(b"\r\n\r\n") + 3, len(OK) - 1])
    def test_what_is_not_complete_is_no_answer_yet(self, cut: int) -> None:
        assert parse(OK[:cut]) is None

    def test_status_and_body(self) -> None:
        assert parse(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n") == (201, b"")

    @pytest.mark.parametrize(
        "data",
        [
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello",
            b"SSH-2.0-OpenSSH\r\n\r\n",
            OK + OK,
        ],
    )
    def test_anything_else_ends_the_measurement(self, data: bytes) -> None:
        with pytest.raises(Unexpected):
            parse(data)


class TestPlanning:
    def test_the_same_seed_makes_the_same_plan(self) -> None:
        assert list(moments(100, 0, 5, seed=7)) == list(moments(100, 0, 5, seed=7))

    def test_a_plan_has_the_rate_that_was_asked_for(self) -> None:
        planned = list(moments(200, 10, 60, seed=1))
        assert 9_500 < len(planned) < 10_500
        assert planned == sorted(planned)
        assert planned[0] > 10
        assert planned[-1] < 60

    def test_a_planned_walk_is_told_when_it_was_meant_to_begin(self) -> None:
        meant: list[float] = []

        def walk(meant_s: float) -> Walk:
            meant.append(meant_s)
            return asked(1, [])

        source = Planned(walk, iter([1.0, 2.0]))
        assert source.take(0.9) is None
        # The server was busy until now: both are late, and that is their latency.
        assert source.take(3.0) is not None
        assert source.take(3.0) is not None
        assert source.take(3.0) is None
        assert source.due_s() is None
        assert meant == [1.0, 2.0]

    def test_a_closed_loop_ends(self) -> None:
        source = Closed(lambda _: asked(1, []), end_s=time.perf_counter() - 1)
        assert source.take(time.perf_counter()) is None
        assert source.due_s() is None
