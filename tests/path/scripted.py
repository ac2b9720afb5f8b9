"""A gateway that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from race_to_purchase.ports import GatewayPayment, PaymentRequest
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.verdicts import Authorized, Captured, Prepared, Refunded, Verdict, Voided


def a_request(key: str = "key-1") -> PaymentRequest:
    """A payment of 159 euros."""
    return PaymentRequest(key, 15900, "EUR", "pm_approved", "checkout/1", datetime(2026, 12, 1, tzinfo=UTC))


class Scripted:
    """Answers authorizations with `verdict`, first steps with `prepared`, everything else as wished.

    With `opened` cleared, all of it only after it is set.
    """

    separate_capture = True

    def __init__(self, name: str = "a", verdict: Verdict | None = None, *, two_step: bool = False) -> None:
        self.name = name
        self.two_step = two_step
        self.verdict: Verdict = verdict or Authorized(f"{name}-ref", 15900)
        self.prepared: Verdict = Prepared(f"{name}-ref")
        self.asked: list[str] = []
        self.opened = asyncio.Event()
        self.opened.set()

    async def _answer(self, what: str, verdict: Verdict) -> Verdict:
        self.asked.append(what)
        await self.opened.wait()
        return verdict

    async def prepare(self, request: PaymentRequest) -> Verdict:
        return await self._answer(f"prepare {request.key}", self.prepared)

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._answer(f"authorize {request.key}", self.verdict)

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._answer("look_up", self.verdict)

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._answer("capture", Captured(ref, amount))

    async def void(self, ref: str, key: str) -> Verdict:
        return await self._answer("void", Voided(ref))

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._answer("refund", Refunded(ref, amount))

    async def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        for _ in ():
            yield

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        raise ValueError("no webhook is genuine here")
