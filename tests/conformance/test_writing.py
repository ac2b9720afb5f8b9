"""A batch is written whole or not at all; the store alone counts versions and appends histories."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Reads, Rejected, Store
from race_to_purchase.rules.rows import Buyer, Event, Happened, attempt_id
from race_to_purchase.rules.snapshot import Keys
from tests.conformance.batches import change, checkouts, insert, look, pools
from tests.samples import a_checkout, a_drop_row, a_pool, an_attempt, an_entry, an_order


async def test_an_update_raises_the_version_of_what_it_changed(store: Store) -> None:
    drop, pool, other, checkout = a_drop_row(), a_pool(), a_pool("aurora/item/lace"), a_checkout(live_n=1)
    attempt = an_attempt(checkout)
    await insert(store, drop, pool, other, checkout, attempt)
    keys = Keys({drop.id}, {checkout.id}, {pool.id, other.id})
    changed = [
        replace(drop, closed_at=drop.definition.opens_at),
        replace(pool, held=3),
        replace(checkout, state="paying", fence=1),
        replace(attempt, state="declined", decline_code="no_funds", answer_status=402, answer=b"\x00no"),
    ]
    await change(store, keys, lambda _: changed)
    snapshot = await look(store, keys)
    found = [snapshot.drops[drop.id], snapshot.pools[pool.id], snapshot.checkouts[checkout.id]]
    found.append(snapshot.attempt(checkout.id, 1))
    assert found == [replace(row, version=1) for row in changed]
    assert snapshot.pools[other.id].version == 0


async def test_every_column_that_a_decision_may_change_is_stored(store: Store, now: datetime) -> None:
    checkout = a_checkout(live_n=1)
    attempt = an_attempt(checkout)
    await insert(store, checkout, attempt)
    changed = replace(checkout, state="paying", deadline=now + timedelta(hours=1), fence=3, live_n=2)
    ended = replace(
        attempt,
        state="captured",
        gateway_ref="pi_1",
        capture_before=now + timedelta(days=7),
        decline_code="none",
        answer_status=200,
        answer=b"{}",
        next_action="https://bank.example",
    )
    await change(store, checkouts(checkout.id), lambda _: [changed, ended])
    snapshot = await look(store, checkouts(checkout.id))
    assert snapshot.checkouts[checkout.id] == replace(changed, version=1)
    assert snapshot.attempt(checkout.id, 1) == replace(ended, version=1)


async def test_of_two_attempts_the_one_that_is_meant_is_changed(store: Store) -> None:
    checkout = a_checkout(live_n=2)
    first, second = an_attempt(checkout), an_attempt(checkout, 2)
    await insert(store, checkout, first, second)
    await change(store, checkouts(checkout.id), lambda _: [replace(second, state="unknown")])
    snapshot = await look(store, checkouts(checkout.id))
    assert snapshot.attempt(checkout.id, 1) == first
    assert snapshot.attempt(checkout.id, 2) == replace(second, state="unknown", version=1)


async def test_later_puts_of_one_row_win_and_count_once(store: Store) -> None:
    pool = a_pool()
    await insert(store, pool)
    await change(store, pools(pool.id), lambda _: [replace(pool, held=1), replace(pool, held=2)])
    assert (await look(store, pools(pool.id))).pools[pool.id] == replace(pool, held=2, version=1)


async def test_a_row_inserted_and_changed_in_one_batch_is_written_once(store: Store) -> None:
    pool = a_pool()
    await insert(store, pool, replace(pool, held=2))
    assert (await look(store, pools(pool.id))).pools[pool.id] == replace(pool, held=2)


async def test_a_batch_of_many_rows_is_written_whole(store: Store) -> None:
    rows = [a_checkout() for _ in range(200)]
    await insert(store, *rows)
    snapshot = await look(store, checkouts(*(row.id for row in rows)))
    assert dict(snapshot.checkouts) == {row.id: row for row in rows}


async def test_an_empty_batch_can_be_applied(store: Store) -> None:
    pool = a_pool()
    await insert(store, pool)
    await change(store, pools(pool.id), lambda _: [], lock=True)
    assert (await look(store, pools(pool.id))).pools[pool.id] == pool


async def test_histories_are_appended_in_order(store: Store, reads: Reads, now: datetime) -> None:
    checkout = a_checkout(live_n=1)
    lines = [Happened(checkout.id, what, now + timedelta(seconds=at)) for at, what in enumerate(["a", "b", "d"])]
    sent = Happened(attempt_id(checkout.id, 1), "sent", now + timedelta(seconds=1.5), 'a "quoted" \n detail')
    await insert(store, checkout, an_attempt(checkout), lines[0], sent)
    await change(store, checkouts(checkout.id), lambda found: [found.checkouts[checkout.id], *lines[1:]])
    assert list(await reads.history(checkout.id)) == [lines[0], lines[1], sent, lines[2]]


async def test_an_order_is_written_with_its_entry(store: Store, reads: Reads) -> None:
    checkout = a_checkout(state="paid")
    order = an_order(checkout)
    await insert(store, checkout, order, an_entry(order))
    assert await reads.order(order.id) == order


async def test_an_entry_that_does_not_balance_is_rejected_with_its_batch(store: Store, reads: Reads) -> None:
    checkout = a_checkout(state="paid")
    order = an_order(checkout)
    with pytest.raises(Rejected):
        await insert(store, checkout, order, an_entry(order, amounts=(order.amount, -order.amount + 1)))
    assert await reads.order(order.id) is None
    assert await reads.checkout(checkout.id) is None


@pytest.mark.parametrize("amounts", [(5,), (5, -5, 0), ()])
async def test_an_entry_has_an_amount_an_account(store: Store, amounts: tuple[int, ...]) -> None:
    order = an_order(a_checkout())
    with pytest.raises(Rejected):
        await insert(store, order, an_entry(order, amounts=amounts))


@pytest.mark.parametrize("state", ["authorized", "committed", "captured"])
async def test_an_attempt_that_took_money_names_it(store: Store, state: str) -> None:
    checkout = a_checkout(live_n=1)
    with pytest.raises(Rejected):
        await insert(store, checkout, an_attempt(checkout, state=state))


async def test_a_rejected_update_leaves_the_rows_as_they_were(store: Store) -> None:
    pool, checkout = a_pool(), a_checkout()
    await insert(store, pool, checkout)
    keys = Keys(pools={pool.id}, checkouts={checkout.id})
    with pytest.raises(Rejected):
        await change(store, keys, lambda _: [replace(checkout, state="paid"), replace(pool, held=11)], lock=True)
    snapshot = await look(store, keys)
    assert snapshot.checkouts[checkout.id] == checkout
    assert snapshot.pools[pool.id] == pool


async def test_a_buyer_may_come_again_with_another_address(store: Store) -> None:
    """The only row that is written without having been read."""
    for email in ("ada@example.org", "ada@example.org", "ada@example.com"):
        await insert(store, a_checkout(), Buyer("ada", email))


async def test_events_are_taken(store: Store, now: datetime) -> None:
    await insert(store, Event("aurora", "drop_created", now, '{"title": "Aurora"}'))
