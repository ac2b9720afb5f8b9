"""Real decisions over every store: what rules make of a store's rows is the same whichever store it is."""

import asyncio
from datetime import timedelta

from race_to_purchase.ports import Reads, Store
from race_to_purchase.rules.commands import (
    Authorization,
    BeginPayment,
    Capture,
    Deliver,
    Expire,
    Line,
    PutDrop,
    Reserve,
)
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import Drop, buyer_pool, item_pool, shared_pools
from race_to_purchase.rules.outcomes import Answered, Begun, Replayed, Reserved, SoldOut
from race_to_purchase.rules.verdicts import Authorized, Captured
from tests.conformance.batches import commit
from tests.samples import NOON, PRICE, a_drop, new_id

POOLS = (item_pool("aurora", "shoe"), buyer_pool("aurora", "ada"))


async def open_drop(store: Store, **changes: object) -> Drop:
    """The sample drop, open, its pools made."""
    drop = a_drop(opens_at=NOON - timedelta(days=365), **changes)
    await commit(store, PutDrop(drop.id, drop, tuple(shared_pools(drop))))
    return drop


def reserve(checkout_id: str, buyer: str = "ada") -> Reserve:
    """One shoe."""
    pools = (item_pool("aurora", "shoe"), buyer_pool("aurora", buyer))
    return Reserve("aurora", checkout_id, buyer, (Line("shoe", 1),), pools, email=f"{buyer}@example.org")


def begin(checkout_id: str) -> BeginPayment:
    """The first attempt."""
    return BeginPayment("aurora", checkout_id, POOLS, "ada", "sandbox", f"{checkout_id}/1", "pm_ok", 30)


async def test_a_purchase_from_stock_to_delivery(store: Store, reads: Reads) -> None:
    await open_drop(store)
    id_ = new_id()
    assert isinstance(await commit(store, reserve(id_)), Reserved)
    assert isinstance(await commit(store, begin(id_)), Begun)
    paid = await commit(store, Authorization("aurora", id_, POOLS, 1, Authorized("ref", PRICE)))
    await commit(store, Capture("aurora", id_, POOLS, 1, Captured("ref", PRICE), deliver=True))
    await commit(store, Deliver("aurora", id_, POOLS, 1, accepted=True))

    assert isinstance(paid, Answered)
    checkout, attempt, order = await reads.checkout(id_), await reads.attempt(id_, 1), await reads.order(id_)
    assert checkout is not None
    assert attempt is not None
    assert order is not None
    assert (checkout.state, checkout.version) == ("fulfilled", 3)
    assert (attempt.state, attempt.answer, attempt.version) == ("captured", paid.body, 2)
    assert (order.amount, order.gateway_ref) == (PRICE, "ref")
    assert [(pool.held, pool.sold) for pool in await reads.shared_pools("aurora") if pool.sold] == [(0, 1)]
    told = [line.what for line in await reads.history(id_)]
    assert sorted(told) == sorted(["reserved", "sent", "paid", "committed", "captured", "fulfilled"])
    assert list(await reads.take_tasks(["resolve", "capture", "void", "deliver"], 10, 60)) == []


async def test_a_key_replays_what_was_stored(store: Store) -> None:
    await open_drop(store)
    use = KeyUse("ada POST /v1/checkouts", "k", b"digest")
    first = await commit(store, reserve(new_id()), use)
    again = await commit(store, reserve(new_id()), use)
    assert isinstance(first, Reserved)
    assert isinstance(again, Replayed)
    assert first.checkout.id.encode() in again.body


async def test_stock_comes_back_when_the_deadline_passes(store: Store, reads: Reads) -> None:
    await open_drop(store, reservation_seconds=1)
    id_ = new_id()
    outcome = await commit(store, reserve(id_))
    assert isinstance(outcome, Reserved)
    left = outcome.checkout.deadline - await reads.now()
    await asyncio.sleep(left.total_seconds() + 0.01)
    (due,) = await reads.overdue(outcome.checkout.deadline, await reads.now(), 10)
    await commit(store, Expire("aurora", due.id, due.pools))
    checkout = await reads.checkout(id_)
    assert checkout is not None
    assert checkout.state == "expired"
    assert all(pool.held == 0 for pool in await reads.shared_pools("aurora"))


async def test_the_last_piece_is_sold_once(store: Store) -> None:
    drop = await open_drop(store)
    outcomes = [await commit(store, reserve(new_id(), f"buyer-{i}")) for i in range(12)]
    assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == drop.items[0].stock
    assert not any(isinstance(outcome, SoldOut) for outcome in outcomes), "held is not sold yet"
