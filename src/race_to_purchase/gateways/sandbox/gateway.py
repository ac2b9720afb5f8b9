"""A payment gateway inside the process, for trying, demonstrating, rehearsing and testing: it moves no money.

It keeps to what real gateways promise: a key makes one payment, however often it is sent, and always gets the first
answer; only what is authorized can be captured, once; only what was captured can be paid back. What it did stands in
books of its own (`books`), which outlive a killed process and are shared by all workers. It never raises for
what happens to a payment, an unreachable database included: that is a `NoAnswer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import msgspec

from race_to_purchase.batching import Batcher
from race_to_purchase.gateways.sandbox import answers
from race_to_purchase.gateways.sandbox.books import Books, NewPayment, Payment
from race_to_purchase.gateways.sandbox.connection import Unanswered
from race_to_purchase.gateways.sandbox.listing import listed
from race_to_purchase.gateways.sandbox.methods import DECLINES, METHODS, UNKNOWN_METHOD, Method
from race_to_purchase.gateways.sandbox.webhook import verify
from race_to_purchase.gateways.webhook.secret import new_secret, signer
from race_to_purchase.ports import GatewayPayment, GatewayUnanswered, PaymentRequest
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.money import MINOR_UNITS_MAX
from race_to_purchase.rules.verdicts import (
    Absent,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    Prepared,
    Refunded,
    RefundPending,
    Verdict,
    Voided,
)

TEXT_LENGTH_MAX = 255
"""Of a key, a ref and a reference, in characters."""

LOST_MAX = 10_000
"""How many keys of lost requests are remembered, so that each is lost once; those before them are lost again."""


class _Authorization(msgspec.Struct, frozen=True):
    """One call of authorize; `fresh` is what its caller is told where the payment is new."""

    ref: str
    row: NewPayment
    fresh: Verdict

    def again(self, stored: Mapping[str, Payment]) -> Verdict | Exception:
        """What its caller is told where the payment was there before."""
        return answers.authorized_before(self.row, stored[self.ref])


class _Movement(msgspec.Struct, frozen=True):
    """One call of capture or refund: `amount` minor units of the payment `ref`."""

    ref: str
    amount: int
    key: str

    @property
    def fresh(self) -> Verdict:
        """What the caller of capture is told where the money was taken now."""
        return Captured(self.ref, self.amount)

    def again(self, stored: Mapping[str, Payment]) -> Verdict | Exception:
        """What the caller of capture is told where it was not."""
        return answers.captured(self.amount, self.key, stored.get(self.ref))


class SandboxGateway:
    """See `ports.Gateway`, and `methods` for what the payment methods do.

    `dsn` is a PostgreSQL database; `make_books` must have run on it once. `webhook_secret` is a Standard Webhooks
    secret (`whsec_` and base64); without one, no webhook is ever genuine. All methods belong to one event loop. They
    raise ValueError for arguments that no payment could have, such as a negative amount or an empty key, and so does
    the constructor for a secret that is none. Sandboxes of different names know nothing of each other's payments.
    """

    separate_capture = True
    two_step = False

    def __init__(
        self, dsn: str, *, name: str = "sandbox", webhook_secret: str | None = None, slow_s: float = 2.0
    ) -> None:
        self.name = name
        self._prefix = answers.prefix_of(name)
        self._books = Books(dsn)
        self._webhook = signer(webhook_secret or new_secret())
        self._slow_s = slow_s
        self._lost: dict[str, None] = {}
        self._writes = Batcher[_Authorization | _Movement, Verdict](self._write_batch)
        self._voids = Batcher[str, Verdict](self._void_batch)
        self._questions = Batcher[str, Verdict](self._look_up_batch)
        self._refunds = Batcher[_Movement, Verdict](self._refund_batch)

    async def make_books(self) -> None:
        """Make the books if they are missing; safe in several processes at once. Raises what asyncpg raises."""
        await self._books.prepare()

    async def close(self) -> None:
        """Finish what was begun, then close every connection."""
        for batcher in (self._writes, self._voids, self._questions, self._refunds):
            await batcher.finish()
        await self._books.close()

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """See the port. One step is enough here: nothing is done, and the ref is the one that it will have."""
        return Prepared(self._prefix + request.key)

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port. Raises KeyReused where the key was sent before with another request."""
        _check(request.amount, request.key, request.reference, request.currency)
        method = METHODS.get(request.method)
        if method is None:
            return Declined(UNKNOWN_METHOD, retryable=False)
        if method.loses == "request" and self._lose(request.key):
            return NoAnswer("the request was lost on its way to the gateway")
        if method.slow:
            await asyncio.sleep(self._slow_s)
        return await self._writes.submit(_authorization(self._prefix + request.key, request, method))

    async def act(self, ref: str) -> str | None:
        """What a payment's buyer has to do is done: the state that it is in then; None where it waits for nothing.

        Raises Unanswered where the books do not answer.
        """
        payment = (await self._books.payments([ref])).get(ref)
        if payment is None or payment.state != "action_required":
            return None
        method = METHODS[payment.method]
        assert method.acted is not None
        return method.acted if await self._books.act(ref, method.acted, method.decline_code) else None

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port. Where `ref` is known, it is what is looked up."""
        _check(0, request.key, ref or request.key)
        return await self._questions.submit(self._prefix + request.key if ref is None else ref)

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port. What is captured already is Captured under any key, with the amount that was taken.

        Raises KeyReused where the key captured another amount.
        """
        _check(amount, ref, key)
        return await self._writes.submit(_Movement(ref, amount, key))

    async def void(self, ref: str, key: str) -> Verdict:
        """See the port. A payment that was declined, too, is Voided: nothing will be taken."""
        _check(0, ref, key)
        return await self._voids.submit(ref)

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port. Raises KeyReused where the key paid something else back."""
        _check(amount - 1, ref, key)
        return await self._refunds.submit(_Movement(ref, amount, key))

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        """See the port. A refusal leaves nothing behind: what was refused is Absent."""
        _check(0, ref, key)
        try:
            made = await self._books.refunded(key)
            payment = (await self._books.payments([ref])).get(ref)
        except Unanswered as error:
            return NoAnswer(str(error))
        if made is None or made.ref != ref:
            return Absent()
        return answers.paid_back(made, payment, self._slow_s)

    def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        """See the port."""
        return listed(self._books, self._prefix, since, until)

    async def reference_of(self, ref: str) -> str | None:
        """See the port."""
        try:
            payment = (await self._books.payments([ref])).get(ref)
        except Unanswered as error:
            raise GatewayUnanswered(str(error)) from error
        return None if payment is None else payment.reference

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """See the port."""
        return verify(self._webhook, headers, body)

    def _lose(self, key: str) -> bool:
        """Whether a request under `key` gets lost: it does the first time."""
        if key in self._lost:
            return False
        while len(self._lost) >= LOST_MAX:
            del self._lost[next(iter(self._lost))]
        self._lost[key] = None
        return True

    async def _write_batch(self, calls: Sequence[_Authorization | _Movement]) -> Sequence[Verdict | Exception]:
        """Authorizations and captures together: each payment's first call of either kind is written."""
        made = {call.ref: call for call in reversed(calls) if isinstance(call, _Authorization)}
        taken = {call.ref: call for call in reversed(calls) if isinstance(call, _Movement)}
        try:
            new, now = await self._books.write(
                [call.row for call in made.values()], [(call.ref, call.amount, call.key) for call in taken.values()]
            )
            written = {id(made[ref]) for ref in new} | {id(taken[ref]) for ref in now}
            before = {call.ref for call in calls if id(call) not in written}
            stored = await self._books.payments(before) if before else {}
        except Unanswered as error:
            return [NoAnswer(str(error))] * len(calls)
        return [call.fresh if id(call) in written else call.again(stored) for call in calls]

    async def _void_batch(self, refs: Sequence[str]) -> Sequence[Verdict]:
        try:
            now = await self._books.void(set(refs))
            stored = await self._books.payments(set(refs) - now)
        except Unanswered as error:
            return [NoAnswer(str(error))] * len(refs)
        return [Voided(ref) if ref in now else answers.voided(ref, stored.get(ref)) for ref in refs]

    async def _look_up_batch(self, refs: Sequence[str]) -> Sequence[Verdict]:
        try:
            stored = await self._books.payments(set(refs))
        except Unanswered as error:
            return [NoAnswer(str(error))] * len(refs)
        return [answers.looked_up(stored.get(ref)) for ref in refs]

    async def _refund_batch(self, calls: Sequence[_Movement]) -> Sequence[Verdict | Exception]:
        return [await self._refund_one(call.key, call.ref, call.amount) for call in calls]

    async def _refund_one(self, key: str, ref: str, amount: int) -> Verdict | Exception:
        try:
            payment = (await self._books.payments([ref])).get(ref)
            method = answers.method_of(payment)
            if method.refund == "refused":
                return Declined("refund_refused", retryable=False)
            if await self._books.refund(key, ref, amount):
                return RefundPending(ref) if method.refund == "pending" else Refunded(ref, amount)
            before = await self._books.refunded(key)
            payment = (await self._books.payments([ref])).get(ref)
        except Unanswered as error:
            return NoAnswer(str(error))
        return answers.refunded(ref, amount, before, payment, self._slow_s)


def _authorization(ref: str, request: PaymentRequest, method: Method) -> _Authorization:
    row = (
        ref,
        request.reference,
        request.amount,
        request.currency,
        request.method,
        method.state,
        None if method.acted else method.decline_code,
    )
    if method.loses == "answer":
        return _Authorization(ref, row, NoAnswer("the gateway's answer was lost on its way back"))
    if method.acted is not None:
        return _Authorization(ref, row, answers.action_required(ref))
    if method.decline_code is not None:
        return _Authorization(ref, row, DECLINES[method.decline_code])
    return _Authorization(ref, row, Authorized(ref, request.amount))


def _check(amount: int, *texts: str) -> None:
    """Refuse, before it is among others in a batch, what the books could not take."""
    if not 0 <= amount <= MINOR_UNITS_MAX:
        raise ValueError(f"{amount} is no amount in minor units")
    for text in texts:
        if not (0 < len(text) <= TEXT_LENGTH_MAX and text.isascii() and text.isprintable()):
            raise ValueError(f"{text[:40]!r} is no key or id: 1 to {TEXT_LENGTH_MAX} printable ASCII characters")
