"""A payment gateway in memory that keeps to the port's promises: one key makes one payment, with one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from race_to_purchase.gateways.sandbox.webhook import verify
from race_to_purchase.gateways.webhook.secret import new_secret, signer
from race_to_purchase.ports import GatewayPayment, PaymentRequest
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    Prepared,
    Refunded,
    RefundPending,
    Verdict,
    Voided,
)

SIGNER = signer(new_secret())


class Bank:
    """Signs its messages with SIGNER.

    Approves all but `pm_declined`; `pm_held` waits until `opened` is set, `pm_action` until its buyer acts.
    """

    name = "bank"
    separate_capture = True
    two_step = False

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.answers: dict[str, Verdict] = {}
        self.captured: list[str] = []
        self.amounts: dict[str, int] = {}
        self.refunds: dict[str, Verdict] = {}
        self.refund_held = False

    async def prepare(self, request: PaymentRequest) -> Verdict:
        return Prepared(f"ref-{request.key}")

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        if request.method == "pm_held":
            await self.opened.wait()
        if request.key not in self.answers and request.method == "pm_action":
            self.amounts[f"sbx_{request.key}"] = request.amount
            self.answers[request.key] = ActionRequired(f"sbx_{request.key}", f"/sandbox/actions/sbx_{request.key}")
        if request.key not in self.answers:
            approved = request.method != "pm_declined"
            verdict = Authorized(f"ref-{request.key}", request.amount) if approved else Declined("do_not_honor", True)
            self.answers[request.key] = verdict
        return self.answers[request.key]

    async def act(self, ref: str) -> str | None:
        """The buyer does what their bank wants."""
        if ref not in self.amounts:
            return None
        self.answers[ref.removeprefix("sbx_")] = Authorized(ref, self.amounts.pop(ref))
        return "authorized"

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return self.answers.get(request.key, Absent())

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        if ref.removeprefix("ref-").removeprefix("sbx_") not in self.answers:
            return CaptureRefused("unknown")
        self.captured.append(ref)
        return Captured(ref, amount)

    async def void(self, ref: str, key: str) -> Verdict:
        return Voided(ref)

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        if self.refund_held:
            return RefundPending(ref)
        return self.refunds.setdefault(key, Refunded(ref, amount))

    async def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        for payment in ():
            yield payment

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        return self.refunds.get(key, Absent())

    async def reference_of(self, ref: str) -> str | None:
        return None

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        return verify(SIGNER, headers, body)
