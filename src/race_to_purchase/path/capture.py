"""Capture: take the money of a committed attempt, under a key that never changes."""

from __future__ import annotations

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.asking import asked
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.path.within import Within
from race_to_purchase.ports import Gateway
from race_to_purchase.rules.commands import Capture
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Attempt


async def capture(
    committer: Committer,
    known: KnownCheckout,
    gateway: Gateway,
    attempt: Attempt,
    *,
    deliver: bool,
    within: Within,
    again_s: float,
) -> Outcome:
    """Ask the gateway and record what it said; no answer is asked for again after `again_s`, with the same key."""
    assert attempt.gateway_ref is not None, "a committed attempt has the gateway's reference"
    ref = attempt.gateway_ref
    verdict = await asked(lambda: gateway.capture(ref, attempt.amount, f"{attempt.key}-capture"), within)
    return await committer.submit(Capture(known.drop_id, known.id, known.pools, attempt.n, verdict, deliver, again_s))
