"""Pay: store the attempt, ask the gateway outside any transaction, and commit what it says.

The two halves are apart because the process may die between them. `authorize` may be run again by anybody, at any
time, with the same stored attempt: the gateway's idempotency key makes it one authorization.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.commit.waiting import Alive
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.ports import Gateway, PaymentRequest
from race_to_purchase.rules.commands import Authorization, BeginPayment
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Attempt, Checkout, attempt_id
from race_to_purchase.rules.verdicts import Absent, Declined, NoAnswer, Verdict, Voided

RESOLVE_AFTER_S = (5.0, 30.0, 300.0, 3600.0, 86_400.0)
"""When an attempt without an answer is asked about again; the last is repeated."""

NEVER_RECEIVED_AFTER = timedelta(minutes=5)
"""A request that the gateway does not know so long after anybody could send it never arrived.

It is sent again until the deadline, so it counts from there. Long enough for a process that was frozen before it sent,
and for a request that is slow on its way; nobody waits for it, since the reservation has lapsed.
"""


def again_s(tries: int) -> float:
    """How long to wait before asking for the `tries`-th time (from 0)."""
    return RESOLVE_AFTER_S[min(tries, len(RESOLVE_AFTER_S) - 1)]


class PayRequest(msgspec.Struct, frozen=True):
    """What a buyer wants (`buyer` None: the storefront asks), and the `gateway_key` that will never change."""

    buyer: str | None
    method: str
    gateway: str
    gateway_key: str


async def begin(
    committer: Committer,
    known: KnownCheckout,
    request: PayRequest,
    takeover_s: float,
    key: KeyUse | None,
    alive: Alive | None,
) -> Outcome:
    """Begun, with the attempt that may now be sent; or how an earlier attempt ended; or why nothing can be paid."""
    command = BeginPayment(
        known.drop_id,
        known.id,
        known.pools,
        request.buyer,
        request.gateway,
        request.gateway_key,
        request.method,
        takeover_s,
    )
    return await committer.submit(command, key, alive)


def request_of(attempt: Attempt) -> PaymentRequest:
    """The stored request: made of what never changes of an attempt, so that it is the same whoever sends it."""
    reference = attempt_id(attempt.checkout_id, attempt.n)
    return PaymentRequest(attempt.key, attempt.amount, attempt.currency, attempt.method, reference, attempt.began_at)


async def authorize(gateway: Gateway, attempt: Attempt, timeout_s: float) -> Verdict:
    """Send the stored request under its stored key; NoAnswer once `timeout_s` has passed."""
    try:
        async with asyncio.timeout(timeout_s):
            return await gateway.authorize(request_of(attempt), attempt.gateway_ref)
    except TimeoutError:
        return NoAnswer(f"no answer within {timeout_s:g} s")


async def find_out(gateway: Gateway, attempt: Attempt, checkout: Checkout, now: datetime, timeout_s: float) -> Verdict:
    """What became of an attempt without an answer: ask, and send the same request again only while it is wanted."""
    try:
        async with asyncio.timeout(timeout_s):
            verdict = await gateway.look_up(request_of(attempt), attempt.gateway_ref)
    except TimeoutError:
        return NoAnswer(f"no answer to a look-up within {timeout_s:g} s")
    match verdict:
        case Voided():
            return Declined("voided_at_gateway", retryable=True)
        case Absent() if checkout.state == "paying" and now < checkout.deadline:
            return await authorize(gateway, attempt, timeout_s)
        case Absent() if now - max(attempt.began_at, checkout.deadline) > NEVER_RECEIVED_AFTER:
            return Declined("never_received", retryable=True)
        case _:
            return verdict


async def settle(committer: Committer, known: KnownCheckout, n: int, verdict: Verdict, tries: int) -> Outcome:
    """Commit what the gateway said of attempt `n`: the pivot. Waits for the database for as long as it takes."""
    return await committer.submit(Authorization(known.drop_id, known.id, known.pools, n, verdict, again_s(tries)))
