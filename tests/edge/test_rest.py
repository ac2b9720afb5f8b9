"""A connection that rests is ended after its time, by one timer however often it was at work meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from race_to_purchase.edge.protocol import BoundedProtocol
from tests.edge.shop import Server, Shop

KEPT_S = 30.0
ASKED = b"GET /healthz HTTP/1.1\r\nhost: shop\r\n\r\n"


class Clock:
    """A loop as far as a rest needs one; time passes where the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.set_in_all = 0

    def time(self) -> float:
        """The time."""
        return self.now_s

    def call_later(self, delay_s: float, call: Callable[[], None]) -> SimpleNamespace:
        """Call at that time."""
        self.set_in_all += 1
        self.timers.append((self.now_s + delay_s, call))
        return SimpleNamespace(cancel=lambda: None)

    def pass_to(self, then_s: float) -> None:
        """Let time pass."""
        while any(at_s <= then_s for at_s, _ in self.timers):
            due = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove(due)
            self.now_s = due[0]
            due[1]()
        self.now_s = then_s


@pytest.fixture
def clock() -> Clock:
    """At zero."""
    return Clock()


@pytest.fixture
def connection(clock: Clock) -> Any:
    """A connection, as far as it rests; `ended` says whether it was closed."""
    made: Any = BoundedProtocol.__new__(BoundedProtocol)
    made.loop, made.timeout_keep_alive, made.ended = clock, KEPT_S, False
    made.timeout_keep_alive_handler = lambda: setattr(made, "ended", True)
    return made


def test_it_ends_after_its_time_and_not_before(clock: Clock, connection: Any) -> None:
    connection._rest()
    clock.pass_to(KEPT_S - 0.1)
    assert not connection.ended
    clock.pass_to(KEPT_S)
    assert connection.ended


def test_what_is_at_work_when_the_timer_is_due_goes_on(clock: Clock, connection: Any) -> None:
    connection._rest()
    clock.pass_to(20.0)
    connection._unset_keepalive_if_required()
    clock.pass_to(100.0)
    assert not connection.ended
    connection._rest()
    clock.pass_to(100.0 + KEPT_S)
    assert connection.ended


def test_its_time_begins_with_the_last_answer(clock: Clock, connection: Any) -> None:
    connection._rest()
    clock.pass_to(20.0)
    connection._unset_keepalive_if_required()
    connection._rest()
    clock.pass_to(20.0 + KEPT_S - 0.1)
    assert not connection.ended
    clock.pass_to(20.0 + KEPT_S)
    assert connection.ended


def test_requests_set_no_timers(clock: Clock, connection: Any) -> None:
    for number in range(1000):
        clock.pass_to(number * 0.01)
        connection._rest()
        connection._unset_keepalive_if_required()
    assert clock.set_in_all == 1


async def test_over_http_it_is_kept_and_then_ended(shop: Shop) -> None:
    def ask_twice_and_wait() -> list[bytes]:
        with (
            Server(shop.app, keep_alive_s=1) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
        ):
            answers = []
            for _ in range(2):
                connection.sendall(ASKED)
                answers.append(connection.recv(4096)[:12])
            return [*answers, connection.recv(4096)]

    assert await asyncio.to_thread(ask_twice_and_wait) == [b"HTTP/1.1 200", b"HTTP/1.1 200", b""]
