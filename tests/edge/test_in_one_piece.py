"""The usual answer leaves in one piece, past ASGI: nobody outside can tell, and what is not usual goes by ASGI."""

import socket
from typing import Any

import pytest

from race_to_purchase.edge import reply
from race_to_purchase.edge.whole import write_whole
from tests.edge.shop import STOREFRONT_KEY, Server
from tests.edge.wire import TIMEOUT_S, exchange, split

WISH = b'{"drop":"aurora","lines":[{"item":"none","quantity":1}],"buyer":{"id":"ada"}}'
MISSING = b"/v1/checkouts/0190f0a0-0000-7000-8000-000000000000"


def request(method: bytes, path: bytes, body: bytes = b"", *lines: bytes) -> bytes:
    """A request as bytes, under an id of its own, so that it gets the same answer each time."""
    given = [
        b"%b %b HTTP/1.1" % (method, path),
        b"host: shop",
        b"authorization: Bearer " + STOREFRONT_KEY.encode(),
        b"content-type: application/json",
        b"idempotency-key: one",
        b"x-request-id: asked-once",
        b"content-length: %d" % len(body),
        *lines,
    ]
    return b"\r\n".join(given) + b"\r\n\r\n" + body


def answers(port: int, sent: bytes, number: int = 1) -> list[bytes]:
    """So many whole responses to these bytes, on a connection that stays open."""
    received, found = b"", []
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(sent)
        while len(found) < number:
            head, blank, body = received.partition(b"\r\n\r\n")
            length = int(split(received).headers["content-length"]) if blank else 0
            if blank and len(body) >= length:
                found.append(head + blank + body[:length])
                received = body[length:]
            else:
                received += connection.recv(65536)
    return found


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each answer left in one piece."""
    seen: list[bool] = []

    def watched(*given: Any) -> bool:
        seen.append(write_whole(*given))
        return seen[-1]

    monkeypatch.setattr(reply, "write_whole", watched)
    return seen


def lines(received: bytes) -> tuple[list[bytes], bytes]:
    """Status line and headers in some order, but for the time of day, and the body."""
    head, _, body = received.partition(b"\r\n\r\n")
    return sorted(line for line in head.split(b"\r\n") if not line.startswith(b"date: ")), body


@pytest.mark.parametrize(
    "asked",
    [request(b"GET", b"/healthz"), request(b"GET", MISSING), request(b"POST", b"/v1/checkouts", WISH)],
    ids=["success", "problem", "with a body"],
)
def test_an_answer_in_one_piece_is_the_same_as_by_asgi(
    asked: bytes, server: Server, pieces: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = answers(server.port, asked)
    assert pieces == [True]
    monkeypatch.setattr(reply, "write_whole", lambda *_: False)
    assert lines(whole) == lines(*answers(server.port, asked))


def test_answers_on_one_connection_keep_their_order(server: Server, pieces: list[bool]) -> None:
    asked = [request(b"GET", path) for path in (MISSING, b"/healthz", MISSING)]
    told = answers(server.port, b"".join(asked), 3)
    assert ([split(one).status for one in told], pieces) == ([404, 200, 404], [True, True, True])


def test_the_head_alone_is_asked_for_by_asgi(server: Server, pieces: list[bool]) -> None:
    received = exchange(server.port, request(b"HEAD", b"/healthz"))
    assert received.endswith(b"\r\n\r\n")
    assert pieces == [False]


def test_the_last_answer_of_a_connection_goes_by_asgi(server: Server, pieces: list[bool]) -> None:
    received = exchange(server.port, request(b"GET", b"/healthz", b"", b"connection: close"), end=False)
    assert b"connection: close" in received
    assert pieces == [False]


def test_an_answer_before_the_end_of_its_request_goes_by_asgi(server: Server, pieces: list[bool]) -> None:
    asked = request(b"POST", b"/v1/checkouts", b"{").replace(b"content-length: 1\r\n", b"content-length: 1000\r\n")
    assert exchange(server.port, asked.replace(b"/json", b"/pdf"), end=False).startswith(b"HTTP/1.1 415")
    assert pieces == [False]
