"""The gateway's own list against our rows, and our rows against it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from race_to_purchase import books
from race_to_purchase.loops.reconcile.note import Notes
from race_to_purchase.path.asking import request_of
from race_to_purchase.ports import Findings, Gateway, GatewayPayment, Reads
from race_to_purchase.rules.rows import Attempt
from race_to_purchase.rules.verdicts import Absent

AT_ONCE = 500
"""Payments compared with one read of our rows."""

OVERLAP = timedelta(seconds=30)
"""Listed again before each window: an attempt begins before its payment exists."""

NOTED_AT_ONCE = 32
ASKED_AT_ONCE = 8
ASKED_MAX = 1000
"""Look-ups of one window; where more payments seem to be missing, the list is at fault, and the next walk asks on."""


class AtGateway:
    """Compares one gateway's payments of a window."""

    def __init__(self, gateway: Gateway, reads: Reads, findings: Findings, notes: Notes, timeout_s: float) -> None:
        self._gateway = gateway
        self._reads = reads
        self._findings = findings
        self._notes = notes
        self._timeout_s = timeout_s

    async def compare(self, since: datetime, until: datetime) -> int:
        """Both ways; GatewayUnanswered where the list broke off, and then the window is to be done again."""
        listed: set[str] = set()
        looked_at = await self._reads.now()
        async for payments in books.by(AT_ONCE, self._gateway.payments(since - OVERLAP, until)):
            listed.update(payment.ref for payment in payments)
            await self._judge(payments, looked_at)
        self._notes.compared[f"payments at {self._gateway.name}"] += len(listed)
        captured = await self._findings.captured(self._gateway.name, since - OVERLAP, until - OVERLAP)
        missing = [attempt for attempt in captured if attempt.gateway_ref not in listed]
        await self._confirm(missing[:ASKED_MAX], looked_at)
        return len(listed)

    async def _judge(self, payments: Sequence[GatewayPayment], looked_at: datetime) -> None:
        """Compare some payments, and note what differs, several at once: the committer writes them together."""
        rows = await self._findings.booked(books.checkouts_of(payments))
        turn = asyncio.Semaphore(NOTED_AT_ONCE)

        async def note(difference: books.Difference, payment: GatewayPayment) -> None:
            async with turn:
                booked = rows.get(difference.checkout_id or "")
                await self._notes.payment(difference, self._gateway.name, payment, booked, looked_at)

        compared = ((books.compare(payment, rows, self._gateway.name, looked_at), payment) for payment in payments)
        await asyncio.gather(*(note(found, payment) for found, payment in compared if found is not None))

    async def _confirm(self, attempts: list[Attempt], looked_at: datetime) -> None:
        """Ask for each that was not listed: it may have been made before or after the window."""
        turn = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(attempt: Attempt) -> None:
            async with turn:
                if await self.absent(attempt):
                    rows = await self._findings.booked([attempt.checkout_id])
                    difference = books.missing(attempt)
                    booked = rows.get(attempt.checkout_id)
                    await self._notes.payment(difference, self._gateway.name, None, booked, looked_at)

        await asyncio.gather(*(ask(attempt) for attempt in attempts))

    async def absent(self, attempt: Attempt) -> bool:
        """Whether the gateway says that it has no such payment."""
        try:
            async with asyncio.timeout(self._timeout_s):
                verdict = await self._gateway.look_up(request_of(attempt), attempt.gateway_ref)
        except TimeoutError:
            return False
        return isinstance(verdict, Absent)
