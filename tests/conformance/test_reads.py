"""The questions that decide nothing."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from race_to_purchase.ports import Reads, Store
from race_to_purchase.rules.drop import Drop, Item, shared_pools
from race_to_purchase.rules.rows import DropRow, Pool
from race_to_purchase.rules.snapshot import Keys
from tests.conformance.batches import insert, look
from tests.samples import NOON, a_checkout, a_drop, a_drop_row, a_pool, an_attempt, an_entry, an_order, new_id


async def test_what_is_not_there_is_none(reads: Reads) -> None:
    assert await reads.drop("nothing") is None
    assert await reads.checkout(new_id()) is None
    assert await reads.attempt(new_id(), 1) is None
    assert await reads.order(new_id()) is None
    assert await reads.next_deadline("nothing") is None
    assert [*await reads.drops(), *await reads.shared_pools("nothing"), *await reads.history(new_id())] == []


async def test_rows_are_told_as_they_were_written(store: Store, reads: Reads) -> None:
    drop, checkout = a_drop_row(), a_checkout(state="paid", live_n=1)
    attempt = an_attempt(checkout, state="captured", gateway_ref="ref-1")
    order = an_order(checkout)
    await insert(store, drop, checkout, attempt, order, an_entry(order))
    assert await reads.drop(drop.id) == drop
    assert await reads.checkout(checkout.id) == checkout
    assert await reads.attempt(checkout.id, 1) == attempt
    assert await reads.order(order.id) == order


async def test_a_definition_survives_in_every_part(store: Store, reads: Reads) -> None:
    drop = a_drop(
        "Drop_2.0-x",
        title='Ünïcode "quoted" \\ 雪',
        closes_at=NOON + timedelta(microseconds=1),
        flow="payment_first",
        limit_per_buyer=None,
        reservation_seconds=86_400,
    )
    await insert(store, DropRow(drop.id, drop, closed_at=NOON))
    assert await reads.drop(drop.id) == DropRow(drop.id, drop, closed_at=NOON)


async def test_drops_come_the_newest_opening_first(store: Store, reads: Reads) -> None:
    opened = {"b": 2, "a": 3, "c": 1}
    await insert(store, *(a_drop_row(name, opens_at=NOON + timedelta(days=day)) for name, day in opened.items()))
    assert [row.id for row in await reads.drops()] == ["a", "b", "c"]


async def test_shared_pools_leave_out_buyers_and_other_drops(store: Store, reads: Reads) -> None:
    drop = a_drop(flow="payment_first")
    rows = [Pool(pool_id, drop.id, kind, size) for pool_id, (kind, size) in shared_pools(drop).items()]
    others = [a_pool("aurora/buyer/ada"), a_pool("aurora2/item/shoe"), a_pool("auror/item/shoe")]
    await insert(store, *rows, *others)
    assert list(await reads.shared_pools("aurora")) == sorted(rows, key=lambda row: row.id)


async def test_items_with_the_names_of_kinds_do_not_confuse(store: Store, reads: Reads) -> None:
    drop = Drop("item", "Item", NOON, "EUR", (Item("item", "Item", 1, 1), Item("buyer", "Buyer", 1, 1)))
    rows = [Pool(pool_id, drop.id, kind, size) for pool_id, (kind, size) in shared_pools(drop).items()]
    await insert(store, *rows)
    assert {pool.id for pool in await reads.shared_pools("item")} == {"item/item/item", "item/item/buyer"}


class TestNextDeadline:
    async def test_it_is_the_earliest_still_ahead_of_what_is_held(
        self, store: Store, reads: Reads, now: datetime
    ) -> None:
        soon, later, past = (now + timedelta(minutes=minutes) for minutes in (5, 9, -1))
        await insert(
            store,
            a_checkout(state="paying", deadline=later),
            a_checkout(state="reserved", deadline=soon),
            a_checkout(state="reserved", deadline=past),
        )
        assert await reads.next_deadline("aurora") == soon

    async def test_what_holds_nothing_has_none(self, store: Store, reads: Reads, now: datetime) -> None:
        soon = now + timedelta(minutes=5)
        states = ("open", "lapsed", "paid", "fulfilled", "expired", "cancelled", "refunded")
        await insert(store, *(a_checkout(state=state, deadline=soon) for state in states))
        assert await reads.next_deadline("aurora") is None

    async def test_other_drops_do_not_count(self, store: Store, reads: Reads, now: datetime) -> None:
        await insert(store, replace(a_checkout(deadline=now + timedelta(minutes=5)), drop_id="borealis"))
        assert await reads.next_deadline("aurora") is None


async def test_time_is_that_of_decisions(store: Store, reads: Reads) -> None:
    before = await reads.now()
    decided = (await look(store, Keys())).now
    assert before <= decided <= await reads.now()


async def test_a_store_that_works_is_ready(reads: Reads) -> None:
    await reads.ready()
