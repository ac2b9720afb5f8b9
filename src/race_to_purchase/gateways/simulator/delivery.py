"""Sends what the merchant is owed: signed, several at once, again and again until it is accepted.

What is owed stands in the books; here is only the schedule, which is read back from them after a start. Each event is
sent once it is durable, and once only, unless it was not accepted or a fault says otherwise. A process that is killed
after a message was accepted, and before that was written, sends it again: so does every gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
import msgspec

from race_to_purchase.gateways.simulator.clock import Clock
from race_to_purchase.gateways.simulator.signing import forged, signature
from race_to_purchase.gateways.simulator.unit_of_work import Owed

log = logging.getLogger("race.gateway")

SENDING_MAX = 64
PAUSE_S_MAX = 1.0


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the merchant listens, the secret of its signatures, and the events it wants, as patterns."""

    url: str
    secret: str
    events: tuple[str, ...] = ("*",)


class Outcome(msgspec.Struct, frozen=True):
    """How one try ended: what state the message is in now, and the status that was answered, or 0."""

    delivery: int
    state: str
    due_at: float
    tries: int
    status: int


class Delivery:
    """The schedule, and the tasks that send. All methods belong to one event loop.

    `body` reads an event as it is sent, `tell` writes how a try ended, `open_now` waits while the gateway is down.
    """

    def __init__(
        self,
        clock: Clock,
        retry_s: tuple[float, ...],
        timeout_s: float,
        *,
        body: Callable[[int], bytes],
        tell: Callable[[Outcome], Awaitable[None]],
        open_now: Callable[[], Awaitable[object]],
    ) -> None:
        self.endpoint: Endpoint | None = None
        self._clock = clock
        self._retry_s = retry_s
        self._timeout_s = timeout_s
        self._body, self._tell, self._open_now = body, tell, open_now
        self._owed: dict[int, Owed] = {}
        self._due: list[tuple[float, int]] = []
        self._held: dict[str, list[Owed]] = {}
        self._news = asyncio.Event()
        self._free = asyncio.Semaphore(SENDING_MAX)
        self._sending: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._running: asyncio.Task[None] | None = None

    def add(self, owed: Iterable[Owed]) -> None:
        """Send these when they are due."""
        for one in owed:
            self._owed[one.delivery] = one
            heapq.heappush(self._due, (one.due_at, one.delivery))
            if one.held:
                self._held.setdefault(one.subject, []).append(one)
            self._news.set()

    def look(self) -> None:
        """Look at the clock again: it was moved, or there is an endpoint now."""
        self._news.set()

    @property
    def waiting(self) -> int:
        """How many messages are still to be sent, those under way included."""
        return len(self._owed) + len(self._sending)

    def start(self) -> None:
        """Begin to send."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._timeout_s), connector=aiohttp.TCPConnector(limit=SENDING_MAX)
        )
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; what is under way may be sent again after the next start."""
        for task in (self._running, *self._sending):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if self._session is not None:
            await self._session.close()

    async def _run(self) -> None:
        while True:
            self._news.clear()
            await self._free.acquire()
            await self._open_now()
            owed = self._next()
            if owed is not None and self.endpoint is not None:
                task = asyncio.create_task(self._send(owed, self.endpoint))
                self._sending.add(task)
                task.add_done_callback(self._sent)
                continue
            self._free.release()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._news.wait()

    def _next(self) -> Owed | None:
        """What is due now, taken from the schedule, which may name a message twice."""
        while self.endpoint is not None and self._due and self._due[0][0] <= self._clock.now():
            owed = self._owed.pop(heapq.heappop(self._due)[1], None)
            if owed is not None:
                return owed
        return None

    def _pause_s(self) -> float:
        if not self._due or self.endpoint is None:
            return PAUSE_S_MAX
        return min(PAUSE_S_MAX, max(0.0, self._due[0][0] - self._clock.now()))

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._news.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a message could not be handled", exc_info=task.exception())

    async def _send(self, owed: Owed, endpoint: Endpoint) -> None:
        try:
            status = await self._post(owed, endpoint)
        finally:
            self._free.release()
        accepted = 200 <= status < 300
        tries = owed.tries + 1
        again = owed.form == "true" and not accepted and tries <= len(self._retry_s)
        due_at = self._clock.now() + (self._retry_s[tries - 1] if again else 0.0)
        state = "done" if accepted else "due" if again else "failed"
        await self._tell(Outcome(owed.delivery, state, due_at, tries, status))
        if again:
            self.add([msgspec.structs.replace(owed, due_at=due_at, tries=tries, held=False)])
        self._release(owed)

    async def _post(self, owed: Owed, endpoint: Endpoint) -> int:
        """The status that was answered; 0 where nothing was."""
        assert self._session is not None, "it was started"
        body, at = self._body(owed.event), int(self._clock.real())
        if owed.form == "true":
            header = signature(body, endpoint.secret, at)
        else:
            body, header = forged(owed.form, body, endpoint.secret, at)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": header,
            "User-Agent": "Stripe/1.0 (race-to-purchase gateway simulator)",
        }
        try:
            async with self._session.post(endpoint.url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    def _release(self, sent: Owed) -> None:
        """Let go of what waited for a later message about the same object."""
        held = self._held.pop(sent.subject, [])
        later = [one for one in held if one.event > sent.event]
        if later:
            self._held[sent.subject] = later
        for one in held:
            if one.event < sent.event and one.delivery in self._owed:
                heapq.heappush(self._due, (self._clock.now(), one.delivery))
                self._news.set()
