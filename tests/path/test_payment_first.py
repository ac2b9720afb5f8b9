"""Payment first: authorize, then claim, then capture; where the claim fails, what was authorized is given back."""

import asyncio

import pytest

from race_to_purchase.rules.outcomes import AllReserved, Answered, Begun, LimitReached, Reserved, SoldOut
from tests.path.shop import Process, make_due, pass_deadline
from tests.sale import recount, shoes, value


@pytest.fixture(autouse=True)
async def _open(shop: Process) -> None:
    """Ten passes whose buyers pay before anything is held for them."""
    await shop.open(id="aurora-2", flow="payment_first", items=shoes(10), limit_per_buyer=10)
    shop.drop_id = "aurora-2"


async def in_flight(dsn: str) -> int:
    return int(await value(dsn, "SELECT held FROM race.pool WHERE kind = 'in-flight'"))


async def test_it_holds_nothing_until_it_is_paid(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve(quantity=3)
    assert (checkout.state, await shop.counts(), await in_flight(dsn)) == ("open", (0, 0), 0)
    payment = await shop.held(checkout)
    assert (await shop.counts(), await in_flight(dsn)) == ((0, 0), 3)
    shop.wire.opened.set()
    paid = await payment
    assert isinstance(paid, Answered)
    assert (paid.status, await shop.counts(), await in_flight(dsn)) == (200, (0, 3), 0)
    await shop.settle()
    assert await recount(dsn, at_rest=True) == []


async def test_whoever_was_slower_gets_the_money_back(shop: Process, dsn: str) -> None:
    """More payments may run at once than there are pieces: the pivot decides who gets them."""
    slow, fast = await shop.reserve("ada", quantity=4), await shop.reserve("bob", quantity=8)
    payment = await shop.held(slow)
    shop.wire.hold.clear()
    assert isinstance(await shop.pay(fast), Answered)
    shop.wire.opened.set()
    refused = await payment
    assert isinstance(refused, Answered)
    assert (refused.status, refused.end) == (409, "sold_out")
    await shop.settle()
    assert (await shop.checkout(slow)).state == "expired"
    assert (await shop.attempt(slow)).state == "voided"
    assert (await shop.counts(), await in_flight(dsn)) == ((0, 8), 0)
    assert await recount(dsn, at_rest=True) == []


async def test_no_more_payments_run_than_a_fifth_above_the_stock(shop: Process, dsn: str) -> None:
    checkouts = [await shop.reserve(f"buyer-{index}") for index in range(14)]
    shop.wire.hold.add("authorize")
    payments = [shop.paying(checkout) for checkout in checkouts]
    while len(shop.wire.calls) < 12:
        await asyncio.sleep(0.01)
    assert await in_flight(dsn) == 12
    shop.wire.opened.set()
    ends = await asyncio.gather(*payments)
    assert sum(isinstance(end, AllReserved) for end in ends) == 2
    assert sorted(end.status for end in ends if isinstance(end, Answered)) == [200] * 10 + [409] * 2
    await shop.settle()
    assert await shop.counts() == (0, 10)
    assert await recount(dsn, at_rest=True) == []


async def test_what_is_sold_out_is_not_even_begun(shop: Process, dsn: str) -> None:
    late = await shop.reserve("late")
    assert isinstance(await shop.pay(await shop.reserve("ada", quantity=10)), Answered)
    assert isinstance(await shop.pay(late), SoldOut)
    assert isinstance(await shop.try_reserve("later"), SoldOut)
    assert shop.wire.calls.count("authorize") == 1
    await shop.settle()
    assert await recount(dsn, at_rest=True) == []


async def test_a_decline_gives_the_place_back_and_another_card_may_try(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    declined = await shop.pay(checkout, "pm_declined")
    assert isinstance(declined, Answered)
    assert ((await shop.checkout(checkout)).state, await in_flight(dsn)) == ("open", 0)
    assert isinstance(await shop.pay(checkout), Answered)
    await shop.settle()
    assert await shop.counts() == (0, 1)
    assert await recount(dsn, at_rest=True) == []


async def test_the_buyers_limit_holds_while_they_pay(shop: Process, dsn: str) -> None:
    first, second = await shop.reserve("ada", quantity=6), await shop.reserve("ada", quantity=6)
    payment = await shop.held(first)
    assert isinstance(await shop.pay(second), LimitReached)
    shop.wire.opened.set()
    assert isinstance(await payment, Answered)
    await shop.settle()
    assert await recount(dsn, at_rest=True) == []


async def test_a_lost_process_is_taken_over(shop: Process, other: Process, dsn: str) -> None:
    checkout = await shop.reserve(quantity=2)
    await shop.held(checkout)
    await make_due(dsn)
    await other.owed("resolve")
    assert (await shop.checkout(checkout)).state == "paid"
    assert await recount(dsn, at_rest=True) == []


@pytest.mark.parametrize(("rival", "end"), [(8, "paid"), (9, "expired")])
async def test_after_its_deadline_it_is_reclaimed_or_given_back(shop: Process, dsn: str, rival: int, end: str) -> None:
    checkout = await shop.reserve("ada", quantity=2)
    payment = await shop.held(checkout)
    shop.wire.hold.clear()
    await pass_deadline(dsn, checkout)
    await shop.expire.tick()
    assert ((await shop.checkout(checkout)).state, await in_flight(dsn)) == ("lapsed", 0)
    assert isinstance(await shop.pay(await shop.reserve("bob", quantity=rival)), Answered)
    shop.wire.opened.set()
    outcome = await payment
    assert isinstance(outcome, Answered)
    assert outcome.end == end
    await shop.settle()
    assert await recount(dsn, at_rest=True) == []


async def test_an_open_checkout_that_expires_gives_nothing_back_twice(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    await pass_deadline(dsn, checkout)
    await shop.expire.tick()
    assert (await shop.checkout(checkout)).state == "expired"
    assert not isinstance(await shop.pay(checkout), Begun | Reserved | Answered)
    assert await recount(dsn, at_rest=True) == []
