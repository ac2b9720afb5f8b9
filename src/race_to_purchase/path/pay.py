"""Pay: store the attempt, ask the gateway outside any transaction, and commit what it says.

The steps are apart because the process may die between them. Each may be run again by anybody, at any time, with the
same stored attempt: the gateway's idempotency key makes it one authorization.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.commit.waiting import Alive
from race_to_purchase.observe.request import CAUSE
from race_to_purchase.path.asking import asked, request_of
from race_to_purchase.path.choice import Queue
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.within import Within
from race_to_purchase.ports import Gateway
from race_to_purchase.rules.commands import Authorization, BeginPayment, NextAttempt, Send
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Begun, Outcome
from race_to_purchase.rules.rows import Attempt, Checkout
from race_to_purchase.rules.verdicts import Declined, NoAnswer, NotSent, Verdict, Voided

RESEND_FOR = timedelta(hours=23)
"""Gateways forget idempotency keys after a day: a request that old is asked about, and never sent again."""


class PayRequest(msgspec.Struct, frozen=True):
    """What a buyer wants (`buyer` None: the storefront asks), and the `gateway_key` that will never change.

    `wait_s` is how long the payment will wait for its turn, by estimate; 0 where it may be sent at once. Where no
    `gateway` takes it now, that is when to come again.
    """

    buyer: str | None
    method: str
    gateway: str | None
    gateway_key: str
    return_url: str | None = None
    wait_s: float = 0.0
    country: str | None = None


async def begin(
    committer: Committer,
    known: KnownCheckout,
    request: PayRequest,
    patience: Patience,
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
        patience.takeover_s,
        request.return_url,
        request.wait_s,
        patience.deadline_extension_max_s,
        request.country,
        CAUSE.get().traceparent,
    )
    return await committer.submit(command, key, alive)


async def send(
    committer: Committer, known: KnownCheckout, queue: Queue, attempt: Attempt, takeover_s: float
) -> Outcome:
    """Begun once more, when the turn of a prepared attempt has come; or how it ended meanwhile, its place given up."""
    begun = None
    try:
        await queue.turn(attempt.key)
        begun = await committer.submit(Send(known.drop_id, known.id, known.pools, attempt.n, takeover_s))
    finally:
        if not isinstance(begun, Begun):
            queue.leave(attempt.key)
    return begun


async def prepare(gateway: Gateway, attempt: Attempt, within: Within, *, again: bool) -> Verdict:
    """Make the payment at a gateway of two steps; with `again`, what was not sent is sent again in time."""
    return await asked(lambda: gateway.prepare(request_of(attempt)), within, again=again)


async def authorize(gateway: Gateway, attempt: Attempt, within: Within, *, again: bool) -> Verdict:
    """Send the stored request under its stored key; `again` as above."""
    return await asked(lambda: gateway.authorize(request_of(attempt), attempt.gateway_ref), within, again=again)


async def look_up(gateway: Gateway, attempt: Attempt, within: Within) -> Verdict:
    """How the attempt stands at its gateway."""
    verdict = await asked(lambda: gateway.look_up(request_of(attempt), attempt.gateway_ref), within)
    match verdict:
        case Voided():
            return Declined("voided_at_gateway", retryable=True)
        case NotSent(reason=reason):
            # That the question was not sent says nothing of the request, which somebody may have sent before.
            return NoAnswer(reason)
        case _:
            return verdict


def wanted(attempt: Attempt, checkout: Checkout, now: datetime) -> bool:
    """Whether a request that the gateway does not know may be sent again."""
    live = checkout.state == "paying" and checkout.live_n == attempt.n and now < checkout.deadline
    return live and now - attempt.began_at < RESEND_FOR


async def settle(
    committer: Committer,
    known: KnownCheckout,
    n: int,
    verdict: Verdict,
    tries: int,
    patience: Patience,
    then: NextAttempt | None = None,
) -> Outcome:
    """Commit what the gateway said of attempt `n`: the pivot. Waits for the database for as long as it takes."""
    command = Authorization(
        known.drop_id,
        known.id,
        known.pools,
        n,
        verdict,
        patience.again_s(tries),
        then,
        patience.action_wait_s,
        patience.deadline_extension_max_s,
        patience.resolve_for_s,
    )
    return await committer.submit(command)
