"""A payment, and everything that may happen to it while the process that began it lives."""

import asyncio

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.outcomes import (
    Answered,
    Cancelled,
    InFlight,
    Lapsed,
    Replayed,
    Reserved,
    StillPaying,
    Unknown,
    WrongState,
)
from tests.path.shop import PATIENCE, Process, make_due, pass_deadline
from tests.sale import recount, value


async def test_a_purchase_becomes_an_order_and_its_money_is_captured(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    paid = await shop.pay(checkout)
    assert isinstance(paid, Answered)
    assert (paid.status, msgspec.json.decode(paid.body)["order"]["id"]) == (200, checkout.id)
    await shop.settle()
    assert (await shop.checkout(checkout)).state == "paid"
    assert (await shop.attempt(checkout)).state == "captured"
    assert await shop.counts() == (0, 1)
    assert await recount(dsn, at_rest=True) == []


async def test_after_a_decline_another_card_may_pay(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    declined = await shop.pay(checkout, "pm_insufficient_funds")
    assert isinstance(declined, Answered)
    told = msgspec.json.decode(declined.body)
    assert (declined.status, told["decline_code"], "reserved_until" in told) == (402, "insufficient_funds", True)
    assert await shop.counts() == (1, 0)

    paid = await shop.pay(checkout)
    assert isinstance(paid, Answered)
    await shop.settle()
    assert [(await shop.attempt(checkout, n)).state for n in (1, 2)] == ["declined", "captured"]
    assert await recount(dsn, at_rest=True) == []


async def test_a_decline_is_replayed_and_not_tried_again(shop: Process) -> None:
    checkout = await shop.reserve()
    first = await shop.pay(checkout, "pm_declined", key="k")
    again = await shop.pay(checkout, "pm_declined", key="k")
    assert isinstance(first, Answered)
    assert again == Replayed(402, first.body)
    assert shop.wire.calls == ["authorize"]


async def test_a_decline_after_the_deadline_ends_the_checkout(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    shop.wire.hold.add("authorize")
    payment = shop.paying(checkout, "pm_declined")
    await shop.wire.reached.wait()
    await pass_deadline(dsn, checkout)
    shop.wire.opened.set()
    declined = await payment
    assert isinstance(declined, Answered)
    assert (declined.status, "reserved_until" in msgspec.json.decode(declined.body)) == (402, False)
    assert (await shop.checkout(checkout)).state == "expired"
    assert await shop.counts() == (0, 0)
    assert await recount(dsn, at_rest=True) == []


class TestTwoTabs:
    async def test_the_second_tab_gets_the_answer_of_the_first(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        first = await shop.held(checkout)
        second = shop.paying(checkout, "pm_insufficient_funds", key="second tab")
        await asyncio.sleep(0)
        shop.wire.opened.set()
        assert await first == await second
        await shop.settle()
        assert shop.wire.calls == ["authorize", "capture"]
        assert await recount(dsn, at_rest=True) == []

    async def test_on_another_process_it_is_told_to_wait(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        first = await shop.held(checkout)
        assert await other.pay(checkout) == InFlight(checkout.id, 1)
        shop.wire.opened.set()
        paid = await first
        assert await other.pay(checkout) == paid
        await shop.settle()
        assert await recount(dsn, at_rest=True) == []

    async def test_clicking_everywhere_at_once_pays_once(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        outcomes = await asyncio.gather(*(process.pay(checkout) for process in (shop, other) * 8))
        assert {type(outcome) for outcome in outcomes} <= {Answered, InFlight}
        await asyncio.gather(shop.settle(), other.settle())
        assert await value(dsn, "SELECT count(*) FROM sandbox.payment") == 1
        assert await recount(dsn, at_rest=True) == []

    async def test_it_cannot_be_cancelled_while_it_is_being_paid(self, shop: Process, other: Process) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout)
        refused = await other.purchase.cancel(checkout.id, "ada")
        assert isinstance(refused, WrongState)
        shop.wire.opened.set()
        assert isinstance(await payment, Answered)


class TestTheBuyer:
    async def test_who_hangs_up_has_paid_all_the_same(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout)
        payment.cancel()
        shop.wire.opened.set()
        await shop.settle()
        assert (await shop.checkout(checkout)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_who_cancels_gives_the_stock_back_at_once(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve(quantity=3)
        assert isinstance(await shop.purchase.cancel(checkout.id, "ada"), Cancelled)
        assert await shop.counts() == (0, 0)
        refused = await shop.pay(checkout)
        assert isinstance(refused, WrongState | Lapsed)
        assert await recount(dsn, at_rest=True) == []

    async def test_another_buyers_checkout_does_not_exist(self, shop: Process) -> None:
        checkout = await shop.reserve("ada")
        assert isinstance(await shop.purchase.pay(checkout.id, "eve", "pm_approved"), Unknown)
        assert isinstance(await shop.purchase.cancel(checkout.id, "eve"), Unknown)
        assert await shop.purchase.checkout(checkout.id, "eve") is None
        assert (await shop.checkout(checkout)).state == "reserved"

    async def test_who_pays_too_late_is_told_so_and_nothing_is_sent(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        await pass_deadline(dsn, checkout)
        assert await shop.pay(checkout) == Lapsed(checkout.id)
        assert shop.wire.calls == []


class TestCapture:
    async def test_refused_undoes_the_order_before_anybody_is_told(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve(quantity=2)
        assert isinstance(await shop.pay(checkout, "pm_capture_refused"), Answered)
        await shop.settle()
        assert (await shop.checkout(checkout)).state == "cancelled"
        assert (await shop.attempt(checkout)).state == "capture_failed"
        assert await shop.counts() == (0, 0)
        entries = "SELECT array_agg(kind ORDER BY entry) FROM race.journal"
        assert await value(dsn, entries) == ["sale", "capture_failed"]
        totals = """
            SELECT array_agg(total) FROM (
                SELECT sum(amount)::int AS total FROM race.journal, unnest(amounts, accounts) AS e (amount, account)
                GROUP BY account
            ) AS of_accounts"""
        assert await value(dsn, totals) == [0, 0]
        assert await recount(dsn, at_rest=True) == []

    async def test_whose_answer_is_lost_is_asked_for_again(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        shop.wire.lose.add("capture")
        await shop.pay(checkout)
        await shop.settle()
        assert (await shop.attempt(checkout)).state == "committed"
        await make_due(dsn)
        await other.owed("capture")
        assert (await shop.attempt(checkout)).state == "captured"
        assert await value(dsn, "SELECT captured FROM sandbox.payment") == checkout.quote.total
        assert await recount(dsn, at_rest=True) == []

    async def test_that_is_lost_is_taken_over_within_a_minute_however_long_the_payment_might_have_taken(
        self, shop: Process, dsn: str
    ) -> None:
        patient = Process(shop.store, shop.wire, None, replace(PATIENCE, takeover_s=7200.0))
        checkout = await patient.reserve()
        await patient.held(checkout, "capture")
        wait = "SELECT kind = 'capture' AND due_at <= clock_timestamp() + interval '1 minute' FROM race.task"
        while (await shop.attempt(checkout)).state != "committed":
            await asyncio.sleep(0.01)
        assert await value(dsn, wait)
        shop.wire.opened.set()
        await patient.settle()


async def test_stopping_waits_for_payments_and_for_the_captures_that_follow_them(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    await shop.held(checkout)
    draining = asyncio.create_task(shop.purchase.drain(20))
    await asyncio.sleep(0)
    shop.wire.opened.set()
    await draining
    assert (await shop.attempt(checkout)).state == "captured"
    assert await recount(dsn, at_rest=True) == []


class TestWithoutAnAnswer:
    async def test_a_lost_answer_is_looked_up(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout, "pm_answer_lost", key="k"), StillPaying)
        assert (await shop.attempt(checkout)).state == "unknown"
        await make_due(dsn)
        await other.owed("resolve")
        assert other.wire.calls == ["look_up", "capture"]
        assert (await shop.checkout(checkout)).state == "paid"
        assert isinstance(await shop.pay(checkout, "pm_answer_lost", key="k"), Replayed)
        assert await recount(dsn, at_rest=True) == []

    async def test_a_lost_request_is_sent_again_while_it_is_wanted(
        self, shop: Process, other: Process, dsn: str
    ) -> None:
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout, "pm_lost_request"), StillPaying)
        assert await value(dsn, "SELECT count(*) FROM sandbox.payment") == 0
        await make_due(dsn)
        await other.owed("resolve")  # The sandbox loses it a second time, since this process has not sent it before.
        await make_due(dsn)
        await other.owed("resolve")
        assert (await shop.checkout(checkout)).state == "paid"
        assert await value(dsn, "SELECT count(*) FROM sandbox.payment") == 1
        assert await recount(dsn, at_rest=True) == []

    async def test_another_card_has_to_wait_for_it(self, shop: Process) -> None:
        """Another attempt beside it could charge twice."""
        checkout = await shop.reserve()
        await shop.pay(checkout, "pm_answer_lost")
        assert await shop.pay(checkout, "pm_approved") == InFlight(checkout.id, 1)
        assert shop.wire.calls == ["authorize"]


async def test_stock_that_comes_back_is_sold_to_the_next(shop: Process, dsn: str) -> None:
    first = await shop.reserve("ada", quantity=10)
    assert not isinstance(await shop.try_reserve("bob"), Reserved)
    await pass_deadline(dsn, first)
    await shop.expire.tick()
    second = await shop.reserve("bob", quantity=10)
    assert isinstance(await shop.pay(second), Answered)
    await shop.settle()
    assert await shop.counts() == (0, 10)
    assert await recount(dsn, at_rest=True) == []
