"""What a decision is made of, and the moves of claims that several decisions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from race_to_purchase.rules import pools
from race_to_purchase.rules.drop import Drop, item_pools
from race_to_purchase.rules.outcomes import Answered, Ignored, Outcome
from race_to_purchase.rules.rows import Attempt, Checkout, CheckoutState, Happened, Pool, Row, attempt_id
from race_to_purchase.rules.snapshot import Snapshot, Stale


class Decision(msgspec.Struct, frozen=True):
    """An outcome and the rows that make it true, in no order."""

    outcome: Outcome
    rows: tuple[Row, ...] = ()


class KeyUse(msgspec.Struct, frozen=True):
    """An Idempotency-Key as it came: `scope` is principal and route, `fingerprint` a digest of the body."""

    scope: str
    key: str
    fingerprint: bytes


Rule = Callable[[Snapshot, Any], Decision]
"""What decides one type of command."""

Claims = Mapping[str, int]
"""Pool id to quantity."""


def each(snapshot: Snapshot, claims: Claims, change: Callable[[Pool, int], Pool]) -> list[Pool]:
    """The pools of `claims` after `change`; Stale if one of them is not in the snapshot."""
    return [change(pool_of(snapshot, pool_id), quantity) for pool_id, quantity in claims.items()]


def pool_of(snapshot: Snapshot, pool_id: str) -> Pool:
    """A pool that must exist; Stale if it was inserted while this snapshot waited."""
    try:
        return snapshot.pools[pool_id]
    except KeyError:
        raise Stale(f"pool {pool_id}") from None


def stock_of(snapshot: Snapshot, drop: Drop) -> list[Pool]:
    """The pools of what is sold, as far as the command named them: an item may be a moment old."""
    return [snapshot.pools[pool_id] for pool_id in item_pools(drop) if pool_id in snapshot.pools]


def all_or_nothing(snapshot: Snapshot, claims: Claims, change: Callable[[Pool, int], Pool | None]) -> list[Pool] | Pool:
    """The pools after `change`, or the first pool that has not enough."""
    after: list[Pool] = []
    for pool_id, quantity in claims.items():
        pool = pool_of(snapshot, pool_id)
        changed = change(pool, quantity)
        if changed is None:
            return pool
        after.append(changed)
    return after


def release(snapshot: Snapshot, checkout: Checkout) -> list[Pool]:
    """Give back what the checkout holds."""
    return each(snapshot, checkout.claims.hold, pools.release)


def with_state(
    checkout: Checkout,
    state: CheckoutState,
    *,
    fence: int = 0,
    live_n: int | None = None,
    deadline: datetime | None = None,
) -> Checkout:
    """The checkout in another state; `fence` is added to its own."""
    return Checkout(
        checkout.id,
        checkout.drop_id,
        checkout.buyer,
        state,
        checkout.quote,
        checkout.claims,
        deadline or checkout.deadline,
        checkout.created_at,
        checkout.fence + fence,
        checkout.live_n if live_n is None else live_n,
        checkout.version,
    )


def already(attempt: Attempt) -> Outcome:
    """How an attempt ended, for whoever comes after its end."""
    if attempt.answer is None or attempt.answer_status is None:
        return Ignored(f"attempt is {attempt.state}")
    end = "paid" if attempt.state in ("committed", "captured") else attempt.state
    return Answered(attempt.answer_status, attempt.answer, end, attempt.n)


def tell(checkout_id: str, what: str, at: datetime, detail: str = "", traceparent: str = "") -> Happened:
    """A line for the history of a checkout."""
    return Happened(checkout_id, what, at, detail, traceparent)


def tell_attempt(
    checkout_id: str, n: int, what: str, at: datetime, detail: str = "", traceparent: str = ""
) -> Happened:
    """A line for the history of an attempt."""
    return Happened(attempt_id(checkout_id, n), what, at, detail, traceparent)
