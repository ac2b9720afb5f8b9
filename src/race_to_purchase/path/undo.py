"""Undo: void what was authorized for an attempt that may never become an order."""

from __future__ import annotations

import asyncio
import logging

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.ports import Gateway
from race_to_purchase.rules.commands import Void
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Attempt, attempt_id
from race_to_purchase.rules.verdicts import NoAnswer, Verdict

log = logging.getLogger("race.path")


async def void(
    committer: Committer,
    known: KnownCheckout,
    gateway: Gateway,
    attempt: Attempt,
    *,
    timeout_s: float,
    again_s: float,
) -> Outcome:
    """Ask the gateway and record what it said; repeated until the gateway says that the authorization is gone."""
    assert attempt.gateway_ref is not None, "a doomed attempt has the gateway's reference"
    verdict: Verdict
    try:
        async with asyncio.timeout(timeout_s):
            verdict = await gateway.void(attempt.gateway_ref, f"{attempt.key}-void")
    except TimeoutError:
        verdict = NoAnswer(f"no answer within {timeout_s:g} s")
    return await committer.submit(Void(known.drop_id, known.id, known.pools, attempt.n, verdict, again_s))


async def give_back(gateway: Gateway, attempt: Attempt, timeout_s: float) -> None:
    """Void what was authorized after the attempt had been given up: a request that arrived minutes late.

    Nothing is recorded, since the attempt has ended. Where this fails, the audit names the authorization, and it
    lapses at the gateway.
    """
    assert attempt.gateway_ref is not None
    async with asyncio.timeout(timeout_s):
        verdict = await gateway.void(attempt.gateway_ref, f"{attempt.key}-void")
    named = attempt_id(attempt.checkout_id, attempt.n)
    log.warning("attempt %s was authorized after it had been given up: %s", named, type(verdict).__name__)
