"""Two lanes: what follows a gateway call goes first and is never refused or dropped; the others wait within a bound."""

import asyncio

import pytest

from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import Overloaded
from race_to_purchase.rules.outcomes import Answered, Begun, Outcome, Reserved
from tests.commit.watched import Batches, WatchedStore
from tests.sale import a_wish, answered, begin, expired, open_sale, shoes


@pytest.fixture(autouse=True)
async def _open(committer: Committer, batches: Batches) -> None:
    await open_sale(committer, items=shoes(100))
    batches.clear()


async def busy(committer: Committer, store: WatchedStore) -> asyncio.Task[Outcome]:
    """Somebody whose transaction runs until the gate is opened."""
    task = asyncio.create_task(committer.submit(a_wish("somebody")))
    await store.held()
    return task


class TestUrgent:
    async def test_they_go_first(self, committer: Committer, store: WatchedStore, batches: Batches) -> None:
        paying = a_wish("payer")
        assert isinstance(await committer.submit(paying), Reserved)
        assert isinstance(await committer.submit(begin(paying)), Begun)
        await busy(committer, store)
        patient = [asyncio.create_task(committer.submit(a_wish(f"buyer-{index}"))) for index in range(7)]
        await asyncio.sleep(0)
        urgent = asyncio.create_task(committer.submit(answered(paying)))
        await asyncio.sleep(0)
        store.gate.set()
        assert isinstance(await urgent, Answered)
        await asyncio.gather(*patient)
        assert batches[3][0] == answered(paying)
        assert batches.sizes == [1, 1, 1, 8]

    async def test_they_are_taken_where_the_patient_are_refused(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        await busy(committer, store)
        patient = [asyncio.create_task(committer.submit(a_wish(f"buyer-{index}"))) for index in range(16)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await committer.submit(a_wish("too late"))
        urgent = [asyncio.create_task(committer.submit(expired(a_wish()))) for _ in range(20)]
        await asyncio.sleep(0)
        store.gate.set()
        await asyncio.gather(*patient, *urgent)

    async def test_they_come_in_batches_of_a_bound_too(
        self, committer: Committer, store: WatchedStore, batches: Batches
    ) -> None:
        await busy(committer, store)
        urgent = [asyncio.create_task(committer.submit(expired(a_wish()))) for _ in range(20)]
        await asyncio.sleep(0)
        store.gate.set()
        await asyncio.gather(*urgent)
        assert batches.sizes == [1, 8, 8, 4]

    async def test_they_are_taken_while_stopping(self, committer: Committer) -> None:
        paying = a_wish("payer")
        await committer.submit(paying)
        await committer.submit(begin(paying))
        await committer.stop(grace_s=60)
        with pytest.raises(Overloaded):
            await committer.submit(a_wish("too late"))
        assert isinstance(await committer.submit(answered(paying)), Answered)

    async def test_they_are_carried_out_though_their_caller_has_gone(
        self, committer: Committer, store: WatchedStore, batches: Batches
    ) -> None:
        paying = a_wish("payer")
        await committer.submit(paying)
        await committer.submit(begin(paying))
        first = await busy(committer, store)
        urgent = asyncio.create_task(committer.submit(answered(paying), alive=lambda: False))
        await asyncio.sleep(0)
        urgent.cancel()
        store.gate.set()
        await first
        await committer.stop(grace_s=60)
        assert batches[-1] == [answered(paying)]
        assert await store.rows.order(paying.checkout_id) is not None


class TestPatient:
    async def test_whose_caller_has_gone_is_never_decided(self, committer: Committer, store: WatchedStore) -> None:
        first = await busy(committer, store)
        gone, stays = a_wish("gone"), a_wish("stays")
        abandoned = asyncio.create_task(committer.submit(gone, alive=lambda: False))
        waiting = asyncio.create_task(committer.submit(stays, alive=lambda: True))
        await asyncio.sleep(0)
        store.gate.set()
        await first
        with pytest.raises(asyncio.CancelledError):
            await abandoned
        assert isinstance(await waiting, Reserved)
        assert await store.rows.checkout(gone.checkout_id) is None

    async def test_whose_caller_was_cancelled_is_never_decided(self, committer: Committer, store: WatchedStore) -> None:
        first = await busy(committer, store)
        gone = a_wish("gone")
        abandoned = asyncio.create_task(committer.submit(gone))
        await asyncio.sleep(0)
        abandoned.cancel()
        store.gate.set()
        await first
        await committer.stop(grace_s=60)
        assert await store.rows.checkout(gone.checkout_id) is None

    async def test_who_goes_while_it_is_decided_changes_nothing_for_the_others(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        first = await busy(committer, store)
        first.cancel()
        other = asyncio.create_task(committer.submit(a_wish("other")))
        await asyncio.sleep(0)
        store.gate.set()
        assert isinstance(await other, Reserved)
