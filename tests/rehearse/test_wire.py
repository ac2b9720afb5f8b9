"""The crowd's HTTP, against a real socket whose every byte the test decides."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from race_to_purchase.rehearse.crowd.wire import Foreign, Lost, Reply, Wire, parse

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers each request with `answer(request)`; None closes the connection without a word."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.closes_after = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                request = head + await reader.readexactly(length)
                self.requests.append(request)
                answer = self.answer(request)
                if answer is None:
                    break
                writer.write(answer)
                if len(self.requests) == self.closes_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def served(
    answer: Callable[[bytes], bytes | None], connections_max: int = 4
) -> AsyncIterator[tuple[Server, Wire]]:
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    wire = Wire("127.0.0.1", server.port, "secret", connections_max)
    try:
        yield server, wire
    finally:
        wire.close()
        listener.close()


async def test_a_request_carries_key_and_body_and_its_connection_is_kept() -> None:
    async with served(lambda _: OK) as (server, wire):
        for _ in range(3):
            assert await wire.ask("POST", "/v1/checkouts", "key-1", b'{"a":1}') == Reply(200, b"{}")
    assert server.connections == 1
    assert server.requests[0].startswith(b"POST /v1/checkouts HTTP/1.1\r\n")
    assert b"authorization: Bearer secret\r\n" in server.requests[0]
    assert b"idempotency-key: key-1\r\n" in server.requests[0]
    assert server.requests[0].endswith(b'\r\n\r\n{"a":1}')


async def test_more_requests_than_connections_take_turns() -> None:
    async with served(lambda _: OK, connections_max=3) as (server, wire):
        replies = await asyncio.gather(*(wire.ask("GET", "/", None, b"") for _ in range(50)))
    assert {reply.status for reply in replies} == {200}
    assert (server.connections, len(server.requests)) == (3, 50)


async def test_a_connection_that_was_closed_while_idle_is_replaced_unnoticed() -> None:
    turns = iter([OK, None, OK])
    async with served(lambda _: next(turns)) as (server, wire):
        await wire.ask("GET", "/", None, b"")
        assert (await wire.ask("GET", "/", None, b"")).status == 200
    assert (server.connections, len(server.requests)) == (2, 3)


async def test_a_fresh_connection_that_is_closed_without_a_word_is_a_lost_answer() -> None:
    async with served(lambda _: None) as (_, wire):
        with pytest.raises(Lost):
            await wire.ask("POST", "/", "key", b"{}")


async def test_half_an_answer_is_a_lost_answer() -> None:
    """What was half said must not be asked for again in silence, on a kept connection either."""
    turns = iter([OK, OK[:-1]])
    async with served(lambda _: next(turns)) as (server, wire):
        server.closes_after = 2
        await wire.ask("GET", "/", None, b"")
        with pytest.raises(Lost):
            await wire.ask("GET", "/", None, b"")
    assert len(server.requests) == 2


async def test_hanging_up_sends_the_request_and_reads_no_answer() -> None:
    arrived = asyncio.Event()
    async with served(lambda _: arrived.set()) as (server, wire):
        server.answer = lambda _: arrived.set() or b""
        with pytest.raises(Lost):
            await wire.ask("POST", "/", "key", b"{}", hang_up_s=0.05)
        await asyncio.wait_for(arrived.wait(), 10)
        server.answer = lambda _: OK
        assert (await wire.ask("POST", "/", "key", b"{}")).status == 200
    assert server.connections == 2


async def test_no_server_is_a_lost_answer_and_frees_its_place() -> None:
    async with served(lambda _: OK, connections_max=1) as (_, wire):
        pass
    for _ in range(3):
        with pytest.raises(Lost, match="no connection"):
            await wire.ask("GET", "/", None, b"")


async def test_what_is_not_our_http_is_named() -> None:
    async with served(lambda _: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n") as (_, wire):
        with pytest.raises(Foreign, match="chunked"):
            await wire.ask("GET", "/", None, b"")


@pytest.mark.parametrize("cut", range(len(OK)))
def test_an_answer_may_arrive_in_any_pieces(cut: int) -> None:
    assert parse(OK[:cut]) is None


def test_an_answer_tells_when_to_come_back() -> None:
    raw = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"
    assert parse(raw) == Reply(503, b"", 2.0)


def test_a_header_is_not_looked_for_in_the_body() -> None:
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n\r\nretry-after: 9"
    assert parse(raw) == Reply(200, b"\r\nretry-after: 9", None)
