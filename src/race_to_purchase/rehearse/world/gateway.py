"""The payment gateways of a simulation: books of their own, and a wire to them on which everything can happen.

Their books keep to what real gateways promise: a key makes one payment however often it is sent, what is voided cannot
be captured, and what they did stays done, whoever asked for it and whether or not they ever heard of it.
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

LATE_S = (5.0, 55.0)
"""How long a request may be under way whose sender has given it up; shorter than `waiting.NEVER_RECEIVED_AFTER`."""

SLOW_S = (8.0, 16.0)
"""How long an answer may take: around the time that a process waits for it."""

PRUNED_S = 24 * 3600.0
"""Gateways forget keys after a day: a request that is sent again later would make a second payment."""

State = Literal["open", "authorized", "action_required", "declined", "captured", "voided", "refused"]

LISTED: dict[State, Literal["open", "authorized", "captured", "voided", "declined"]] = {
    "open": "open",
    "action_required": "open",
    "authorized": "authorized",
    "captured": "captured",
    "voided": "voided",
    "declined": "declined",
    "refused": "declined",
}


class Payment(msgspec.Struct):
    """A payment as its gateway has it; amounts in minor units, times in seconds of the world."""

    ref: str
    gateway: str
    request: PaymentRequest
    created_at: datetime
    state: State = "open"
    authorized: int = 0
    captured: int = 0
    refunds: dict[str, int] = {}
    decline_code: str = ""
    acts_at_s: float = 0.0
    """When the buyer has done what the gateway wants of them first."""
    lapses_at_s: float = 0.0

    @property
    def checkout_id(self) -> str:
        """The checkout that it was made for."""
        return self.request.reference.partition("/")[0]

    @property
    def refunded(self) -> int:
        """What went back."""
        return sum(self.refunds.values())


class Books:
    """What the gateways have done, by key. Every method is one moment; none of them can fail."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.payments: dict[str, Payment] = {}

    def prepare(self, name: str, request: PaymentRequest) -> Verdict:
        """The payment exists, and nothing is authorized yet."""
        payment = self._known(name, request) or self._new(name, request)
        return Prepared(payment.ref)

    def _known(self, name: str, request: PaymentRequest) -> Payment | None:
        payment = self.payments.get(request.key)
        if payment is not None and (payment.request != request or payment.gateway != name):
            self._world.violated("gateway_key_reused", request.reference, "its key came with another request")
        return payment

    def _new(self, name: str, request: PaymentRequest) -> Payment:
        now = self._world.database.now()
        payment = Payment(f"pay_{request.key}", name, request, now)
        if (now - request.began_at).total_seconds() > PRUNED_S:
            self._world.violated("sent_after_pruning", request.reference, "its key may be forgotten by now")
        self.payments[request.key] = payment
        self._world.did_at_gateway("prepare", payment)
        return payment

    def authorize(self, name: str, request: PaymentRequest, ref: str | None) -> Verdict:
        """The payment of that key, authorized now or before."""
        payment = self._known(name, request) or self._new(name, request)
        if ref is not None and payment.ref != ref:
            self._world.violated("another_payment", request.reference, f"{ref} is not {payment.ref}")
        if payment.state == "open":
            self._decide(payment)
            self._world.did_at_gateway("authorize", payment)
        elif payment.state == "voided" and not payment.authorized:
            return Declined("payment_canceled", retryable=False)
        return self._first_answer(payment)

    def _decide(self, payment: Payment) -> None:
        world, request = self._world, payment.request
        if request.method == "pm_declined" or world.chance.random() < world.plan.decline_rate:
            payment.state = "declined"
            payment.decline_code = world.pick(("card_declined", "insufficient_funds", "try_again_later"))
            return
        lapses_in_s = world.between(20, 400) if request.method == "pm_short" else 7 * 86_400
        payment.lapses_at_s = world.loop.now_s + lapses_in_s
        payment.authorized = request.amount // 2 if request.method == "pm_partial" else request.amount
        payment.state = "authorized"
        if request.method == "pm_3ds":
            payment.state = "action_required"
            payment.acts_at_s = world.loop.now_s + world.between(1, 60)

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
        if payment is None or payment.state == "open":
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
        """Give money back, once a key, and never more than was taken."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None or payment.state != "captured":
            return Declined("not_captured", retryable=False)
        if key not in payment.refunds:
            if payment.refunded + amount > payment.captured:
                return Declined("more_than_captured", retryable=False)
            payment.refunds[key] = amount
            self._world.did_at_gateway("refund", payment)
        return Refunded(ref, payment.refunds[key])

    def look_up_refund(self, ref: str, key: str) -> Verdict:
        """How the refund of that key stands."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None or key not in payment.refunds:
            return Absent()
        return Refunded(ref, payment.refunds[key])


def _declined(payment: Payment) -> Verdict:
    return Declined(payment.decline_code, retryable=payment.decline_code != "card_declined")


class SimulatedGateway:
    """`ports.Gateway` as one process sees it: the wire to the books."""

    separate_capture = True

    def __init__(self, world: World, process: Process, name: str, *, two_step: bool) -> None:
        self.name = name
        self.two_step = two_step
        self._world = world
        self._process = process
        self._books: Books = world.gateway

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """See `ports.Gateway`, here and below."""
        return await self._call("prepare", _whose(request), lambda: self._books.prepare(self.name, request))

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._call("authorize", _whose(request), lambda: self._books.authorize(self.name, request, ref))

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._call("look_up", _whose(request), lambda: self._books.look_up(request.key))

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._call("capture", self._paid_by(ref), lambda: self._books.capture(ref, amount))

    async def void(self, ref: str, key: str) -> Verdict:
        return await self._call("void", self._paid_by(ref), lambda: self._books.void(ref))

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._call("refund", self._paid_by(ref), lambda: self._books.refund(ref, amount, key))

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        return await self._call("look_up_refund", self._paid_by(ref), lambda: self._books.look_up_refund(ref, key))

    def _paid_by(self, ref: str) -> str:
        payment = self._books.payments.get(ref.removeprefix("pay_"))
        return "" if payment is None else payment.checkout_id

    async def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        await self._world.pause(self._world.latency_s())
        for payment in list(self._books.payments.values()):
            if payment.gateway == self.name and since <= payment.created_at < until:
                yield GatewayPayment(
                    payment.ref,
                    payment.request.reference,
                    LISTED[payment.state],
                    payment.request.amount,
                    payment.request.currency,
                    payment.captured,
                    payment.refunded,
                    payment.created_at,
                )

    async def reference_of(self, ref: str) -> str | None:
        payment = self._books.payments.get(ref.removeprefix("pay_"))
        return None if payment is None else payment.request.reference

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        if headers.get("signature") != self.name:
            raise ValueError("the signature is wrong")
        return msgspec.json.decode(body, type=WebhookEvent)

    async def _call(self, what: str, checkout_id: str, effect: Callable[[], Verdict]) -> Verdict:
        world = self._world
        kind = world.chaos.draw(f"gateway.{what}")
        if kind is None and self.name in world.gateways_down:
            kind = world.pick(("not_sent", "lost_request"))
        world.tell(checkout_id, self._process, f"calls: {what}", kind or "")
        verdict = await self._way(kind, effect)
        world.tell(checkout_id, self._process, f"hears: {what}", type(verdict).__name__)
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


def message(payment: Payment, number: int) -> WebhookEvent:
    """What a gateway tells of a payment when something has become of it."""
    kind: Literal["refund", "payment"] = "refund" if payment.refunds else "payment"
    said = {"state": LISTED[payment.state]}
    return WebhookEvent(f"evt-{number}", kind, payment.ref, payment.request.reference, payment.created_at, said)


def _whose(request: PaymentRequest) -> str:
    """The checkout that a request is for."""
    return request.reference.partition("/")[0]
