"""The wire from a process to the payment gateways of a simulation, on which everything can happen.

What a gateway does is in `books`; here is how a question gets there, and its answer back, or does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import partial

import msgspec

from race_to_purchase.ports import GatewayPayment, GatewayUnanswered, PaymentRequest
from race_to_purchase.rehearse.world.parts import Books, Process, World
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.verdicts import NoAnswer, NotSent, Verdict

LATE_S = (5.0, 55.0)
"""How long a request may be under way whose sender has given it up; shorter than `waiting.NEVER_RECEIVED_AFTER`."""

SLOW_S = (8.0, 16.0)
"""How long an answer may take: around the time that a process waits for it."""


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
        way = partial(self._books.authorize, self.name, request, ref)
        return await self._call("authorize", _whose(request), way, request.key)

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
        await self._ask("payments")
        for payment in self._books.listed(self.name, since, until):
            yield payment

    async def reference_of(self, ref: str) -> str | None:
        await self._ask("reference_of")
        payment = self._books.payments.get(ref.removeprefix("pay_"))
        return None if payment is None else payment.request.reference

    async def _ask(self, what: str) -> None:
        """A question to which the answer moves nothing; GatewayUnanswered where there is none."""
        world = self._world
        kind = world.chaos.draw(f"gateway.{what}")
        if kind == "crash":
            await world.fate.die(self._process)
        await world.pause(world.between(*SLOW_S) if kind == "slow" else world.between(0.02, 0.5))
        if kind == "lost_answer" or self.name in world.gateways_down:
            raise GatewayUnanswered("the gateway did not answer")

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        if headers.get("signature") != self.name:
            raise ValueError("the signature is wrong")
        return msgspec.json.decode(body, type=WebhookEvent)

    async def _call(self, what: str, checkout_id: str, effect: Callable[[], Verdict], key: str = "") -> Verdict:
        world = self._world
        kind = world.chaos.draw(f"gateway.{what}")
        if kind is None and self.name in world.gateways_down:
            kind = world.pick(("not_sent", "lost_request"))
        world.tell(checkout_id, self._process, f"calls: {what}", kind or "")
        verdict = await self._way(kind, effect, key)
        world.tell(checkout_id, self._process, f"hears: {what}", type(verdict).__name__)
        return verdict

    async def _way(self, kind: str | None, effect: Callable[[], Verdict], key: str) -> Verdict:
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
            case "error_kept":
                return await self._remembered_error(there_s, key)
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

    async def _remembered_error(self, there_s: float, key: str) -> Verdict:
        """An error before any effect, which the gateway will give again whenever the same key comes."""
        self._world.later(there_s, self._books.failed.add, key)
        await self._world.pause(2 * there_s)
        return NoAnswer("it answered 500")

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


def _whose(request: PaymentRequest) -> str:
    """The checkout that a request is for."""
    return request.reference.partition("/")[0]
