"""A client that goes away is noticed: what nobody waits for is not begun."""

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Message

from race_to_purchase.edge.connection import alive, arrived
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.http import RequestAnswered
from race_to_purchase.path.purchase import Purchase
from tests.edge.shop import Server, Shop
from tests.edge.untouched.test_bad_input import BODY, head
from tests.edge.wire import split


class HeldPurchase(Purchase):
    """Reserves only after `go`, and tells through `came` that somebody asked."""

    came: threading.Event
    go: Any
    asked: list[Any]

    async def reserve(self, request: Any, key: Any = None, alive: Any = None) -> Any:
        self.asked.append(alive)
        self.came.set()
        await self.go.wait()
        return await super().reserve(request, key, alive)


@pytest.fixture
def held(shop: Shop) -> Iterator[HeldPurchase]:
    """The shop's purchase, held back."""
    import asyncio

    held = shop.purchase
    held.__class__ = HeldPurchase
    assert isinstance(held, HeldPurchase)
    held.came, held.go, held.asked = threading.Event(), asyncio.Event(), []
    return held


def test_a_reservation_is_not_made_for_somebody_who_has_gone(
    held: HeldPurchase, shop: Shop, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head(content_length=str(len(BODY))) + BODY)
        assert held.came.wait(20)
        (is_alive,) = held.asked
        assert server.do(is_alive) is True
    while server.do(is_alive):
        pass
    told: list[RequestAnswered] = []
    end = subscribe(told.append, RequestAnswered)
    with caplog.at_level(logging.WARNING):
        server.do(held.go.set)
        state = server.do(lambda: shop.catalogue.drop("aurora-1"))
    assert [(pool.held, pool.sold) for pool in state.pools.values()] == [(0, 0)]
    assert caplog.records == []
    while not told:
        server.do(lambda: None)
    end()
    assert [(one.route, one.answer) for one in told] == [("reserve", "gone")], "it is no failure of the shop"


def test_a_reservation_is_made_for_somebody_who_waits(held: HeldPurchase, server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head(content_length=str(len(BODY))) + BODY)
        assert held.came.wait(20)
        server.do(held.go.set)
        assert connection.recv(100).startswith(b"HTTP/1.1 201")


def test_a_request_that_a_stopping_server_cannot_finish_is_told_to_come_again(held: HeldPurchase, shop: Shop) -> None:
    with (
        Server(shop.app, grace_s=1) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
    ):
        connection.sendall(head(content_length=str(len(BODY))) + BODY)
        assert held.came.wait(20)
        server.begin_stop()
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    answer = split(received)
    assert (answer.problem, answer.headers["retry-after"]) == ((503, "stopping"), "1")


class Came:
    """A request as uvicorn keeps it, whose body is here."""

    def __init__(self, *, more_body: bool = False, disconnected: bool = False) -> None:
        self.body, self.more_body, self.disconnected = bytearray(b"{}"), more_body, disconnected

    async def receive(self) -> Message:
        raise AssertionError("nobody was to ask for what is here")


def test_a_body_is_taken_that_is_here_whole_and_that_somebody_waits_for() -> None:
    assert arrived(Came().receive) == b"{}"
    assert arrived(Came(more_body=True).receive) is None
    assert arrived(Came(disconnected=True).receive) is None


async def test_a_server_that_does_not_say_counts_as_connected() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    assert alive(receive)()
    assert arrived(receive) is None


def test_an_answer_that_cannot_be_sent_is_told_of_and_ends_its_trace(shop: Shop, server: Server) -> None:
    told: list[RequestAnswered] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None:
        raise ConnectionResetError

    async def ask() -> None:
        app = shop.app()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/healthz",
            "headers": [],
            "query_string": b"",
            "client": None,
        }
        with pytest.raises(ConnectionResetError):
            await app(scope, receive, send)

    end = subscribe(told.append, RequestAnswered)
    server.do(ask)
    end()
    assert [(one.route, one.answer) for one in told] == [("healthz", "gone")]
