"""Carts: kept as they are, written on their version, forgotten when they are old."""

import asyncio

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Carts
from race_to_purchase.rules.cart import Cart
from race_to_purchase.rules.commands import Line
from tests.conformance.conftest import Backend

ADA = Cart("ada", "aurora", (Line("42", 1, 15900), Line("43", 2, 0)))


@pytest.fixture
def carts(backend: Backend) -> Carts:
    """Those of the store."""
    return backend.carts


async def test_a_cart_comes_back_as_it_was_with_the_next_version(carts: Carts) -> None:
    first = await carts.write(ADA)
    assert first is not None
    assert (first.lines, first.version, first.changed_at is not None) == (ADA.lines, 1, True)
    assert await carts.read("ada", "aurora") == first
    second = await carts.write(replace(first, lines=()))
    assert second is not None
    assert (second.lines, second.version) == ((), 2)


async def test_where_none_is_stored_there_is_an_empty_one(carts: Carts) -> None:
    assert await carts.read("ada", "aurora") == Cart("ada", "aurora")


async def test_a_cart_is_one_buyers_in_one_drop(carts: Carts) -> None:
    for buyer, drop in (("ada", "aurora"), ("ada", "borealis"), ("bob", "aurora")):
        await carts.write(Cart(buyer, drop, (Line(f"{buyer} in {drop}", 1, 1),)))
    assert [line.item for line in (await carts.read("ada", "borealis")).lines] == ["ada in borealis"]
    assert [cart.drop_id for cart in await carts.of("ada")] == ["aurora", "borealis"]
    assert await carts.of("eve") == []


async def test_an_empty_cart_is_none_of_a_buyers_but_keeps_its_version(carts: Carts) -> None:
    written = await carts.write(ADA)
    assert written is not None
    await carts.write(replace(written, lines=()))
    assert await carts.of("ada") == []
    assert (await carts.read("ada", "aurora")).version == 2


@pytest.mark.parametrize("version", [0, 2, 3])
async def test_a_version_that_is_not_the_stored_one_changes_nothing(carts: Carts, version: int) -> None:
    await carts.write(ADA)
    assert await carts.write(replace(ADA, lines=(), version=version)) is None
    assert (await carts.read("ada", "aurora")).lines == ADA.lines


async def test_a_version_of_a_cart_that_is_forgotten_changes_nothing(carts: Carts) -> None:
    await carts.write(replace(ADA, drop_id="borealis"))
    await carts.write(replace(ADA, buyer="bob"))
    assert await carts.write(replace(ADA, version=7)) is None
    assert (await carts.read("ada", "aurora")).version == 0


async def test_of_many_who_write_on_one_version_one_does(carts: Carts) -> None:
    for version in (0, 1):
        wishes = [replace(ADA, lines=(Line(str(number), 1, 1),), version=version) for number in range(12)]
        written = [cart for cart in await asyncio.gather(*map(carts.write, wishes)) if cart is not None]
        assert len(written) == 1
        assert await carts.read("ada", "aurora") == written[0]


async def test_old_carts_are_forgotten_a_few_at_a_time(carts: Carts) -> None:
    for buyer in "abc":
        await carts.write(replace(ADA, buyer=buyer))
    assert await carts.forget(3600, 10) == 0
    assert [await carts.forget(-1, 2) for _ in range(3)] == [2, 1, 0]
    assert await carts.read("a", "aurora") == Cart("a", "aurora")
