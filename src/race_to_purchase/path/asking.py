"""How a gateway is asked: with the stored request, which is the same whoever sends it, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

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


async def asked(ask: Ask, timeout_s: float, *, again: bool = False) -> Verdict:
    """What the gateway says; NoAnswer once `timeout_s` has passed.

    With `again`, what was provably not sent is sent again until then, each time when the gateway wants it.
    """
    refused: NotSent | None = None
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                verdict = await ask()
                if not (again and isinstance(verdict, NotSent)):
                    return verdict
                refused = verdict
                await asyncio.sleep(verdict.retry_after_s)
                refused = None
    except TimeoutError:
        return refused or NoAnswer(f"no answer within {timeout_s:g} s")
