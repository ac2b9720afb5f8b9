"""What waits to be decided in one partition: two lanes, a bound on one of them, and no timer.

Commands that follow a gateway call go first and are never refused, shed or dropped: money has moved, or may have.
The others wait within a bound, and are dropped unseen when nobody waits for their answer any more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

from race_to_purchase.errors import Overloaded
from race_to_purchase.observe.request import CAUSE
from race_to_purchase.rules.commands import URGENT, Command
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Outcome

Alive = Callable[[], bool]
"""Whether somebody still waits for the answer."""

_URGENT = frozenset(URGENT)


class Waiting:
    """One command and whoever waits for its outcome."""

    __slots__ = ("alive", "cause", "command", "future", "key", "since_s", "urgent")

    def __init__(
        self, command: Command, key: KeyUse | None, alive: Alive | None, future: asyncio.Future[Outcome]
    ) -> None:
        self.command = command
        self.key = key
        self.alive = alive
        self.future = future
        self.urgent = type(command) in _URGENT
        self.cause = CAUSE.get()
        self.since_s = monotonic()

    def answer(self, outcome: Outcome) -> None:
        """Tell who waits, unless nobody does."""
        if not self.future.done():
            self.future.set_result(outcome)

    def fail(self, error: BaseException) -> None:
        """Tell who waits that the command was not carried out."""
        if not self.future.done():
            self.future.set_exception(error)


class Lanes:
    """The two queues of one partition."""

    def __init__(self, waiting_max: int) -> None:
        self.waiting_max = waiting_max
        self._urgent: deque[Waiting] = deque()
        self._patient: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._patient)

    def put(self, waiting: Waiting) -> None:
        """Queue it; Overloaded where the patient lane is full."""
        if waiting.urgent:
            self._urgent.append(waiting)
        elif len(self._patient) >= self.waiting_max:
            raise Overloaded
        else:
            self._patient.append(waiting)

    def put_back(self, batch: list[Waiting]) -> None:
        """Return urgent commands of a batch that was not committed to the head of their lane, in their order."""
        self._urgent.extendleft(waiting for waiting in reversed(batch) if waiting.urgent)

    def take(self, limit: int) -> list[Waiting]:
        """The next batch, urgent first, without those whose caller has gone."""
        batch: list[Waiting] = []
        while self._urgent and len(batch) < limit:
            batch.append(self._urgent.popleft())
        while self._patient and len(batch) < limit:
            waiting = self._patient.popleft()
            if not waiting.future.done() and (waiting.alive is None or waiting.alive()):
                batch.append(waiting)
            else:
                waiting.future.cancel()
        return batch

    def fail_patient(self, error: BaseException) -> None:
        """Answer everybody in the patient lane with an error, so that they can try elsewhere."""
        while self._patient:
            self._patient.popleft().fail(error)
