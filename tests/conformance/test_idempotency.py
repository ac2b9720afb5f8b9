"""Idempotency keys: stored once with their scope, answered byte for byte, forgotten when they are old."""

from datetime import datetime, timedelta

import pytest

from race_to_purchase.ports import Conflict, Reads, Store
from race_to_purchase.rules.rows import StoredKey
from race_to_purchase.rules.snapshot import Keys
from tests.conformance.batches import change, insert, look
from tests.samples import a_checkout, a_key, new_id


async def find(store: Store, *rows: StoredKey) -> list[StoredKey]:
    """Which of the keys are stored."""
    return list((await look(store, Keys(stored={(row.scope, row.key) for row in rows}))).stored.values())


async def test_answers_keep_every_byte(store: Store) -> None:
    row = a_key(answer=bytes(range(256)), fingerprint=bytes(reversed(range(256))))
    await insert(store, row)
    assert await find(store, row) == [row]


async def test_a_key_may_point_to_an_attempt_instead(store: Store) -> None:
    row = a_key(status=None, answer=None, checkout_id=new_id(), attempt_n=3)
    await insert(store, row)
    assert await find(store, row) == [row]


async def test_a_key_belongs_to_its_scope(store: Store) -> None:
    ada, bob = a_key(scope="ada"), a_key(scope="bob", answer=b"other")
    await insert(store, ada)
    await insert(store, bob)
    assert await find(store, ada) == [ada]
    assert await find(store, bob) == [bob]


@pytest.mark.parametrize("key", ["Zoë ☃", "a b", "%", "x" * 255, "A", "a"])
async def test_keys_are_compared_by_every_character(store: Store, key: str) -> None:
    others = [a_key(key=key + "."), a_key(key=key.swapcase() if key.isascii() and key.isalpha() else key[:-1] + "·")]
    await insert(store, *others)
    await insert(store, a_key(key=key))
    assert [row.key for row in await find(store, a_key(key=key))] == [key]


async def test_a_used_key_is_never_overwritten(store: Store) -> None:
    first = a_key(answer=b"first")
    await insert(store, first)
    with pytest.raises(Conflict):
        await insert(store, a_key(answer=b"second"), a_checkout())
    assert await find(store, first) == [first]


async def test_a_key_and_what_it_answers_for_are_one_write(store: Store, reads: Reads) -> None:
    checkout = a_checkout()
    await change(store, Keys(), lambda _: [checkout, a_key()], lock=True)
    assert await reads.checkout(checkout.id) is not None
    assert len(await find(store, a_key())) == 1


class TestForgetting:
    async def test_old_keys_go_and_young_ones_stay(self, store: Store, reads: Reads, now: datetime) -> None:
        old = a_key("old", now=now - timedelta(hours=49))
        young = a_key("young", now=now - timedelta(hours=47))
        await insert(store, old, young)
        assert await reads.forget_keys(48 * 3600, 10) == 1
        assert await find(store, old, young) == [young]

    async def test_no_more_than_the_limit_goes_at_once(self, store: Store, reads: Reads, now: datetime) -> None:
        rows = [a_key(f"key-{i}", now=now - timedelta(days=3)) for i in range(5)]
        await insert(store, *rows)
        assert await reads.forget_keys(48 * 3600, 3) == 3
        assert len(await find(store, *rows)) == 2
        assert await reads.forget_keys(48 * 3600, 3) == 2
        assert await reads.forget_keys(48 * 3600, 3) == 0
