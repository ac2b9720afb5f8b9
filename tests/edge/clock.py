"""A clock and a wire for one connection: time passes where the test says so, and what was sent can be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


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
