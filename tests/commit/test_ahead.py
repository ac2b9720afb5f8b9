"""Deciding ahead: where enough are waiting, they are decided while others are written, and not written before."""

import asyncio
import itertools

import pytest

from race_to_purchase.commit import combiner
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.ports import Conflict
from race_to_purchase.rules.commands import CloseDrop, Command
from race_to_purchase.rules.decide import Decision, KeyUse, decide
from race_to_purchase.rules.outcomes import AllReserved, Closed, Outcome, Replayed, Reserved
from race_to_purchase.rules.pools import PoolBroken
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.store.postgres import PostgresStore
from tests.commit.watched import Batches, WatchedStore, times
from tests.sale import a_wish, open_sale, recount, shoes

BATCH = 4


@pytest.fixture
async def committer(store: WatchedStore, batches: Batches) -> Committer:
    """One whose batches are soon full."""
    committer = Committer(store, policy="optimistic", batch_max=BATCH, waiting_max=1000, observe=batches)
    await open_sale(committer, items=shoes(10))
    batches.clear()
    store.tries = 0
    return committer


async def storm(committer: Committer, number: int) -> list[Outcome]:
    """So many wishes of different buyers at once."""
    return await asyncio.gather(*(committer.submit(a_wish(f"buyer-{index}")) for index in range(number)))


async def test_the_next_batch_is_read_while_the_one_before_is_written(database_dsn: str, batches: Batches) -> None:
    rows = await PostgresStore.open(database_dsn, connections=2)
    try:
        store = WatchedStore(rows)
        committer = Committer(store, policy="optimistic", batch_max=BATCH, observe=batches)
        await open_sale(committer)
        batches.clear()
        store.tries = 0
        wishes = asyncio.create_task(storm(committer, 3 * BATCH))
        await store.held()
        async with asyncio.timeout(5):
            while store.tries < 2:
                await asyncio.sleep(0.005)
        assert batches == [], "the second is read before the first is committed"
        store.gate.set()
        await wishes
        assert batches.sizes == [BATCH] * 3
    finally:
        await rows.close()


async def test_a_batch_that_fills_up_meanwhile_is_read_while_the_one_before_is_written(
    database_dsn: str, batches: Batches
) -> None:
    rows = await PostgresStore.open(database_dsn, connections=2)
    try:
        store = WatchedStore(rows)
        committer = Committer(store, policy="optimistic", batch_max=BATCH, observe=batches)
        await open_sale(committer)
        batches.clear()
        store.tries = 0
        first = asyncio.create_task(committer.submit(a_wish("first")))
        await store.held()
        wishes = asyncio.create_task(storm(committer, BATCH - 1))
        await asyncio.sleep(0.05)
        assert store.tries == 1, "too few wait: they will be one batch with those who come meanwhile"
        last = asyncio.create_task(committer.submit(a_wish("last")))
        async with asyncio.timeout(5):
            while store.tries < 2:
                await asyncio.sleep(0.005)
        assert batches == []
        store.gate.set()
        await asyncio.gather(first, wishes, last)
        assert batches.sizes == [1, BATCH]
    finally:
        await rows.close()


async def test_the_next_batch_is_on_its_way_before_the_one_before_is_told(
    committer: Committer, store: WatchedStore, batches: Batches
) -> None:
    told: list[int] = []
    store.before_write = lambda _: told.append(len(batches))
    wishes = asyncio.create_task(storm(committer, 2 * BATCH))
    await store.held()
    while store.tries < 2:
        await asyncio.sleep(0)
    store.gate.set()
    await wishes
    assert told == [0, 0]
    assert batches.sizes == [BATCH] * 2


async def test_nothing_is_decided_on_top_of_a_sale_that_is_being_closed(database_dsn: str) -> None:
    rows = await PostgresStore.open(database_dsn, connections=2)
    try:
        store = WatchedStore(rows)
        committer = Committer(store, policy="optimistic", batch_max=BATCH)
        await open_sale(committer)
        closing = asyncio.create_task(committer.submit(CloseDrop("aurora")))
        await store.held()
        wishes = asyncio.create_task(storm(committer, BATCH))
        await asyncio.sleep(0.05)
        store.gate.set()
        await closing
        assert [type(outcome) for outcome in await wishes] == [Closed] * BATCH
    finally:
        await rows.close()


async def test_what_the_batch_before_took_is_taken(committer: Committer, store: WatchedStore) -> None:
    outcomes = await storm(committer, 40)
    assert [type(outcome) for outcome in outcomes] == [Reserved] * 10 + [AllReserved] * 30
    assert store.tries == 10, "no batch was read twice"


async def test_a_buyer_and_a_key_of_the_batch_before_are_known(committer: Committer) -> None:
    key = KeyUse("reserve", "one", b"same")
    wishes = [committer.submit(a_wish("ada"), key if index in (0, 2 * BATCH) else None) for index in range(3 * BATCH)]
    outcomes = await asyncio.gather(*wishes)
    assert isinstance(outcomes[0], Reserved)
    assert isinstance(outcomes[2 * BATCH], Replayed)


async def test_a_batch_on_top_of_one_that_failed_is_decided_again(committer: Committer, store: WatchedStore) -> None:
    store.before_write = times(1, Conflict())
    outcomes = await storm(committer, 40)
    assert [type(outcome) for outcome in outcomes] == [Reserved] * 10 + [AllReserved] * 30


@pytest.mark.parametrize("error", [Conflict(), DatabaseUnavailable(reason="gone")], ids=["conflict", "gone"])
async def test_a_batch_that_could_not_even_be_read_holds_up_nobody_behind_it(
    committer: Committer, store: WatchedStore, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(combiner, "BACK_OFF_S", (0.0, 0.0))
    store.before_read = times(1, error)
    await asyncio.gather(committer.submit(a_wish("first")), return_exceptions=True)
    async with asyncio.timeout(5):
        assert isinstance(await committer.submit(a_wish("late")), Reserved)


async def test_what_was_decided_on_top_of_a_batch_that_was_lost_is_decided_anew(
    committer: Committer, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is what comes after it: of ten shoes the first four buyers would have had eight."""
    monkeypatch.setattr(combiner, "BACK_OFF_S", (0.0, 0.0))
    lose = times(1, DatabaseUnavailable(reason="gone"))

    def lost_and_then_held(snapshot: object) -> None:
        store.gate.clear()
        lose(snapshot)

    wishes = [asyncio.create_task(committer.submit(a_wish(f"buyer-{n}", 2))) for n in range(2 * BATCH)]
    await store.held()
    async with asyncio.timeout(5):
        while store.tries < 2:  # The second batch is decided on top of the first.
            await asyncio.sleep(0)
        store.before_write = lost_and_then_held
        store.gate.set()
        while store.tries < 3:  # The second is decided again.
            await asyncio.sleep(0)
    late = [asyncio.create_task(committer.submit(a_wish(f"late-{n}", 2))) for n in range(BATCH)]
    await asyncio.sleep(0.01)
    store.before_write = lambda _: None
    store.gate.set()
    ends = await asyncio.gather(*wishes, *late, return_exceptions=True)
    lost, again, after = ends[:BATCH], ends[BATCH : 2 * BATCH], ends[2 * BATCH :]
    assert all(isinstance(end, DatabaseUnavailable) for end in lost)
    assert [type(end) for end in again] == [Reserved] * BATCH
    assert [type(end) for end in after] == [Reserved] + [AllReserved] * (BATCH - 1)


async def test_refusals_on_top_of_a_lost_batch_are_not_told(committer: Committer, store: WatchedStore) -> None:
    """Everything is taken by batches that never come to be: nobody may hear that it is."""
    await storm(committer, 8)
    store.before_write = times(100, DatabaseUnavailable(reason="gone"))
    ends = await asyncio.gather(
        *(committer.submit(a_wish(f"late-{index}")) for index in range(3 * BATCH)), return_exceptions=True
    )
    assert all(isinstance(end, DatabaseUnavailable) for end in ends)


async def test_what_cannot_be_decided_on_top_of_another_batch_is_decided_again(
    committer: Committer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Another process had made a buyer's pool meanwhile: its row was read, beside a checkout that was only assumed."""
    decided = itertools.count()

    def broken_once(snapshot: Snapshot, command: Command, key: KeyUse | None) -> Decision:
        if next(decided) == BATCH:
            raise PoolBroken("held -1")
        return decide(snapshot, command, key)

    monkeypatch.setattr(combiner, "decide", broken_once)
    outcomes = await storm(committer, 2 * BATCH)
    assert [type(outcome) for outcome in outcomes] == [Reserved] * 2 * BATCH
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_storm_on_postgresql_sells_what_there_is(database_dsn: str) -> None:
    store = await PostgresStore.open(database_dsn, connections=2)
    try:
        committer = Committer(store, policy="optimistic", batch_max=16, waiting_max=1000)
        await open_sale(committer, items=shoes(300))
        outcomes = await storm(committer, 500)
        assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == 300
        assert sum(isinstance(outcome, AllReserved) for outcome in outcomes) == 200
    finally:
        await store.close()
    assert await recount(database_dsn) == []
