"""The scan for what has lapsed: everything live whose deadline has passed, the oldest first, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import DueCheckout, Reads, Store
from race_to_purchase.rules.checkout import EXPIRING, TRANSITIONS
from race_to_purchase.rules.rows import Checkout, Claims
from race_to_purchase.rules.snapshot import Snapshot
from tests.conformance.batches import change, checkouts, insert
from tests.samples import a_checkout

SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def overdue(reads: Reads, limit: int = 10) -> list[DueCheckout]:
    """Everything whose deadline has passed by the store's clock."""
    return list(await reads.overdue(SINCE_EVER, await reads.now(), limit))


def late(now: datetime, by_s: float = 1, **changes: object) -> Checkout:
    """A reservation whose deadline has passed."""
    return replace(a_checkout(deadline=now - timedelta(seconds=by_s)), **changes)


async def test_a_late_checkout_is_told_with_all_its_pools(store: Store, reads: Reads, now: datetime) -> None:
    claims = Claims({"aurora/in-flight/shoe": 1, "aurora/buyer/ada": 1}, {"aurora/item/shoe": 1})
    row = late(now, claims=claims)
    await insert(store, row)
    (due,) = await overdue(reads)
    assert due == DueCheckout(row.id, "aurora", due.pools, row.deadline)
    assert sorted(due.pools) == sorted(claims.pools)


@pytest.mark.parametrize("state", TRANSITIONS)
async def test_only_live_states_are_told(store: Store, reads: Reads, now: datetime, state: str) -> None:
    await insert(store, late(now, state=state))
    assert len(await overdue(reads)) == (state in EXPIRING)


async def test_what_has_time_left_is_not_told(store: Store, reads: Reads, now: datetime) -> None:
    await insert(store, late(now, -3600))
    assert await overdue(reads) == []


async def test_what_has_ended_meanwhile_is_told_no_more(store: Store, reads: Reads, now: datetime) -> None:
    row = late(now)
    await insert(store, row)
    await change(store, checkouts(row.id), lambda _: [replace(row, state="expired")])
    assert await overdue(reads) == []


async def test_what_has_come_back_is_told_again(store: Store, reads: Reads, now: datetime) -> None:
    row = late(now, state="lapsed")
    await insert(store, row)
    await change(store, checkouts(row.id), lambda _: [replace(row, state="paying")])
    assert len(await overdue(reads)) == 1


async def test_the_oldest_come_first_and_no_more_than_asked_for(store: Store, reads: Reads, now: datetime) -> None:
    rows = [late(now, by_s) for by_s in (1, 9, 5, 7, 3)]
    await insert(store, *rows)
    assert [due.id for due in await overdue(reads, 3)] == [rows[1].id, rows[3].id, rows[2].id]


async def test_a_window_leaves_out_what_is_older_and_younger(store: Store, reads: Reads, now: datetime) -> None:
    rows = [late(now, by_s) for by_s in (9, 7, 5, 3, 1)]
    await insert(store, *rows)
    due = await reads.overdue(rows[1].deadline, rows[3].deadline, 10)
    assert [found.id for found in due] == [row.id for row in rows[1:4]]


async def test_the_first_deadline_is_that_of_any_checkout(store: Store, reads: Reads, now: datetime) -> None:
    """A scan that starts there misses nothing, and need not look at all that came before."""
    assert await reads.first_deadline() is None
    rows = [late(now, 5), late(now, 9, state="expired"), late(now, -60)]
    await insert(store, *rows)
    assert await reads.first_deadline() == rows[1].deadline


@pytest.mark.parametrize("lock", [False, True])
async def test_what_somebody_is_working_on_is_left_out(store: Store, reads: Reads, now: datetime, lock: bool) -> None:
    busy, idle = late(now), late(now)
    await insert(store, busy, idle)
    async with store.session() as session:
        await session.read(checkouts(busy.id), lock=lock)
        assert {due.id for due in await overdue(reads)} == ({idle.id} if lock else {busy.id, idle.id})
    assert len(await overdue(reads)) == 2


async def test_the_scan_leaves_no_lock_behind(store: Store, reads: Reads, now: datetime) -> None:
    row = late(now)
    await insert(store, row)
    await overdue(reads)

    def end(_: Snapshot) -> list[Checkout]:
        return [replace(row, state="expired")]

    await change(store, checkouts(row.id), end, lock=True)
