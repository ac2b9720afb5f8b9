"""Undo: take back whatever an attempt got that may never become an order, whether or not it is known what that was."""

from __future__ import annotations

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.asking import asked, request_of
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.path.within import Within
from race_to_purchase.ports import Gateway
from race_to_purchase.rules.commands import Void
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Attempt
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    Verdict,
    Voided,
)


async def void(
    committer: Committer,
    known: KnownCheckout,
    gateway: Gateway,
    attempt: Attempt,
    *,
    within: Within,
    again_s: float,
) -> Outcome:
    """Ask the gateway and record what it said; repeated until the gateway says that nothing is left of it."""
    verdict = await asked(lambda: _undone(gateway, attempt), within)
    return await committer.submit(Void(known.drop_id, known.id, known.pools, attempt.n, verdict, again_s))


async def _undone(gateway: Gateway, attempt: Attempt) -> Verdict:
    """Void it, and pay back what was taken nevertheless. Both keys are fixed, so that it may be asked for again."""
    ref = attempt.gateway_ref
    if ref is None:
        found = await gateway.look_up(request_of(attempt), None)
        match found:
            case Authorized(ref=where) | ActionRequired(ref=where) | Captured(ref=where):
                ref = where
            case Declined():
                return Voided("")
            case Voided() | Absent():
                return found
            case _:
                return NoAnswer(f"the look-up said {type(found).__name__}")
    verdict = await gateway.void(ref, f"{attempt.key}-void")
    if not isinstance(verdict, Captured):
        return verdict
    # Asked first, since a gateway forgets the key of a refund, but not the refund.
    made = await gateway.look_up_refund(ref, f"{attempt.key}-undo")
    return await gateway.refund(ref, verdict.amount, f"{attempt.key}-undo") if isinstance(made, Absent) else made
