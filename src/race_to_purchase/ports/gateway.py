"""A payment gateway, and its messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from race_to_purchase.rules.messages import Heap, Kept, Message, MessageState, WebhookEvent, Worked
from race_to_purchase.rules.verdicts import Verdict


class PaymentRequest(msgspec.Struct, frozen=True):
    """What a gateway is asked to authorize. It never changes under one `key`; amount in minor units.

    `reference` is the attempt, `<checkout id>/<n>`; `return_url` is where a buyer comes back to who had to act.
    """

    key: str
    amount: int
    currency: str
    method: str
    reference: str
    began_at: datetime
    return_url: str | None = None


class GatewayPayment(msgspec.Struct, frozen=True):
    """A payment as the gateway's own books have it; amounts in minor units.

    `open` is one that is neither authorized nor refused yet. `reference` is None where it was not made by us.
    """

    ref: str
    reference: str | None
    state: Literal["open", "authorized", "captured", "voided", "declined"]
    amount: int
    currency: str
    captured: int
    refunded: int
    created_at: datetime


class WebhookTooOld(ValueError):
    """It says that it was signed too long ago, or in the future: somebody may be sending a copy."""


class GatewayUnanswered(Exception):
    """A list of the gateway's payments broke off: what was given of it so far is true, and not all."""


class Gateway(Protocol):
    """A payment gateway. Methods never raise for what a gateway says or fails to say: they give a Verdict."""

    name: str
    separate_capture: bool
    """Whether authorization and capture are two steps; where not, undoing is a refund."""
    two_step: bool
    """Whether a payment is made by `prepare` and its ref stored, before `authorize` moves anything."""

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """Prepared, Declined, NoAnswer or NotSent; it moves no money. Called only where `two_step`."""
        ...

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """Authorized, Declined, ActionRequired, Captured, NoAnswer or NotSent. A key never makes two payments.

        `ref` is that of `prepare`, and None where there is one step.
        """
        ...

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """What became of it: Authorized, Declined, ActionRequired, Captured, Voided, Absent, or NoAnswer.

        Absent: nothing was authorized under it, and nothing will be unless it is sent again.
        """
        ...

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        """Captured, CaptureRefused, NoAnswer or NotSent."""
        ...

    async def void(self, ref: str, key: str) -> Verdict:
        """Voided, Captured (too late: refund it), Absent, NoAnswer or NotSent."""
        ...

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """Refunded, RefundPending, Declined, NoAnswer or NotSent. The same key never pays back twice."""
        ...

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        """What became of the refund of payment `ref` under `key`: Refunded, RefundPending, RefundFailed (made, and
        come back), Declined, Absent, or NoAnswer."""
        ...

    def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        """Every payment that the gateway's own books have of `since <= created_at < until`, the oldest first.

        GatewayUnanswered where the list could not be had to its end.
        """
        ...

    async def reference_of(self, ref: str) -> str | None:
        """The reference that the payment `ref` was made with; None where it has none, or there is no such payment.

        GatewayUnanswered where the gateway does not say.
        """
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event in a signed message; WebhookTooOld, or another ValueError where signature or form is wrong.

        `headers` have lower-case names. The error's words are logged: they never hold a secret.
        """
        ...


class Inbox(Protocol):
    """Gateways' messages, durable before they are acknowledged. All methods raise DatabaseUnavailable."""

    async def keep(self, gateway: str, event: WebhookEvent, body: bytes) -> bool:
        """Store it durably; False if that event of that gateway was stored before, which changes nothing."""
        ...

    async def take(self, gateway: str, limit: int, lease_s: float) -> Sequence[Message]:
        """Due messages, taken: nobody else gets them before `lease_s` has passed (SKIP LOCKED)."""
        ...

    async def put(self, worked: Sequence[Worked]) -> None:
        """Note what became of messages. What is done or left stays so; its body is emptied."""
        ...

    async def listed(self, state: MessageState, limit: int) -> Sequence[Kept]:
        """Messages in one state other than done, the soonest due first."""
        ...

    async def heaps(self) -> Sequence[Heap]:
        """What is not done, counted by gateway, kind and state, in this order."""
        ...

    async def forget(self, done_s: float, left_s: float, limit: int) -> int:
        """Delete messages that were received so long ago and are done or left, `limit` at most; how many were."""
        ...
