"""Every command on every pair of states, those that never meet included: it moves by the tables or not at all."""

from collections.abc import Iterator
from itertools import product
from typing import get_args

import pytest
from msgspec.structs import replace

from race_to_purchase.rules import attempt as attempts
from race_to_purchase.rules import checkout as checkouts
from race_to_purchase.rules.commands import Command, NextAttempt, Send
from race_to_purchase.rules.decide import Decision, decide
from race_to_purchase.rules.pools import PoolBroken
from race_to_purchase.rules.rows import Attempt, AttemptState, Checkout, CheckoutState, Claims, Pool
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    Voided,
)
from tests.rules import truths, world
from tests.samples import NOON, PRICE, a_checkout, a_drop_row, an_attempt

PAIRS = list(product(get_args(CheckoutState), get_args(AttemptState)))
ID = "00000000-0000-7000-8000-000000000001"
ILLEGAL = (checkouts.IllegalTransition, attempts.IllegalTransition, PoolBroken)


def commands(checkout: Checkout) -> Iterator[Command]:
    """Everything that can be asked about a checkout and its attempt."""
    authorizations = [Authorized("ref", PRICE), Authorized("ref", 1), Declined("no", False), NoAnswer("?"), Absent()]
    odd = [Prepared("ref"), Captured("ref", PRICE), NotSent("?"), ActionRequired("ref", "https://bank.example")]
    for verdict in (*authorizations, *odd):
        yield world.settle(checkout, verdict)
        yield replace(world.settle(checkout, verdict), then=NextAttempt("backup", "another key", 15.0))
    yield Send(checkout.drop_id, checkout.id, checkout.claims.pools, 1, 15.0)
    for captured in (Captured("ref", PRICE), CaptureRefused("expired"), NoAnswer("?")):
        yield world.captured(checkout, captured, deliver=True)
    for voided in (Voided("ref"), Absent(), NoAnswer("?"), Captured("ref", PRICE), Refunded("ref", PRICE)):
        yield world.voided(checkout, voided)
    yield from (world.begin(checkout), world.cancel(checkout), world.expire(checkout))
    yield from (world.delivered(checkout), world.delivered(checkout, accepted=False, again_s=5))
    yield world.delivered(checkout, accepted=False)


def scene(states: tuple[CheckoutState, AttemptState], *, paid_first: bool, late: bool) -> Snapshot:
    """One checkout with one attempt, and pools that count what its state claims."""
    claims = Claims({"aurora/in-flight/shoe": 1}, {"aurora/item/shoe": 1}) if paid_first else None
    claims = claims or Claims({"aurora/item/shoe": 1})
    checkout = a_checkout(ID, state=states[0], claims=claims, live_n=1, fence=int(states[0] == "lapsed"))
    if late:
        checkout = replace(checkout, deadline=NOON)
    attempt = an_attempt(checkout, state=states[1], fence=0, gateway_ref="ref")
    if states[1] not in attempts.OPEN:
        attempt = replace(attempt, answer_status=200, answer=b"{}")
    pools = {pool_id: counted(pool_id, checkout) for pool_id in claims.pools}
    drop = a_drop_row()
    return Snapshot(NOON, {drop.id: drop}, {checkout.id: checkout}, {(checkout.id, 1): attempt}, pools)


def counted(pool_id: str, checkout: Checkout) -> Pool:
    """A pool that only this checkout uses."""
    _, kind, _ = pool_id.split("/")
    held = checkout.state in checkouts.HOLDING and pool_id in checkout.claims.hold
    return Pool(pool_id, "aurora", kind, 5, int(held), int(checkout.state in checkouts.SOLD))


@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
@pytest.mark.parametrize("paid_first", [False, True], ids=["held", "paid first"])
@pytest.mark.parametrize("states", PAIRS, ids=" ".join)
def test_it_moves_by_the_tables_or_not_at_all(
    states: tuple[CheckoutState, AttemptState], paid_first: bool, late: bool
) -> None:
    for command in commands(scene(states, paid_first=paid_first, late=late).checkouts[ID]):
        snapshot = scene(states, paid_first=paid_first, late=late)
        try:
            decision = decide(snapshot, command)
        except ILLEGAL:
            assert not snapshot.dirty
            continue
        moves_are_legal(states, decision)
        truths.histories_come_with_their_rows([decision])
        pools_follow(snapshot, decision)


def moves_are_legal(states: tuple[CheckoutState, AttemptState], decision: Decision) -> None:
    for row in decision.rows:
        if isinstance(row, Checkout):
            assert row.state in {states[0], *checkouts.TRANSITIONS[states[0]].values()}, decision
        elif isinstance(row, Attempt) and row.n == 1:
            assert states[1] not in attempts.TERMINAL, decision
            assert row.state in truths.reachable(states[1]), decision


def pools_follow(snapshot: Snapshot, decision: Decision) -> None:
    """Whatever state the checkout is in afterwards, its pools count it so."""
    for row in decision.rows:
        snapshot.put(row)
    checkout = snapshot.checkouts[ID]
    for pool in snapshot.pools.values():
        expected = counted(pool.id, checkout)
        assert (pool.held, pool.sold) == (expected.held, expected.sold), decision
