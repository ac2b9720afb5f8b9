"""A snapshot knows what was read and what has changed since, which is all that a store needs to know."""

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.rows import Buyer, Event, Happened, Row, TaskDone, TaskTurned
from race_to_purchase.rules.snapshot import Snapshot, Stale
from tests.samples import (
    NOON,
    a_checkout,
    a_drop_row,
    a_key,
    a_pool,
    a_task,
    an_attempt,
    an_entry,
    an_order,
)


def test_what_was_read_is_updated_and_what_is_new_is_inserted() -> None:
    known, new = a_pool("aurora/item/shoe"), a_pool("aurora/item/lace")
    snapshot = Snapshot(NOON, pools={known.id: known})
    snapshot.put(replace(known, held=1))
    snapshot.put(new)
    assert snapshot.pools.updates() == [replace(known, held=1)]
    assert snapshot.pools.inserts() == [new]


def test_later_decisions_see_earlier_ones() -> None:
    pool = a_pool()
    snapshot = Snapshot(NOON, pools={pool.id: pool})
    snapshot.put(replace(pool, held=1))
    snapshot.put(replace(snapshot.pools[pool.id], sold=1))
    assert snapshot.pools.updates() == [replace(pool, held=1, sold=1)]


def test_inserts_are_sorted_so_that_all_processes_insert_in_one_order() -> None:
    snapshot = Snapshot(NOON)
    for name in "cab":
        snapshot.put(a_pool(f"aurora/item/{name}"))
    assert [pool.id[-1] for pool in snapshot.pools.inserts()] == ["a", "b", "c"]


CHECKOUT = a_checkout()
EVERYTHING: list[Row] = [
    a_pool(),
    CHECKOUT,
    an_attempt(CHECKOUT),
    an_order(CHECKOUT),
    an_entry(an_order(CHECKOUT)),
    a_task(CHECKOUT),
    TaskTurned("x", "capture"),
    TaskDone("x"),
    a_drop_row(),
    a_key(),
    Happened(CHECKOUT.id, "reserved", NOON),
    Event("aurora", "drop_created", NOON, "{}"),
]


@pytest.mark.parametrize("row", EVERYTHING, ids=lambda row: type(row).__name__)
def test_every_row_that_is_put_has_to_be_written(row: Row) -> None:
    snapshot = Snapshot(NOON)
    assert not snapshot.dirty
    snapshot.put(row)
    assert snapshot.dirty


def test_a_buyer_comes_with_the_checkout_that_brought_it() -> None:
    snapshot = Snapshot(NOON)
    snapshot.put(Buyer("ada", "ada@example.org"))
    assert snapshot.buyers == {"ada": Buyer("ada", "ada@example.org")}


def test_an_attempt_that_must_exist_and_was_not_read_is_stale() -> None:
    with pytest.raises(Stale):
        Snapshot(NOON).attempt(CHECKOUT.id, 1)
