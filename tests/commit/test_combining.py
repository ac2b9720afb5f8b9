"""Combining without a timer: what arrives while a transaction runs is the next one."""

import asyncio

import pytest

from race_to_purchase.commit.committer import Committer
from race_to_purchase.rules.commands import PutDrop
from race_to_purchase.rules.drop import Item, shared_pools
from race_to_purchase.rules.outcomes import AllReserved, Outcome, Reserved
from tests.commit.watched import Batches, WatchedStore
from tests.sale import a_sale, a_wish, open_sale, shoes
from tests.samples import PRICE


async def queue(committer: Committer, number: int) -> list[asyncio.Task[Outcome]]:
    """So many wishes of different buyers, all queued before this returns."""
    tasks = [asyncio.create_task(committer.submit(a_wish(f"buyer-{index}"))) for index in range(number)]
    await asyncio.sleep(0)
    return tasks


class TestBatches:
    @pytest.fixture(autouse=True)
    async def _open(self, committer: Committer, batches: Batches) -> None:
        await open_sale(committer)
        batches.clear()

    async def test_an_idle_committer_commits_one_at_once(self, committer: Committer, batches: Batches) -> None:
        for buyer in "abc":
            assert isinstance(await committer.submit(a_wish(buyer)), Reserved)
        assert batches.sizes == [1, 1, 1]

    async def test_what_arrives_meanwhile_is_one_batch(
        self, committer: Committer, store: WatchedStore, batches: Batches
    ) -> None:
        first = asyncio.create_task(committer.submit(a_wish("first")))
        await store.held()
        others = await queue(committer, 7)
        store.gate.set()
        await asyncio.gather(first, *others)
        assert batches.sizes == [1, 7]

    async def test_a_price_that_changes_within_a_batch_is_paid_from_then_on(
        self, committer: Committer, batches: Batches
    ) -> None:
        dearer = a_sale(items=(Item("shoe", "Shoe", PRICE + 100, 10), Item("lace", "Lace", 500, 100)))
        asked = (a_wish("early"), PutDrop(dearer.id, dearer, tuple(shared_pools(dearer))), a_wish("late"))
        early, _, late = await asyncio.gather(*map(committer.submit, asked))
        assert batches.sizes == [3]
        assert isinstance(early, Reserved)
        assert isinstance(late, Reserved)
        assert (early.checkout.quote.total, late.checkout.quote.total) == (PRICE, PRICE + 100)

    async def test_a_batch_has_a_bound(self, committer: Committer, store: WatchedStore, batches: Batches) -> None:
        first = asyncio.create_task(committer.submit(a_wish("first")))
        await store.held()
        others = await queue(committer, 15)
        store.gate.set()
        await asyncio.gather(first, *others)
        assert batches.sizes == [1, 8, 7]

    async def test_within_a_batch_the_first_to_come_is_the_first_served(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        first = asyncio.create_task(committer.submit(a_wish("first", 8)))
        await store.held()
        others = await queue(committer, 5)
        store.gate.set()
        outcomes = await asyncio.gather(first, *others)
        assert [type(outcome) for outcome in outcomes] == [Reserved] * 3 + [AllReserved] * 3

    async def test_nobody_is_answered_before_the_commit(
        self, committer: Committer, store: WatchedStore, batches: Batches
    ) -> None:
        wish = asyncio.create_task(committer.submit(a_wish()))
        await store.held()
        assert not wish.done()
        assert batches == [], "observers hear of a batch after its COMMIT, never before"
        store.gate.set()
        await wish
        assert batches.sizes == [1]


async def test_one_drop_does_not_hold_up_another(committer: Committer, store: WatchedStore) -> None:
    await open_sale(committer, id="aurora")
    await open_sale(committer, id="borealis")
    store.held_back = lambda snapshot: "borealis" in snapshot.drops
    hangs = asyncio.create_task(committer.submit(a_wish("eve", drop_id="borealis")))
    await store.held()
    assert isinstance(await committer.submit(a_wish("bob", drop_id="aurora")), Reserved)
    assert not hangs.done()
    store.gate.set()
    assert isinstance(await hangs, Reserved)


async def test_stopping_finishes_what_is_queued(committer: Committer, store: WatchedStore, batches: Batches) -> None:
    await open_sale(committer, items=shoes(100))
    first = asyncio.create_task(committer.submit(a_wish("first")))
    await store.held()
    others = await queue(committer, 12)
    stopping = asyncio.create_task(committer.stop(grace_s=60))
    await asyncio.sleep(0)
    store.gate.set()
    await stopping
    assert first.done()
    assert all(isinstance(task.result(), Reserved) for task in others)
    assert batches.sizes == [1, 1, 8, 4]


async def test_what_is_not_finished_in_time_is_let_go_of(
    committer: Committer, store: WatchedStore, batches: Batches
) -> None:
    """Another process goes on from the rows: nothing may be written when this one believes that it has stopped."""
    await open_sale(committer, items=shoes(100))
    first = asyncio.create_task(committer.submit(a_wish("first")))
    await store.held()
    written = len(batches)
    await committer.stop(grace_s=0.01)
    store.gate.set()
    await asyncio.sleep(0.05)
    assert len(batches) == written
    assert not first.done()
    first.cancel()
