"""Refunds and disputes over every store: what is written is read again, and who was slower finds out."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Conflict, Reads, Rejected, Store
from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.commands import Authorization, Capture, Dispute, DisputeNews, Refund, RefundSaid
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import RefundStored, Replayed
from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.rules.verdicts import Authorized, Captured, NoAnswer, Refunded
from tests.conformance.batches import change, commit, insert, look
from tests.conformance.test_purchase import POOLS, begin, open_drop, reserve
from tests.samples import NOON, PRICE, a_refund, new_id


async def ordered(store: Store) -> str:
    """An order whose money was taken."""
    await open_drop(store, limit_per_buyer=9)
    id_ = new_id()
    await commit(store, reserve(id_))
    await commit(store, begin(id_))
    await commit(store, Authorization("aurora", id_, POOLS, 1, Authorized("ref", PRICE)))
    await commit(store, Capture("aurora", id_, POOLS, 1, Captured("ref", PRICE), deliver=False))
    return id_


def refund(order_id: str, amount: int | None = None) -> Refund:
    return Refund("aurora", order_id, POOLS, new_id(), amount, "late", False, "shop", frozenset({"sandbox"}), 15.0)


def after(order_id: str) -> Keys:
    """Keys of an order and of what followed it."""
    return Keys(checkouts={order_id}, after={order_id})


async def test_a_refund_from_its_wish_to_its_end(store: Store, reads: Any) -> None:
    id_ = await ordered(store)
    asked = await commit(store, refund(id_))
    assert isinstance(asked, RefundStored)
    assert (await reads.after(id_)).refunds == {(id_, 1): asked.refund}
    (task,) = await reads.take_tasks(["refund"], 10, 0) or [None]
    assert task is None, "it is not due yet"
    await commit(store, RefundSaid("aurora", id_, POOLS, 1, NoAnswer("?"), again_s=0))
    (task,) = await reads.take_tasks(["refund"], 10, 60)
    assert (task.kind, task.checkout_id, task.n, task.tries) == ("refund", id_, 1, 1)
    done = await commit(store, RefundSaid("aurora", id_, POOLS, 1, Refunded("ref", PRICE)))
    assert isinstance(done, RefundStored)
    now = await reads.after(id_)
    assert now.refunds[(id_, 1)] == replace(done.refund, version=2)
    assert now.guards[id_] == Refundable(id_, "EUR", PRICE, refunded=PRICE, version=1)
    assert now.booked[id_].entries == 2
    assert (await reads.checkout(id_)).state == "refunded"
    assert {"refund_requested", "refunded"} <= {line.what for line in await reads.history(id_)}


async def test_its_key_points_to_it_and_then_replays_its_end(store: Store) -> None:
    id_ = await ordered(store)
    use = KeyUse(f"refund {id_} shop", "k", b"digest")
    first = await commit(store, refund(id_, 100), use)
    assert isinstance(first, RefundStored)
    assert await commit(store, refund(id_, 100), use) == first
    done = await commit(store, RefundSaid("aurora", id_, POOLS, 1, Refunded("ref", 100)))
    assert isinstance(done, RefundStored)
    assert done.refund.answer is not None
    assert await commit(store, refund(id_, 100), use) == Replayed(201, done.refund.answer.encode())


async def test_a_dispute_is_listed_by_when_its_evidence_is_due(store: Store, reads: Any) -> None:
    id_ = await ordered(store)
    due = {"soon": NOON + timedelta(days=1), "later": NOON + timedelta(days=9), "never": None}
    for name in ("later", "never", "soon"):
        news = DisputeNews(name, 100, "EUR", "fraudulent", "needs_response", 15, due[name])
        await commit(store, Dispute("aurora", id_, POOLS, "sandbox", "opened", news, NOON))
    assert [row.id for row in await reads.open_disputes(10)] == ["soon", "later", "never"]
    assert [row.id for row in await reads.open_disputes(1)] == ["soon"]
    news = DisputeNews("soon", 100, "EUR", "fraudulent", "lost", 15)
    await commit(store, Dispute("aurora", id_, POOLS, "sandbox", "closed", news, NOON + timedelta(days=2)))
    assert [row.id for row in await reads.open_disputes(10)] == ["later", "never"]
    now = await reads.after(id_)
    row = now.disputes[("sandbox", "soon")]
    assert (row.state, row.due_by, row.closed_at, row.lost) == ("lost", due["soon"], NOON + timedelta(days=2), 100)
    assert (now.guards[id_].disputes, now.guards[id_].lost, now.booked[id_].entries) == (2, 100, 4)


async def test_orders_and_what_followed_them_are_counted(store: Store, reads: Any) -> None:
    disputed, refunded, asked_about = [await ordered(store) for _ in range(3)]
    news = DisputeNews("d", 100, "EUR", "fraudulent", "won", 15)
    await commit(store, Dispute("aurora", disputed, POOLS, "sandbox", "closed", news, NOON))
    await commit(store, refund(refunded, 100))
    await commit(store, RefundSaid("aurora", refunded, POOLS, 1, Refunded("ref", 100)))
    news = DisputeNews("i", 100, "EUR", "fraudulent", "warning_needs_response", 0)
    await commit(store, Dispute("aurora", asked_about, POOLS, "sandbox", "opened", news, NOON))
    counts = await reads.aftersale_counts(NOON - timedelta(days=20_000))
    assert (counts.orders, counts.disputed, counts.refunded, counts.lost) == (3, 1, 1, 0)
    assert counts.chargeback_rate == pytest.approx(1 / 3)


async def test_an_order_that_nothing_followed(store: Store, reads: Any) -> None:
    id_ = await ordered(store)
    now = await reads.after(id_)
    assert (now.guards, now.refunds, now.disputes, now.booked[id_].entries) == ({}, {}, {}, 1)
    assert (await look(store, Keys(checkouts={id_}))).after is None, "whoever does not ask does not pay"
    assert (await reads.after(new_id())).booked == {}


async def test_every_field_survives_the_way(store: Store, reads: Any) -> None:
    id_ = await ordered(store)
    row = a_refund(
        (await look(store, Keys(checkouts={id_}))).checkouts[id_],
        state="failed",
        gateway_ref="re_1",
        failure='"no"',
        ended_at=NOON + timedelta(microseconds=7),
        answer='{"state":"failed","é":1}',
        restock=True,
    )
    dispute = DisputeRow("sandbox", "dp'1", id_, "lost", 5, -3, "JPY", "why \\ not", "lost", NOON, NOON, NOON, NOON, 4)
    await change(store, after(id_), lambda _: (row, dispute, Refundable(id_, "EUR", 9, 1, 2, 3, 4)))
    now = await reads.after(id_)
    assert now.refunds == {(id_, 1): row}
    assert now.disputes == {("sandbox", "dp'1"): dispute}
    assert now.guards == {id_: Refundable(id_, "EUR", 9, 1, 2, 3, 4)}


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("what", ["guard", "refund", "dispute"])
async def test_whoever_was_slower_finds_out(store: Store, what: str, alone: bool) -> None:
    """Both have read what is there now, and both change it; and before that, both make it. With the checkout, as all
    decisions do, and `alone`: each row is compared by its own version."""
    id_ = await ordered(store)
    for _ in range(2):
        async with store.session() as one, store.session() as two:
            first, second = await one.read(after(id_), lock=False), await two.read(after(id_), lock=False)
            for snapshot in (first, second):
                snapshot.put(changed(what, id_, snapshot.aftersale))
                if not alone:
                    snapshot.put(snapshot.checkouts[id_])
            await one.apply(first)
            with pytest.raises(Conflict):
                await two.apply(second)


async def test_a_change_of_one_row_leaves_those_beside_it(store: Store, reads: Any) -> None:
    """Another refund of the order, those of another order, and a dispute that another gateway gave the same name."""
    ids = one, other = await ordered(store), await ordered(store)
    keys = Keys(checkouts=set(ids), after=set(ids))
    guards = [Refundable(id_, "EUR", 100) for id_ in ids]
    refunds = [
        RefundRow(id_, n, new_id(), "requested", 9, "EUR", "sandbox", "ref", "", False, "shop", NOON)
        for id_ in ids
        for n in (1, 2)
    ]
    disputes = [
        DisputeRow(gateway, "dp", one, "open", 5, 0, "EUR", "", "needs_response", NOON, NOON)
        for gateway in ("sandbox", "other")
    ]
    await change(store, keys, lambda _: (*guards, *refunds, *disputes))
    moved = replace(guards[0], pending=7), replace(refunds[1], state="unknown"), replace(disputes[1], status="x")
    await change(store, keys, lambda _: moved)
    now, beside = await reads.after(one), await reads.after(other)
    assert [now.guards[one].pending, beside.guards[other].pending] == [7, 0]
    assert [now.refunds[(one, n)].state for n in (1, 2)] == ["requested", "unknown"]
    assert [beside.refunds[(other, n)].state for n in (1, 2)] == ["requested", "requested"]
    assert [now.disputes[(name, "dp")].status for name in ("sandbox", "other")] == ["needs_response", "x"]


def changed(what: str, id_: str, now: Any) -> RefundRow | DisputeRow | Refundable:
    """Another version of one row, or its first."""
    if what == "guard":
        guard = now.guards.get(id_, Refundable(id_, "EUR", 100))
        return replace(guard, pending=guard.pending + 1)
    if what == "refund":
        first = RefundRow(id_, 1, new_id(), "requested", 9, "EUR", "sandbox", "ref", "", False, "shop", NOON)
        return replace(now.refunds.get((id_, 1), first), state="unknown")
    opened = DisputeRow("sandbox", "dp", id_, "open", 5, 0, "EUR", "", "needs_response", NOON, NOON)
    return replace(now.disputes.get(("sandbox", "dp"), opened), status="under_review")


@pytest.mark.parametrize(
    "wrong", [{"pending": 101}, {"refunded": 60, "lost": 41}, {"pending": -1}, {"refunded": -1}, {"disputes": -1}]
)
async def test_no_guard_lets_more_out_than_came_in(store: Store, reads: Reads, wrong: dict[str, int]) -> None:
    id_ = await ordered(store)
    with pytest.raises(Rejected):
        await change(store, after(id_), lambda _: (replace(Refundable(id_, "EUR", 100), **wrong),))


async def test_a_row_of_its_own_is_not_needed_by_anybody_else(store: Store) -> None:
    """A batch without refunds runs no statement about them, so that a purchase is not slower for it."""
    with pytest.raises(AssertionError):
        await insert(store, Refundable(new_id(), "EUR", 1))
