"""A gateway as the path uses it: the same port, with a queue before it, a circuit breaker, and counters.

    enter(key) ──► wait_s(key) ──► turn(key) ──► prepare or authorize ──► counted
                       └─ what the reservation's deadline is extended by

Whoever wants to pay enters the queue before the payment is begun, so that the deadline can count the wait in. Every
other call takes its turn by itself. While the breaker is open nothing new is authorized; what has been begun, and
captures, voids, refunds and look-ups, go on. Nothing is ever sent twice to be quicker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from functools import partial

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.gateways import BreakerTurned, GatewayAnswered, Said
from race_to_purchase.path.breaker import Breaker, BreakerRule
from race_to_purchase.path.counted import Counted, Counters
from race_to_purchase.path.pace import Limits, Operation, Place, Turns
from race_to_purchase.ports import Gateway, GatewayPayment, PaymentRequest
from race_to_purchase.rules import verdicts
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.verdicts import NoAnswer, NotSent, Prepared, Verdict

NO_LIMITS = Limits()
USUAL = BreakerRule()
Ask = Callable[[], Awaitable[Verdict]]

GIVEN_UP = NoAnswer("its caller waited no longer")

_SAID: dict[type[Verdict], Said] = {
    verdicts.Prepared: "prepared",
    verdicts.Authorized: "authorized",
    verdicts.Declined: "declined",
    verdicts.ActionRequired: "action_required",
    verdicts.Captured: "captured",
    verdicts.CaptureRefused: "capture_refused",
    verdicts.Voided: "voided",
    verdicts.Refunded: "refunded",
    verdicts.RefundPending: "refund_pending",
    verdicts.RefundFailed: "refund_failed",
    verdicts.Absent: "absent",
    verdicts.NoAnswer: "no_answer",
    verdicts.NotSent: "not_sent",
}


class PacedGateway:
    """See the module, and `ports.Gateway`. All methods belong to one event loop."""

    def __init__(self, gateway: Gateway, limits: Limits = NO_LIMITS, breaker: BreakerRule = USUAL) -> None:
        self.name = gateway.name
        self.separate_capture = gateway.separate_capture
        self.two_step = gateway.two_step
        self._gateway = gateway
        self._first: Operation = "prepare" if gateway.two_step else "authorize"
        self._turns = Turns(limits)
        self._breaker = Breaker(breaker)
        self._counters = Counters()
        self._places: dict[str, Place] = {}

    @property
    def open(self) -> bool:
        """Whether something new may be begun here now, as far as the circuit breaker is concerned."""
        return not self._breaker.refuses(asyncio.get_running_loop().time())

    @property
    def pause_s(self) -> float:
        """How long the circuit breaker lets nothing new be begun, from now; 0 where it is not open."""
        return self._breaker.pause_s(asyncio.get_running_loop().time())

    def enter(self, key: str) -> None:
        """Queue for the first call of the payment that will be made under `key`. Needs a `prepare`, an `authorize` or
        a `leave` afterwards."""
        if not self._turns.free and key not in self._places:
            self._places[key] = self._turns.enter(self._first)

    def leave(self, key: str) -> None:
        """Give up the place, if there is one."""
        place = self._places.pop(key, None)
        if place is not None:
            self._turns.leave(place)

    async def turn(self, key: str) -> None:
        """Wait until the payment under `key` may be sent; at once where it has no place."""
        place = self._places.get(key)
        if place is not None:
            # Whoever waits no longer gives the place up by `leave`, and not for others who may wait for it, too.
            await asyncio.shield(place.turn)

    def position(self, key: str) -> int | None:
        """1 for the next one to be sent; None where this process has nothing queued under `key`, or its turn came."""
        place = self._places.get(key)
        return None if place is None or place.turn.done() else self._turns.ahead(place) + 1

    def wait_s(self, key: str | None = None) -> float:
        """How long until the payment under `key` is sent, by estimate; without one, a payment that came now."""
        place = None if key is None else self._places.get(key)
        if (key is not None and place is None) or (place is not None and place.turn.done()) or self._turns.free:
            return 0.0
        ahead = self._turns.ahead(place) if place is not None else self._turns.queued(self._first)
        requests = 2 if self.two_step else 1
        return self._turns.wait_s(self._first, ahead, call_s=self._counters.mean_s, requests=requests)

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """See the port."""
        place = self._places.pop(request.key, None)
        return await self._call("prepare", partial(self._gateway.prepare, request), place, new=True)

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port. A payment that was prepared goes on whatever the breaker says."""
        place = self._places.pop(request.key, None)
        return await self._call("authorize", partial(self._gateway.authorize, request, ref), place, new=ref is None)

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port."""
        return await self._call("look_up", partial(self._gateway.look_up, request, ref))

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port."""
        return await self._call("capture", partial(self._gateway.capture, ref, amount, key))

    async def void(self, ref: str, key: str) -> Verdict:
        """See the port."""
        return await self._call("void", partial(self._gateway.void, ref, key))

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port."""
        return await self._call("refund", partial(self._gateway.refund, ref, amount, key))

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        """See the port."""
        return await self._call("look_up", partial(self._gateway.look_up_refund, ref, key))

    def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        """See the port. A list is not paced by the request: adapters ask for large pages."""
        return self._gateway.payments(since, until)

    async def reference_of(self, ref: str) -> str | None:
        """See the port. It is asked for so rarely that it is not paced."""
        return await self._gateway.reference_of(ref)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """See the port."""
        return self._gateway.verify_webhook(headers, body)

    def counted(self) -> Counted:
        """What this process has seen of the gateway so far."""
        now_s = asyncio.get_running_loop().time()
        return Counted(
            self.name,
            dict(self._counters.authorizations),
            dict(self._counters.declines),
            self._counters.latency(),
            self._breaker.state(now_s),
            self._turns.waiting,
            self._turns.at_work,
            round(self._turns.pace(now_s), 3),
        )

    def _call(
        self, operation: Operation, ask: Ask, place: Place | None = None, new: bool = False
    ) -> Coroutine[None, None, Verdict]:
        if place is None and self._turns.free:
            return self._ask(operation, ask, new)
        return self._in_turn(operation, ask, place, new)

    async def _in_turn(self, operation: Operation, ask: Ask, place: Place | None, new: bool) -> Verdict:
        """Ask when the turn has come, and give the turn back."""
        place = place or self._turns.enter(operation)
        try:
            await place.turn
            return await self._ask(operation, ask, new)
        finally:
            self._turns.leave(place)

    async def _ask(self, operation: Operation, ask: Ask, new: bool) -> Verdict:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        if new and (pause_s := self._breaker.let_through(began_s)):
            return NotSent(f"the circuit breaker of {self.name} is open", pause_s)
        verdict: Verdict = GIVEN_UP
        try:
            verdict = await ask()
            return verdict
        finally:
            # Also where the caller's time-out ends the call: that is how most gateways fail.
            self._saw(operation, verdict, began_s, loop.time())

    def _saw(self, operation: Operation, verdict: Verdict, began_s: float, now_s: float) -> None:
        failed = isinstance(verdict, NoAnswer) or (isinstance(verdict, NotSent) and not verdict.limited)
        before = self._breaker.closed
        self._breaker.saw(failed=failed, began_s=began_s, now_s=now_s)
        if self._breaker.closed != before:
            emit(BreakerTurned(self.name, before))
        if isinstance(verdict, NotSent) and verdict.limited:
            self._turns.slow(verdict.retry_after_s)
        code = getattr(verdict, "code", "")
        told = GatewayAnswered(self.name, operation, _SAID[type(verdict)], code, now_s - began_s)
        if operation == "authorize" or (operation == "prepare" and not isinstance(verdict, Prepared)):
            self._counters.authorization(told)
        emit(told)
