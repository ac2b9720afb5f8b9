"""Refunds on a real database with the sandbox: paid back once, whoever dies, whatever is lost, whoever takes over."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.path.refund import RefundRequest, Refunds
from race_to_purchase.rules.aftersale import RefundRow
from race_to_purchase.rules.commands import DisputeNews
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Outcome, RefundStored, Replayed, Unknown
from race_to_purchase.rules.refund_outcomes import GatewayGone
from race_to_purchase.rules.rows import Checkout
from tests.path.shop import PATIENCE, Process, make_due
from tests.sale import recount, value
from tests.samples import PRICE, new_id


async def ordered(shop: Process, method: str = "pm_approved") -> Checkout:
    """An order whose money was taken."""
    checkout = await shop.reserve()
    await shop.pay(checkout, method)
    await shop.purchase.drain(60)
    assert (await shop.attempt(checkout)).state == "captured"
    return checkout


async def give_back(shop: Process, checkout: Checkout, amount: int | None = None, *, restock: bool = False) -> Outcome:
    """A refund, for as long as its asker waits."""
    return await shop.refunds.request(RefundRequest(checkout.id, amount, "late", restock, "shop"))


async def held(shop: Process, checkout: Checkout) -> asyncio.Task[Outcome]:
    """A refund that has reached the gateway, and whose answer waits until `opened`."""
    shop.wire.hold.add("refund")
    asking = asyncio.create_task(give_back(shop, checkout))
    await shop.wire.reached.wait()
    return asking


async def row(shop: Process, checkout: Checkout, n: int = 1) -> RefundRow:
    """A refund as it stands now."""
    return (await shop.reads.after(checkout.id)).refunds[(checkout.id, n)]


async def paid_back(dsn: str) -> int:
    """By the gateway's own books."""
    return int(await value(dsn, "SELECT sum(refunded) FROM sandbox.payment"))


async def test_a_part_and_then_all_that_is_left(shop: Process, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    checkout = await ordered(shop)
    first = await give_back(shop, checkout, 900)
    assert isinstance(first, RefundStored)
    assert (first.refund.state, first.refund.amount) == ("done", 900)
    await give_back(shop, checkout, restock=True)
    assert (await shop.checkout(checkout)).state == "returned"
    assert await shop.counts() == (0, 0)
    assert await paid_back(dsn) == PRICE
    assert await recount(dsn, at_rest=True) == []
    assert caplog.records == []


async def test_a_process_that_is_lost_after_the_gateway_did_it_leaves_it_to_another(
    shop: Process, other: Process, dsn: str
) -> None:
    checkout = await ordered(shop)
    asking = await held(shop, checkout)
    await make_due(dsn)
    await other.owed("refund")
    assert other.wire.calls == ["look_up_refund"]
    assert (await row(other, checkout)).state == "done"
    assert await paid_back(dsn) == PRICE
    shop.wire.opened.set()
    late = await asking
    assert isinstance(late, RefundStored)
    assert (await row(shop, checkout)).version == 1, "whoever comes back late changes nothing"
    assert await recount(dsn, at_rest=True) == []


async def test_who_asks_again_meanwhile_is_told_how_it_stands_and_nothing_is_sent_twice(
    shop: Process, dsn: str
) -> None:
    checkout = await ordered(shop)
    wish, key = RefundRequest(checkout.id, None, "late", False, "shop"), KeyUse("refund", "k", b"same")
    shop.wire.hold.add("refund")
    asking = asyncio.create_task(shop.refunds.request(wish, key))
    await shop.wire.reached.wait()
    again = await shop.refunds.request(wish, key)
    assert isinstance(again, RefundStored)
    assert again.refund.state != "done"
    assert shop.wire.calls.count("refund") == 1
    shop.wire.opened.set()
    assert isinstance(await asking, RefundStored)
    assert await paid_back(dsn) == PRICE


async def test_one_that_is_lost_before_the_gateway_heard_of_it_is_sent_by_another(
    shop: Process, other: Process, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = await ordered(shop)

    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(shop.wire, "refund", never)
    asking = asyncio.create_task(give_back(shop, checkout))
    while not (await other.reads.after(checkout.id)).refunds:
        assert not asking.done(), asking
        await asyncio.sleep(0.01)
    await make_due(dsn)
    await other.owed("refund")
    assert other.wire.calls == ["look_up_refund", "refund"]
    assert await paid_back(dsn) == PRICE
    asking.cancel()


async def test_a_lost_answer_is_unknown_and_then_found(shop: Process, dsn: str) -> None:
    checkout = await ordered(shop)
    shop.wire.lose.add("refund")
    told = await give_back(shop, checkout)
    assert isinstance(told, RefundStored)
    assert told.refund.state == "unknown"
    await make_due(dsn)
    await shop.owed("refund")
    assert (await row(shop, checkout)).state == "done"
    assert await paid_back(dsn) == PRICE
    assert await recount(dsn, at_rest=True) == []


async def test_one_that_takes_its_time_is_asked_about_until_it_is_done(shop: Process, dsn: str) -> None:
    checkout = await ordered(shop, "pm_refund_pending")
    told = await give_back(shop, checkout)
    assert isinstance(told, RefundStored)
    assert told.refund.state == "sent"
    await asyncio.sleep(0.2)  # the sandbox's own time
    await make_due(dsn)
    await shop.owed("refund")
    assert (await row(shop, checkout)).state == "done"
    assert (await shop.checkout(checkout)).state == "refunded"


async def test_one_that_the_gateway_refuses_leaves_the_order_standing(shop: Process, dsn: str) -> None:
    checkout = await ordered(shop, "pm_refund_refused")
    told = await give_back(shop, checkout)
    assert isinstance(told, RefundStored)
    assert (told.refund.state, told.refund.failure) == ("failed", "refund_refused")
    assert (await shop.checkout(checkout)).state == "paid"
    assert (await shop.reads.after(checkout.id)).guards[checkout.id].left == PRICE
    assert await recount(dsn, at_rest=True) == []


async def test_one_at_a_gateway_that_is_gone_is_refused_and_leaves_nothing_to_do(shop: Process, dsn: str) -> None:
    checkout = await ordered(shop)
    without = Refunds(shop.committer, shop.reads, {}, patience=PATIENCE)
    outcome = await without.request(RefundRequest(checkout.id, None, "late", restock=False, asked_by="shop"))
    assert outcome == GatewayGone(checkout.id, "sandbox")
    assert await value(dsn, "SELECT count(*) FROM race.task WHERE kind = 'refund'") == 0


async def test_one_that_was_stored_is_told_again_under_its_key_also_when_its_gateway_is_gone(shop: Process) -> None:
    checkout = await ordered(shop)
    wish, key = RefundRequest(checkout.id, 900, "late", False, "shop"), KeyUse("refund", "k", b"same")
    first = await shop.refunds.request(wish, key)
    assert isinstance(first, RefundStored)
    without = Refunds(shop.committer, shop.reads, {}, patience=PATIENCE)
    assert first.refund.answer is not None
    assert await without.request(wish, key) == Replayed(201, first.refund.answer.encode())


async def test_who_has_waited_long_enough_is_told_how_it_stands_and_it_goes_on(shop: Process, dsn: str) -> None:
    checkout = await ordered(shop)
    hasty = Process(shop.store, shop.wire, None, replace(PATIENCE, answer_s=0.01))
    shop.wire.hold.add("refund")
    told = await give_back(hasty, checkout)
    assert isinstance(told, RefundStored)
    assert told.refund.state == "requested"
    shop.wire.opened.set()
    await hasty.refunds.drain(20)
    assert (await row(shop, checkout)).state == "done"
    assert await recount(dsn, at_rest=True) == []


async def test_one_that_goes_wrong_here_is_stored_logged_and_taken_over(
    shop: Process, dsn: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    checkout = await ordered(shop)
    with monkeypatch.context() as broken:
        broken.delattr(type(shop.wire), "refund")
        told = await give_back(shop, checkout)
    assert isinstance(told, RefundStored)
    assert told.refund.state == "requested"
    assert [record.getMessage() for record in caplog.records] == ["a refund failed; its task will be taken over"]
    await make_due(dsn)
    await shop.owed("refund")
    assert await paid_back(dsn) == PRICE


async def test_one_that_is_done_by_now_is_not_asked_about_by_whoever_takes_it_over(shop: Process, dsn: str) -> None:
    checkout = await ordered(shop)
    shop.wire.lose.add("refund")
    await give_back(shop, checkout)
    await make_due(dsn)
    (task,) = await shop.reads.take_tasks(["refund"], 10, 60)
    await shop.refunds.take_over(task)
    asked = len(shop.wire.calls)
    assert await shop.refunds.take_over(task) is None
    assert len(shop.wire.calls) == asked


async def test_stopping_waits_for_refunds_under_way_and_for_nothing_where_there_are_none(
    shop: Process, dsn: str
) -> None:
    await shop.refunds.drain(60)
    checkout = await ordered(shop)
    await held(shop, checkout)
    draining = asyncio.create_task(shop.refunds.drain(60))
    await asyncio.sleep(0)
    shop.wire.opened.set()
    await draining
    assert await paid_back(dsn) == PRICE


class TestMessages:
    async def test_a_dispute_is_taken_down_as_the_gateway_tells_it(self, shop: Process) -> None:
        checkout = await ordered(shop)
        due_by = datetime(2026, 12, 27, 8, tzinfo=UTC)
        opened = DisputeNews("dp_1", PRICE, "EUR", "fraudulent", "needs_response", 1_500, due_by)
        await shop.refunds.disputed(checkout.id, "sandbox", "opened", opened, datetime.now(UTC))
        (dispute,) = await shop.reads.open_disputes(9)
        assert (dispute.id, dispute.order_id, dispute.fee, dispute.due_by) == ("dp_1", checkout.id, 1_500, due_by)
        won = replace(opened, status="won", fee=0)
        await shop.refunds.disputed(checkout.id, "sandbox", "closed", won, datetime.now(UTC))
        assert await shop.reads.open_disputes(9) == []

    async def test_one_about_a_refund_makes_it_looked_at(self, shop: Process) -> None:
        checkout = await ordered(shop)
        shop.wire.lose.add("refund")
        await give_back(shop, checkout, 100)
        await shop.refunds.look_again(checkout.id)
        assert (await row(shop, checkout)).state == "done"

    async def test_what_the_gateway_refused_is_not_asked_about_again(self, shop: Process) -> None:
        checkout = await ordered(shop, "pm_refund_refused")
        await give_back(shop, checkout)
        assert await shop.refunds.look_again(checkout.id) == []
        assert "look_up_refund" not in shop.wire.calls

    async def test_one_about_no_order_is_unknown(self, shop: Process) -> None:
        news = DisputeNews("dp_1", PRICE, "EUR", "fraudulent", "needs_response")
        told = await shop.refunds.disputed(new_id(), "sandbox", "opened", news, datetime.now(UTC))
        assert isinstance(told, Unknown)
        assert [type(outcome) for outcome in await shop.refunds.look_again(new_id())] == [Unknown]
        assert isinstance(await shop.refunds.request(RefundRequest(new_id(), 1, "late", False, "shop")), Unknown)
