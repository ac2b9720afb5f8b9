"""Two who change the same row: with locks one waits, without them one is told to read again. Nothing is ever lost."""

import asyncio

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Conflict, Reads, Store
from race_to_purchase.rules.line.rows import GrantRow, LineRow, PassGone, PassRow
from race_to_purchase.rules.rows import Row
from race_to_purchase.rules.snapshot import Keys, Snapshot
from tests.conformance.batches import change, checkouts, insert, look, overtaken, pools
from tests.samples import NOON, a_checkout, a_drop_row, a_key, a_pool, an_attempt, an_entry, an_order

LINE = LineRow("aurora", 1, "00", "00" * 32, NOON, 1, "00", "", "00" * 32, "00" * 32, NOON)
PASS = PassRow("aurora", "11" * 16, 1, "aa", NOON)
GRANT = GrantRow("aurora", "22" * 16, "11" * 16, "vip", NOON, NOON, "ops", NOON)

A_WHILE_S = 0.1
"""How long a test watches somebody wait. Slowness cannot make such a test fail."""


def plus_one(pool_id: str, snapshot: Snapshot) -> list[Row]:
    """One more held of a pool."""
    pool = snapshot.pools[pool_id]
    return [replace(pool, held=pool.held + 1)]


class TestWithoutLocks:
    async def test_the_slower_of_two_conflicts_and_writes_nothing(self, store: Store) -> None:
        pool, checkout = a_pool(), a_checkout()
        await insert(store, pool, checkout)
        keys = Keys(pools={pool.id}, checkouts={checkout.id})
        late = [replace(checkout, state="paid"), replace(pool, held=5)]
        with pytest.raises(Conflict):
            await overtaken(
                store, keys, lambda: change(store, keys, lambda _: [replace(checkout, fence=1)]), lambda _: late
            )
        snapshot = await look(store, keys)
        assert snapshot.pools[pool.id] == pool
        assert snapshot.checkouts[checkout.id] == replace(checkout, fence=1, version=1)

    @pytest.mark.parametrize("table", ["drop", "checkout", "attempt"])
    async def test_every_versioned_table_is_compared(self, store: Store, table: str) -> None:
        checkout = a_checkout(live_n=1)
        rows = {"drop": a_drop_row(), "checkout": checkout, "attempt": an_attempt(checkout)}
        keys = Keys({"aurora"}, {checkout.id})
        await insert(store, *rows.values())
        with pytest.raises(Conflict):
            await overtaken(store, keys, lambda: change(store, keys, lambda _: [rows[table]]), lambda _: [rows[table]])

    @pytest.mark.parametrize(
        ("mine", "theirs"),
        [
            (replace(LINE, cursor=5), replace(LINE, leader="other")),
            (replace(PASS, n=2), replace(PASS, browser="bb")),
            (GRANT, replace(GRANT, used_at=NOON)),
            (PassGone("aurora", PASS.tid), replace(PASS, n=2)),
            (replace(PASS, n=2), PassGone("aurora", PASS.tid)),
        ],
    )
    async def test_so_is_every_row_of_a_line(self, store: Store, mine: Row, theirs: Row) -> None:
        """A leader that was frozen, a pass that moved to another browser, a grant that was used: each is found out."""
        keys = Keys(lines={"aurora"}, passes={("aurora", PASS.tid)}, grants={("aurora", GRANT.id)})
        await change(store, keys, lambda _: (LINE, PASS, GRANT))
        with pytest.raises(Conflict):
            await overtaken(store, keys, lambda: change(store, keys, lambda _: [theirs]), lambda _: [mine])

    @pytest.mark.parametrize("overtaken_in", ["pool", "pass"])
    async def test_what_a_line_and_a_pool_become_is_written_together_or_not_at_all(
        self, store: Store, overtaken_in: str
    ) -> None:
        pool = a_pool()
        keys = Keys(pools={pool.id}, passes={("aurora", PASS.tid)})
        await insert(store, pool)
        await change(store, keys, lambda _: [PASS])
        theirs = {"pool": replace(pool, held=pool.capacity), "pass": replace(PASS, n=2)}[overtaken_in]
        mine = [replace(pool, held=5), replace(PASS, n=5)]
        with pytest.raises(Conflict):
            await overtaken(store, keys, lambda: change(store, keys, lambda _: [theirs]), lambda _: mine)
        found = await look(store, keys)
        assert found.pools[pool.id].held != 5
        assert found.line is not None
        assert found.line.passes["aurora", PASS.tid].n != 5

    async def test_what_was_only_read_may_change_meanwhile(self, store: Store) -> None:
        """Decisions that need a row to stay as it is write it; drops are read by all and written by hardly anyone."""
        drop, pool = a_drop_row(), a_pool()
        await insert(store, drop, pool)
        keys = Keys(drops={drop.id}, pools={pool.id})
        await overtaken(
            store, keys, lambda: change(store, keys, lambda _: [drop]), lambda found: plus_one(pool.id, found)
        )
        assert (await look(store, pools(pool.id))).pools[pool.id].held == 1

    async def test_many_who_retry_lose_no_update(self, store: Store) -> None:
        pool = a_pool(capacity=100)
        await insert(store, pool)

        async def take_one() -> None:
            while True:
                try:
                    await change(store, pools(pool.id), lambda found: plus_one(pool.id, found))
                except Conflict:
                    continue
                return

        await asyncio.gather(*(take_one() for _ in range(12)))
        assert (await look(store, pools(pool.id))).pools[pool.id] == replace(pool, held=12, version=12)


class TestWithLocks:
    async def test_a_second_reader_waits_and_sees_what_the_first_wrote(self, store: Store) -> None:
        pool = a_pool()
        await insert(store, pool)
        async with store.session() as first:
            snapshot = await first.read(pools(pool.id), lock=True)
            second = asyncio.create_task(
                change(store, pools(pool.id), lambda found: plus_one(pool.id, found), lock=True)
            )
            await asyncio.wait({second}, timeout=A_WHILE_S)
            assert not second.done()
            snapshot.put(replace(pool, held=5))
            await first.apply(snapshot)
        await second
        assert (await look(store, pools(pool.id))).pools[pool.id] == replace(pool, held=6, version=2)

    async def test_a_checkout_is_locked_too(self, store: Store) -> None:
        checkout = a_checkout()
        await insert(store, checkout)
        async with store.session() as first:
            await first.read(checkouts(checkout.id), lock=True)
            second = asyncio.create_task(change(store, checkouts(checkout.id), lambda _: [], lock=True))
            await asyncio.wait({second}, timeout=A_WHILE_S)
            assert not second.done()
        await second

    async def test_a_lock_ends_with_the_session_that_does_not_apply(self, store: Store) -> None:
        pool = a_pool()
        await insert(store, pool)
        async with store.session() as first:
            await first.read(pools(pool.id), lock=True)
        await change(store, pools(pool.id), lambda found: plus_one(pool.id, found), lock=True)
        assert (await look(store, pools(pool.id))).pools[pool.id].held == 1

    async def test_a_lock_ends_with_apply_not_with_the_session(self, store: Store) -> None:
        pool = a_pool()
        await insert(store, pool)
        async with store.session() as first:
            await first.apply(await first.read(pools(pool.id), lock=True))
            await change(store, pools(pool.id), lambda found: plus_one(pool.id, found), lock=True)

    async def test_a_cancelled_wait_leaves_no_lock(self, store: Store) -> None:
        rows = [a_pool("aurora/item/lace"), a_pool("aurora/item/shoe")]
        await insert(store, *rows)
        keys = pools(*(row.id for row in rows))
        async with store.session() as first:
            await first.read(pools("aurora/item/shoe"), lock=True)
            second = asyncio.create_task(change(store, keys, lambda _: [], lock=True))
            await asyncio.wait({second}, timeout=A_WHILE_S)
            second.cancel()
            await asyncio.wait({second})
        await change(store, keys, lambda found: plus_one("aurora/item/lace", found), lock=True)

    async def test_reading_without_a_lock_never_waits(self, store: Store) -> None:
        pool = a_pool()
        await insert(store, pool)
        async with store.session() as first:
            await first.read(pools(pool.id), lock=True)
            assert (await look(store, pools(pool.id))).pools[pool.id] == pool

    async def test_other_rows_are_free(self, store: Store) -> None:
        shoe, lace = a_pool("aurora/item/shoe"), a_pool("aurora/item/lace")
        await insert(store, shoe, lace)
        async with store.session() as first:
            await first.read(pools(shoe.id), lock=True)
            await change(store, pools(lace.id), lambda found: plus_one(lace.id, found), lock=True)

    async def test_a_write_without_lock_waits_for_the_lock_and_then_conflicts(self, store: Store) -> None:
        pool = a_pool()
        await insert(store, pool)
        async with store.session() as locked:
            sure = await locked.read(pools(pool.id), lock=True)
            hope = asyncio.create_task(change(store, pools(pool.id), lambda _: [replace(pool, held=9)]))
            await asyncio.wait({hope}, timeout=A_WHILE_S)
            assert not hope.done()
            sure.put(replace(pool, held=2))
            await locked.apply(sure)
        with pytest.raises(Conflict):
            await hope
        assert (await look(store, pools(pool.id))).pools[pool.id].held == 2

    async def test_many_with_rows_in_any_order_neither_lose_nor_deadlock(self, store: Store) -> None:
        rows = [a_pool(f"aurora/item/{name}", capacity=100) for name in "abc"]
        checkout = a_checkout()
        await insert(store, *rows, checkout)

        async def take_one(first: str, second: str) -> None:
            keys = Keys(pools={first, second}, checkouts={checkout.id})
            await change(store, keys, lambda found: [*plus_one(first, found), *plus_one(second, found)], lock=True)

        ids = [row.id for row in rows]
        pairs = [(ids[i % 3], ids[(i + step) % 3]) for i in range(6) for step in (1, 2)]
        await asyncio.gather(*(take_one(*pair) for pair in pairs))
        snapshot = await look(store, pools(*ids))
        assert [snapshot.pools[id_].held for id_ in ids] == [8, 8, 8]


class TestTheSameKeyTwice:
    """An absent row takes no lock: the insert decides."""

    async def test_an_insert_of_what_is_there_conflicts_and_writes_nothing(self, store: Store, reads: Reads) -> None:
        checkout = a_checkout(live_n=1)
        order = an_order(checkout)
        twice: dict[str, Row] = {
            "checkout": checkout,
            "attempt": an_attempt(checkout),
            "pool": a_pool(),
            "key": a_key(),
            "order": order,
            "entry": an_entry(order),
        }
        await insert(store, *twice.values())
        for name, row in twice.items():
            beside = a_checkout()
            with pytest.raises(Conflict):
                await insert(store, row, beside)
            assert await reads.checkout(beside.id) is None, name

    async def test_of_two_who_create_a_drop_one_conflicts(self, store: Store, reads: Reads) -> None:
        one, other = [a_drop_row(title="One"), a_pool()], [a_drop_row(title="Other"), a_pool()]
        keys = Keys({"aurora"}, pools={"aurora/item/shoe"})
        with pytest.raises(Conflict):
            await overtaken(store, keys, lambda: insert(store, *one), lambda _: other)
        drop = await reads.drop("aurora")
        assert drop is not None
        assert drop.definition.title == "One"

    @pytest.mark.parametrize("row", [a_key(), a_pool("aurora/buyer/ada")], ids=["key", "pool"])
    async def test_of_many_at_once_one_gets_through(self, store: Store, row: Row) -> None:
        tries = [a_checkout() for _ in range(6)]
        ends = await asyncio.gather(*(insert(store, row, tried) for tried in tries), return_exceptions=True)
        assert [type(end) for end in ends if end is not None] == [Conflict] * 5
        stored = await look(store, checkouts(*(tried.id for tried in tries)))
        assert len(stored.checkouts) == 1
