"""The payment gateway of a simulation: books of its own, and a wire to it on which everything can happen.

Its books keep to what real gateways promise: a key makes one payment however often it is sent, what is voided cannot be
captured, and what it did stays done, whoever asked for it and whether or not they ever heard of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from race_to_purchase.ports import GatewayPayment, PaymentRequest
from race_to_purchase.rehearse.world.parts import Process, World
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    Verdict,
    Voided,
)

NAME = "simulated"

LATE_S = (5.0, 55.0)
"""How long a request may be under way whose sender has given it up; shorter than `waiting.NEVER_RECEIVED_AFTER`."""

SLOW_S = (8.0, 16.0)
"""How long an answer may take: around the time that a process waits for it."""

State = Literal["authorized", "action_required", "declined", "captured", "voided", "refused"]

_LISTED: dict[State, Literal["open", "authorized", "captured", "voided", "declined"]] = {
    "action_required": "open",
    "authorized": "authorized",
    "refused": "voided",
    "captured": "captured",
    "voided": "voided",
    "declined": "declined",
}


class Payment(msgspec.Struct):
    """A payment as the gateway has it; amounts in minor units, times in seconds of the world."""

    ref: str
    request: PaymentRequest
    made_at: datetime
    state: State
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    decline_code: str = ""
    acts_at_s: float = 0.0
    """When the buyer has done what the gateway wants of them first."""
    lapses_at_s: float = 0.0

    @property
    def checkout_id(self) -> str:
        """The checkout that it was made for."""
        return self.request.reference.split("/")[0]


class Books:
    """What the gateway has done. Every method is one moment; none of them can fail."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Verdict] = {}

    def authorize(self, request: PaymentRequest) -> Verdict:
        """The payment of that key, made now or before."""
        payment = self.payments.get(request.key)
        if payment is None:
            payment = self.payments[request.key] = self._made(request)
            self._world.did_at_gateway("authorize", payment)
        elif payment.request != request:
            self._world.violated("gateway_key_reused", request.reference, "its key came with another request")
        return self._first_answer(payment)

    def _made(self, request: PaymentRequest) -> Payment:
        world = self._world
        ref = f"pay_{request.key}"
        made_at = world.database.now()
        if request.method == "pm_declined" or world.chance.random() < world.plan.decline_rate:
            code = world.pick(("card_declined", "insufficient_funds", "try_again_later"))
            return Payment(ref, request, made_at, "declined", decline_code=code)
        lapses_at_s = world.loop.now_s + (world.between(20, 400) if request.method == "pm_short" else 7 * 86_400)
        payment = Payment(ref, request, made_at, "authorized", authorized=request.amount, lapses_at_s=lapses_at_s)
        if request.method == "pm_partial":
            payment.authorized = request.amount // 2
        elif request.method == "pm_3ds":
            payment.state = "action_required"
            payment.acts_at_s = world.loop.now_s + world.between(1, 60)
        return payment

    def _first_answer(self, payment: Payment) -> Verdict:
        if payment.state == "declined":
            return _declined(payment)
        if payment.state == "action_required":
            return ActionRequired(payment.ref, f"https://bank.example/{payment.ref}")
        return self._authorized(payment)

    def _authorized(self, payment: Payment) -> Verdict:
        left = timedelta(seconds=payment.lapses_at_s - self._world.loop.now_s)
        return Authorized(payment.ref, payment.authorized, self._world.database.now() + left)

    def look_up(self, key: str) -> Verdict:
        """How the payment of that key stands."""
        payment = self.payments.get(key)
        if payment is None:
            return Absent()
        self._act(payment)
        match payment.state:
            case "captured":
                return Captured(payment.ref, payment.captured)
            case "voided":
                return Voided(payment.ref)
            case _:
                return self._first_answer(payment)

    def _act(self, payment: Payment) -> None:
        """The buyer did what their bank wanted, or did not."""
        if payment.state == "action_required" and self._world.loop.now_s >= payment.acts_at_s:
            acted = self._world.chance.random() < 0.7
            payment.state = "authorized" if acted else "declined"
            payment.decline_code = "" if acted else "authentication_failed"
            self._world.did_at_gateway("acted", payment)

    def capture(self, ref: str, amount: int) -> Verdict:
        """Take the money of an authorization, once."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None:
            return CaptureRefused("unknown_payment")
        if payment.state == "captured":
            return Captured(ref, payment.captured)
        if payment.state == "authorized" and self._world.loop.now_s >= payment.lapses_at_s:
            payment.state = "refused"
            return CaptureRefused("authorization_expired")
        if payment.state == "authorized" and payment.request.method == "pm_uncapturable":
            payment.state = "refused"
            return CaptureRefused("refused_by_bank")
        if payment.state != "authorized" or amount > payment.authorized:
            return CaptureRefused(f"payment_{payment.state}")
        payment.state = "captured"
        payment.captured = amount
        self._world.did_at_gateway("capture", payment)
        return Captured(ref, amount)

    def listed(self, since: datetime, until: datetime) -> list[GatewayPayment]:
        """Its payments of `since <= made_at < until`, the oldest first."""
        return [
            GatewayPayment(
                payment.ref,
                payment.request.reference,
                _LISTED[payment.state],
                payment.request.amount,
                payment.request.currency,
                payment.captured,
                payment.refunded,
                payment.made_at,
            )
            for payment in self.payments.values()
            if since <= payment.made_at < until
        ]

    def void(self, ref: str) -> Verdict:
        """Let an authorization go."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None:
            return Absent()
        if payment.state == "captured":
            return Captured(ref, payment.captured)
        if payment.state != "voided":
            payment.state = "voided"
            self._world.did_at_gateway("void", payment)
        return Voided(ref)

    def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """Give back a part of what was captured, once a key and never more than all of it."""
        if key in self.refunds:
            return self.refunds[key]
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None or payment.captured - payment.refunded < amount:
            return Declined("more_than_captured", retryable=False)
        payment.refunded += amount
        self.refunds[key] = Refunded(ref, amount)
        self._world.did_at_gateway("refund", payment)
        return self.refunds[key]

    def look_up_refund(self, key: str) -> Verdict:
        """How the refund of that key stands."""
        return self.refunds.get(key, Absent())


def _declined(payment: Payment) -> Verdict:
    return Declined(payment.decline_code, retryable=payment.decline_code != "card_declined")


class SimulatedGateway:
    """`ports.Gateway` as one process sees it: the wire to the books."""

    name = NAME
    separate_capture = True
    two_step = False

    def __init__(self, world: World, process: Process) -> None:
        self._world = world
        self._process = process
        self._books = world.gateway

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """See `ports.Gateway`, here and below."""
        return Prepared(f"pay_{request.key}")

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._call("authorize", request.key, lambda: self._books.authorize(request))

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._call("look_up", request.key, lambda: self._books.look_up(request.key))

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._call("capture", ref.removeprefix("pay_"), lambda: self._books.capture(ref, amount))

    async def void(self, ref: str, key: str) -> Verdict:
        return await self._call("void", ref.removeprefix("pay_"), lambda: self._books.void(ref))

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._call("refund", ref.removeprefix("pay_"), lambda: self._books.refund(ref, amount, key))

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        return await self._call("look_up_refund", ref.removeprefix("pay_"), lambda: self._books.look_up_refund(key))

    async def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        for payment in self._books.listed(since, until):
            yield payment

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        raise ValueError("this gateway sends no webhooks")

    async def _call(self, what: str, key: str, effect: Callable[[], Verdict]) -> Verdict:
        world = self._world
        kind = world.chaos.draw(f"gateway.{what}")
        if world.gateway_down and kind is None:
            kind = world.pick(("not_sent", "lost_request"))
        world.called(self._process, what, key, kind)
        verdict = await self._way(kind, effect)
        world.answered(self._process, what, key, verdict)
        return verdict

    async def _way(self, kind: str | None, effect: Callable[[], Verdict]) -> Verdict:
        """One request and what comes back."""
        world = self._world
        there_s = world.between(0.02, 0.5)
        match kind:
            case "not_sent":
                await world.pause(there_s)
                return NotSent("no connection, or too many requests")
            case "lost_request":
                return await self._silence("the request was lost")
            case "lost_answer":
                world.later(there_s, effect)
                return await self._silence("the answer was lost")
            case "error_after":
                world.later(there_s, effect)
                await world.pause(2 * there_s)
                return NoAnswer("it answered 500")
            case "late":
                world.later(world.between(*LATE_S), effect)
                return await self._silence("the request is still on its way")
            case "crash_before":
                await world.fate.die(self._process)
            case "freeze":
                world.fate.freeze(self._process, world.fate.frozen_s(self._process))
                await world.pause(there_s)
            case "slow":
                there_s = world.between(*SLOW_S)
        return await self._arrived(there_s, effect, crash=kind == "crash_after")

    async def _arrived(self, there_s: float, effect: Callable[[], Verdict], *, crash: bool) -> Verdict:
        """The answer to a request that arrives after `there_s`, whether or not anybody still waits."""
        reply: asyncio.Future[Verdict] = self._world.loop.create_future()

        def arrive() -> None:
            verdict = effect()
            if crash:
                self._world.fate.crash(self._process, "before the gateway's answer")
            elif not reply.done():
                reply.set_result(verdict)

        self._world.later(there_s, arrive)
        verdict = await reply
        await self._world.pause(self._world.between(0.0, 0.3))
        return verdict

    async def _silence(self, why: str) -> Verdict:
        """No answer: the connection breaks, or nothing is heard until nobody waits any more."""
        if self._world.chance.random() < 0.5:
            await self._world.pause(3600)
        await self._world.pause(self._world.between(0.1, 5.0))
        return NoAnswer(why)
