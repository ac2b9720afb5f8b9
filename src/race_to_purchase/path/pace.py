"""Whose turn it is at a gateway: requests a second for each operation and over all, calls at a time, who goes first.

Gateways take far fewer requests than stock moves, so payments wait here and not in the gateway's refusals. Within an
operation turns are given in the order of arrival; between operations, authorizations go before captures and captures
before look-ups. Times are those of the event loop. Nothing here knows what is asked of the gateway.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Literal

import msgspec

Operation = Literal["authorize", "prepare", "capture", "void", "refund", "look_up", "payments"]

PRIORITY: tuple[Operation, ...] = ("authorize", "prepare", "capture", "void", "refund", "look_up", "payments")
"""Who goes first. What was prepared is authorized before anything new is prepared."""

SLACK_S = 0.02
"""A request may leave so much before its time, since timers come late and would lose that much each time."""

SLOWED_TO = 0.5
SLOWEST = 0.05
RECOVERED_IN_S = 20.0
PAUSE_S_MAX = 30.0
"""After a gateway's 429 nothing leaves for as long as it says (at most `PAUSE_S_MAX`), then half as much as before;
from nothing to the full pace it would be `RECOVERED_IN_S`."""


class Limits(msgspec.Struct, frozen=True):
    """What a gateway allows: requests a second over all and for each operation, and calls at a time; None: no limit."""

    per_second: float | None = None
    per_operation: float | None = None
    at_once: int | None = None


class Meter:
    """Spaces requests evenly; `waits_s` tells how long until the next one may leave."""

    def __init__(self, per_second: float) -> None:
        assert per_second > 0
        self._step_s = 1 / per_second
        self._slack_s = max(SLACK_S, self._step_s)
        self._next_s = float("-inf")

    def waits_s(self, now_s: float) -> float:
        """0 where one may leave now."""
        return max(0.0, self._next_s - self._slack_s - now_s)

    def take(self, now_s: float, pace: float) -> None:
        """One leaves, at `pace` times the full rate."""
        self._next_s = max(self._next_s, now_s) + self._step_s / pace


class Place:
    """A place in the queue of one operation, and afterwards one of the calls that may be under way."""

    __slots__ = ("number", "operation", "turn")

    def __init__(self, operation: Operation, number: int) -> None:
        self.operation: Operation = operation
        self.number = number
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Turns:
    """The queues of one gateway in this process. Every `enter` needs its `leave`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._unlimited = limits == Limits()
        self._whole = Meter(limits.per_second) if limits.per_second else None
        each = limits.per_operation
        self._each: dict[Operation, Meter] = {name: Meter(each) for name in PRIORITY} if each else {}
        self._waiting: dict[Operation, deque[Place]] = {name: deque() for name in PRIORITY}
        self._entered = dict.fromkeys(PRIORITY, 0)
        self._called = dict.fromkeys(PRIORITY, 0)
        self._paused_until_s = self._slowed_at_s = 0.0
        self._slowed_to = 1.0
        self._timer: asyncio.TimerHandle | None = None
        self.at_work = 0

    @property
    def free(self) -> bool:
        """Whether nobody ever waits here, so that no place has to be taken."""
        return self._unlimited and not self._paused_until_s

    @property
    def waiting(self) -> int:
        """How many wait for their turn, whatever they want."""
        return sum(map(len, self._waiting.values()))

    def enter(self, operation: Operation) -> Place:
        """Take the last place of a queue; its turn may have come at once."""
        self._entered[operation] += 1
        place = Place(operation, self._entered[operation])
        self._waiting[operation].append(place)
        self._give_turns()
        return place

    def leave(self, place: Place) -> None:
        """The call has ended, or whoever waited has gone."""
        if place.turn.done() and not place.turn.cancelled():
            self.at_work -= 1
        else:
            place.turn.cancel()
        self._give_turns()

    def ahead(self, place: Place) -> int:
        """How many of its queue are to be called before this one; those that gave up count until it is their turn."""
        return 0 if place.turn.done() else place.number - self._called[place.operation] - 1

    def queued(self, operation: Operation) -> int:
        """How many would be called before one that came now."""
        return self._entered[operation] - self._called[operation]

    def wait_s(self, operation: Operation, ahead: int, *, call_s: float, requests: int) -> float:
        """How long one who has so many before them may expect to wait.

        `call_s` is what a call takes, and `requests` how many each of them makes before the next can begin.
        """
        now_s = asyncio.get_running_loop().time()
        first_s = max(self._paused_until_s - now_s, self._waits_s(operation, now_s))
        pace = self.pace(now_s)
        spacing_s = [0.0]
        if self._limits.per_second:
            spacing_s.append(requests / self._limits.per_second / pace)
        if self._limits.per_operation:
            spacing_s.append(1 / self._limits.per_operation / pace)
        if self._limits.at_once:
            spacing_s.append(requests * call_s / self._limits.at_once)
        return max(0.0, first_s) + ahead * max(spacing_s)

    def slow(self, retry_after_s: float) -> None:
        """The gateway refused by its limiter: pause, then go on at half the pace and recover by and by."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._paused_until_s:  # Calls that were under way say the same again.
            return
        self._slowed_to = max(SLOWEST, self.pace(now_s) * SLOWED_TO)
        self._paused_until_s = self._slowed_at_s = now_s + min(max(retry_after_s, 0.0), PAUSE_S_MAX)

    def pace(self, now_s: float) -> float:
        """The share of the full rate at which requests leave, 1 but for a while after a refusal."""
        return min(1.0, self._slowed_to + max(0.0, now_s - self._slowed_at_s) / RECOVERED_IN_S)

    def _waits_s(self, operation: Operation, now_s: float) -> float:
        meters = (self._whole, self._each.get(operation))
        return max((meter.waits_s(now_s) for meter in meters if meter is not None), default=0.0)

    def _give_turns(self) -> None:
        """Give every turn that can be given now, and come back when the next one can."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self._limits.at_once is None or self.at_work < self._limits.at_once:
            now_s = loop.time()
            queues = [queue for queue in map(self._queue, PRIORITY) if queue]
            if not queues:
                if now_s >= self._paused_until_s:
                    self._paused_until_s = 0.0
                return
            waits = [max(self._paused_until_s - now_s, self._waits_s(queue[0].operation, now_s)) for queue in queues]
            soonest_s = min(waits)
            if soonest_s > 0:
                self._timer = loop.call_later(soonest_s, self._give_turns)
                return
            self._give(queues[waits.index(soonest_s)].popleft(), now_s)

    def _queue(self, operation: Operation) -> deque[Place]:
        """A queue without those at its head that have gone."""
        queue = self._waiting[operation]
        while queue and queue[0].turn.cancelled():
            self._called[operation] = queue.popleft().number
        return queue

    def _give(self, place: Place, now_s: float) -> None:
        pace = self.pace(now_s)
        for meter in (self._whole, self._each.get(place.operation)):
            if meter is not None:
                meter.take(now_s, pace)
        self._called[place.operation] = place.number
        self.at_work += 1
        place.turn.set_result(None)
