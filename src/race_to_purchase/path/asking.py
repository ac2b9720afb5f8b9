"""Calls of a gateway: with the stored request, which is the same whoever sends it, and within a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from race_to_purchase.path.within import Within
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.rows import Attempt, attempt_id
from race_to_purchase.rules.verdicts import NoAnswer, NotSent, Verdict

Ask = Callable[[], Awaitable[Verdict]]


def request_of(attempt: Attempt) -> PaymentRequest:
    """Made of what never changes of an attempt."""
    reference = attempt_id(attempt.checkout_id, attempt.n)
    return PaymentRequest(
        attempt.key,
        attempt.amount,
        attempt.currency,
        attempt.method,
        reference,
        attempt.began_at,
        attempt.return_url,
    )


async def asked(ask: Ask, within: Within, *, again: bool = False) -> Verdict:
    """What the gateway says; NoAnswer where that is not `within` its time.

    With `again`, what was provably not sent is sent again until then, each time when the gateway wants it.
    """
    asking = _Again(ask) if again else None
    try:
        return await within.wait(ask() if asking is None else asking.until_sent())
    except TimeoutError:
        refused = None if asking is None else asking.refused
        return refused or NoAnswer(f"no answer within {within.seconds:g} s")


class _Again:
    """Asks until it is sent; `refused` is set while it waits to be sent again."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.refused: NotSent | None = None

    async def until_sent(self) -> Verdict:
        while isinstance(verdict := await self._ask(), NotSent):
            self.refused = verdict
            await asyncio.sleep(verdict.retry_after_s)
            self.refused = None
        return verdict
