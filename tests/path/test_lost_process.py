"""A process is lost in the middle of a payment: another one brings it to its end, from the rows alone.

Lost is whoever's gateway never answers. Some of them come back later, as a process does that was only frozen, and
then find that everything has been done without them.
"""

import asyncio
from typing import NoReturn

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.outcomes import Answered
from race_to_purchase.rules.rows import Checkout
from race_to_purchase.rules.verdicts import Verdict
from tests.path.shop import Process, age, make_due, pass_deadline
from tests.sale import recount, value


class TestTakenOver:
    async def test_after_the_authorization_it_is_committed_and_captured(
        self, shop: Process, other: Process, dsn: str
    ) -> None:
        checkout = await shop.reserve()
        await shop.held(checkout)
        await make_due(dsn)
        await other.owed("resolve")
        assert other.wire.calls == ["look_up", "capture"]
        assert (await other.checkout(checkout)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_before_anything_was_sent_it_is_sent(self, shop: Process, other: Process, dsn: str) -> None:
        """The attempt is stored, and the process is gone before it has spoken to the gateway."""
        checkout = await shop.reserve()
        shop.wire.gateway.authorize = never  # type: ignore[method-assign]
        shop.paying(checkout)
        while (await other.checkout(checkout)).state != "paying":
            await asyncio.sleep(0.01)
        await make_due(dsn)
        await other.owed("resolve")
        assert other.wire.calls == ["look_up", "authorize", "capture"]
        assert await recount(dsn, at_rest=True) == []

    async def test_after_the_pivot_it_is_captured(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout, "capture")
        assert isinstance(await payment, Answered), "a buyer does not wait for the capture"
        await make_due(dsn)
        await other.owed("capture")
        assert (await other.attempt(checkout)).state == "captured"
        assert await recount(dsn, at_rest=True) == []

    async def test_nobody_takes_it_before_its_time(self, shop: Process, other: Process) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout)
        await other.owed("resolve")
        assert other.wire.calls == []
        shop.wire.opened.set()
        assert isinstance(await payment, Answered)

    async def test_who_comes_back_too_late_changes_nothing(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout)
        await make_due(dsn)
        await other.owed("resolve")
        shop.wire.opened.set()
        late = await payment
        await shop.settle()
        assert isinstance(late, Answered)
        assert late.status == 200
        assert await value(dsn, "SELECT count(*) FROM race.journal") == 1
        assert await recount(dsn, at_rest=True) == []

    async def test_two_who_take_it_over_make_one_order(self, shop: Process, other: Process, dsn: str) -> None:
        """Its lease ran out while the first of them was still at it."""
        checkout = await shop.reserve()
        await shop.held(checkout)
        third = await Process.start(dsn)
        other.wire.hold.add("look_up")
        await make_due(dsn)
        first = asyncio.create_task(other.owed("resolve"))
        await other.wire.reached.wait()
        await make_due(dsn)
        await third.owed("resolve")
        other.wire.opened.set()
        await first
        await third.stop()
        assert await value(dsn, "SELECT count(*) FROM race.orders") == 1
        assert await recount(dsn, at_rest=True) == []


class TestTheDeadlinePasses:
    """The claims go back to the others, the attempt stays: what was authorized is reclaimed, or given back."""

    async def test_while_it_is_being_paid_the_stock_is_free_again(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve(quantity=10)
        payment = await shop.held(checkout)
        await pass_deadline(dsn, checkout)
        await shop.expire.tick()
        assert (await shop.checkout(checkout)).state == "lapsed"
        assert await shop.counts() == (0, 0)
        assert await recount(dsn) == []
        shop.wire.opened.set()
        await payment

    async def test_reclaimed_where_there_is_still_stock(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve(quantity=2)
        payment = await shop.held(checkout)
        await pass_deadline(dsn, checkout)
        await shop.expire.tick()
        shop.wire.opened.set()
        paid = await payment
        assert isinstance(paid, Answered)
        assert (paid.status, paid.end) == (200, "paid")
        await shop.settle()
        assert await shop.counts() == (0, 2)
        assert await recount(dsn, at_rest=True) == []

    async def test_given_back_where_it_was_sold_meanwhile(self, shop: Process, dsn: str) -> None:
        late = await shop.reserve("ada", quantity=2)
        payment = await shop.held(late)
        await pass_deadline(dsn, late)
        await shop.expire.tick()
        shop.wire.hold.clear()
        faster = await shop.reserve("bob", quantity=9)
        assert isinstance(await shop.pay(faster), Answered)
        shop.wire.opened.set()
        refused = await payment
        assert isinstance(refused, Answered)
        assert (refused.status, refused.end) == (409, "expired")
        await shop.settle()
        assert (await shop.checkout(late)).state == "expired"
        assert (await shop.attempt(late)).state == "voided"
        assert await shop.counts() == (0, 9)
        assert await recount(dsn, at_rest=True) == []

    async def test_another_process_reclaims_it_too(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        await shop.held(checkout)
        await pass_deadline(dsn, checkout)
        await other.expire.tick()
        await make_due(dsn)
        await other.owed("resolve")
        assert (await other.checkout(checkout)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_what_was_lapsed_is_not_paid_a_second_time(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout)
        await pass_deadline(dsn, checkout)
        await shop.expire.tick()
        again = asyncio.create_task(shop.pay(checkout))
        shop.wire.opened.set()
        assert await again == await payment
        assert await value(dsn, "SELECT count(*) FROM sandbox.payment") == 1

    async def test_what_never_arrived_is_not_sent_any_more(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        await shop.pay(checkout, "pm_lost_request")
        await pass_deadline(dsn, checkout)
        await other.expire.tick()
        await make_due(dsn)
        await other.owed("resolve")
        assert (await other.attempt(checkout)).state == "unknown", "it may still be on its way"
        await age(dsn, 6)
        await make_due(dsn)
        await other.owed("resolve")
        assert (await other.attempt(checkout)).state == "doomed"
        assert (await other.checkout(checkout)).state == "expired"
        await make_due(dsn)
        await other.owed("void")
        assert (await other.attempt(checkout)).state == "doomed", "a frozen process may send it still"
        await age(dsn, 60)
        await make_due(dsn)
        await other.owed("void")
        assert (await other.attempt(checkout)).state == "voided"
        assert await value(dsn, "SELECT count(*) FROM sandbox.payment") == 0
        assert await recount(dsn, at_rest=True) == []

    @pytest.mark.parametrize("dies", [False, True], ids=["hears of it", "dies of it"])
    async def test_an_authorization_after_it_was_given_up_is_voided(
        self, shop: Process, other: Process, dsn: str, dies: bool
    ) -> None:
        """A process was frozen for minutes between storing the attempt and sending it."""
        checkout = await shop.reserve()
        frozen = asyncio.Event()
        authorize = shop.wire.gateway.authorize

        async def thawed(request: PaymentRequest, ref: str | None) -> Verdict:
            await frozen.wait()
            verdict = await authorize(request, ref)
            if dies:
                await never()
            return verdict

        shop.wire.gateway.authorize = thawed  # type: ignore[method-assign]
        payment = shop.paying(checkout)
        while (await other.checkout(checkout)).state != "paying":
            await asyncio.sleep(0.01)
        await pass_deadline(dsn, checkout)
        await other.expire.tick()
        await age(dsn, 6)
        await make_due(dsn)
        await other.owed("resolve")
        attempt = await other.attempt(checkout)
        assert (attempt.state, attempt.decline_code) == ("doomed", "never_received")
        frozen.set()
        if dies:
            while not await value(dsn, "SELECT count(*) FROM sandbox.payment"):
                await asyncio.sleep(0.01)
            await make_due(dsn)
            await other.owed("void")
        else:
            await payment
            await shop.settle()
        assert (await other.attempt(checkout)).state == "voided"
        assert await value(dsn, "SELECT state FROM sandbox.payment") == "voided"
        assert await recount(dsn, at_rest=True) == []


class TestAVoid:
    async def test_without_an_answer_is_repeated_until_there_is_one(
        self, shop: Process, other: Process, dsn: str
    ) -> None:
        shop.wire.lose.add("void")
        late = await self.doomed(shop, dsn)
        await shop.settle()
        assert (await shop.attempt(late)).state == "doomed"
        await make_due(dsn)
        await other.owed("void")
        assert (await shop.attempt(late)).state == "voided"
        assert await recount(dsn, at_rest=True) == []

    async def test_of_a_lost_process_is_taken_over(self, shop: Process, other: Process, dsn: str) -> None:
        shop.wire.gateway.void = never  # type: ignore[method-assign]
        late = await self.doomed(shop, dsn)
        await make_due(dsn)
        await other.owed("void")
        assert (await shop.attempt(late)).state == "voided"
        assert await recount(dsn, at_rest=True) == []

    async def doomed(self, shop: Process, dsn: str) -> Checkout:
        """A checkout whose stock was sold to somebody else while it was authorized."""
        late = await shop.reserve("ada", quantity=2)
        payment = await shop.held(late)
        shop.wire.hold.clear()
        await pass_deadline(dsn, late)
        await shop.expire.tick()
        assert isinstance(await shop.pay(await shop.reserve("bob", quantity=9)), Answered)
        shop.wire.opened.set()
        await payment
        return late


async def test_a_task_whose_step_was_done_meanwhile_does_nothing(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    payment = await shop.held(checkout)
    await make_due(dsn)
    (task,) = await shop.reads.take_tasks(["resolve"], 10, 60)
    shop.wire.opened.set()
    await payment
    await shop.settle()
    before = list(shop.wire.calls)
    for kind in ("resolve", "capture", "void"):
        assert await shop.purchase.take_over(replace(task, kind=kind)) is None
    assert shop.wire.calls == before, "the gateway hears of it no more"
    assert await recount(dsn, at_rest=True) == []


async def never(*_: object) -> NoReturn:
    """The call of a process that is gone."""
    await asyncio.Event().wait()
    raise AssertionError


class TestCapturedBySomebodyElse:
    """An operator captured it at the gateway: what we may keep becomes an order, and the rest is paid back."""

    async def test_is_committed_where_it_may_be(self, shop: Process, other: Process, dsn: str) -> None:
        shop.wire.lose.add("authorize")
        checkout = await shop.reserve()
        await shop.pay(checkout)
        attempt = await shop.attempt(checkout)
        await shop.wire.gateway.capture(f"sbx_{attempt.key}", attempt.amount, f"{attempt.key}-capture")
        await make_due(dsn)
        await other.owed("resolve")
        assert (await other.attempt(checkout)).state == "captured"
        assert (await other.checkout(checkout)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_is_paid_back_where_it_may_not(self, shop: Process, other: Process, dsn: str) -> None:
        late = await shop.reserve("ada", quantity=2)
        payment = await shop.held(late)
        shop.wire.hold.clear()
        await pass_deadline(dsn, late)
        await shop.expire.tick()
        assert isinstance(await other.pay(await other.reserve("bob", quantity=9)), Answered)
        attempt = await shop.attempt(late)
        await other.wire.gateway.capture(f"sbx_{attempt.key}", attempt.amount, f"{attempt.key}-capture")
        shop.wire.lose.add("refund")
        shop.wire.opened.set()
        await payment
        await shop.settle()
        await other.settle()
        assert (await shop.attempt(late)).state == "doomed", "the answer to the refund was lost"
        await make_due(dsn)
        await other.owed("void")
        assert (await shop.attempt(late)).state == "voided"
        assert await value(dsn, "SELECT refunded FROM sandbox.payment WHERE ref = $1", f"sbx_{attempt.key}") == (
            attempt.amount
        )
        assert await value(dsn, "SELECT count(*) FROM sandbox.refund") == 1
        assert await recount(dsn, at_rest=True) == []
