"""A buyer who has to act before the payment goes on: back in time or not at all, and told of by whomever first."""

import asyncio

import pytest

from race_to_purchase.path.patience import Patience
from race_to_purchase.rules.outcomes import Answered, StillPaying, Unknown, WrongState
from race_to_purchase.rules.rows import Checkout
from tests.path.shop import Process, make_due, pass_deadline
from tests.sale import recount, value


async def waiting(shop: Process, method: str = "pm_action_required") -> Checkout:
    """A checkout whose buyer is sent away to act."""
    checkout = await shop.reserve()
    told = await shop.pay(checkout, method, key="k")
    ref = f"sbx_{(await shop.attempt(checkout)).key}"
    assert told == StillPaying(checkout.id, 1, f"/sandbox/actions/{ref}")
    return checkout


async def act(shop: Process, checkout: Checkout) -> str | None:
    """What the buyer does at their bank."""
    return await shop.wire.gateway.act(f"sbx_{(await shop.attempt(checkout)).key}")


class TestWaiting:
    async def test_is_stored_with_where_to_act_and_lasts_longer(self, shop: Process, other: Process) -> None:
        checkout = await waiting(shop)
        attempt = await other.attempt(checkout)
        assert attempt.state == "action_required"
        assert (await other.checkout(checkout)).deadline > checkout.deadline
        shown = await other.purchase.waits(await other.checkout(checkout))
        assert shown == StillPaying(checkout.id, 1, attempt.next_action)

    async def test_every_tab_and_every_repetition_is_sent_to_the_same_place(
        self, shop: Process, other: Process
    ) -> None:
        checkout = await waiting(shop)
        url = (await shop.attempt(checkout)).next_action
        assert await shop.pay(checkout, "pm_action_required", key="k") == StillPaying(checkout.id, 1, url)
        assert await other.pay(checkout, "pm_approved") == StillPaying(checkout.id, 1, url)

    async def test_a_bound_that_leaves_no_room_moves_no_deadline(self, dsn: str, shop: Process) -> None:
        for driver in (shop.purchase, shop.purchase._payments):
            driver._patience = Patience(deadline_extension_max_s=0)
        checkout = await waiting(shop)
        assert (await shop.checkout(checkout)).deadline == checkout.deadline


class TestComingBack:
    async def test_pays_at_once(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await waiting(shop)
        assert isinstance(await other.purchase.returned(checkout.id, "ada"), StillPaying), "too early"
        assert await act(shop, checkout) == "authorized"
        paid = await other.purchase.returned(checkout.id, "ada")
        assert isinstance(paid, Answered)
        assert paid.status == 200
        await other.settle()
        assert (await shop.attempt(checkout)).state == "captured"
        assert await recount(dsn, at_rest=True) == []

    @pytest.mark.parametrize("order", ["return first", "message first", "both at once"])
    async def test_and_the_gateways_message_come_to_the_same(
        self, shop: Process, other: Process, dsn: str, order: str
    ) -> None:
        checkout = await waiting(shop)
        await act(shop, checkout)
        back = shop.purchase.returned(checkout.id, None)
        message = other.purchase.resolve(checkout.id, 1)
        if order == "both at once":
            told = list(await asyncio.gather(back, message))
        else:
            told = [await step for step in ((back, message) if order == "return first" else (message, back))]
        assert [outcome.status for outcome in told if isinstance(outcome, Answered)] == [200, 200]
        await shop.settle()
        await other.settle()
        assert await value(dsn, "SELECT count(*) FROM sandbox.payment WHERE state = 'captured'") == 1
        assert await recount(dsn, at_rest=True) == []

    async def test_after_a_failed_action_another_card_may_pay(self, shop: Process, dsn: str) -> None:
        checkout = await waiting(shop, "pm_action_fails")
        assert await act(shop, checkout) == "declined"
        declined = await shop.purchase.returned(checkout.id, "ada")
        assert isinstance(declined, Answered)
        assert (declined.status, (await shop.attempt(checkout)).decline_code) == (402, "authentication_failed")
        assert isinstance(await shop.pay(checkout), Answered)
        await shop.settle()
        assert await recount(dsn, at_rest=True) == []

    async def test_is_not_for_others_nor_for_what_was_never_begun(self, shop: Process) -> None:
        checkout = await waiting(shop)
        assert await shop.purchase.returned(checkout.id, "mallory") == Unknown("checkout", checkout.id)
        unpaid = await shop.reserve("bob")
        assert isinstance(await shop.purchase.returned(unpaid.id, "bob"), WrongState)

    async def test_after_the_end_tells_the_end(self, shop: Process) -> None:
        checkout = await shop.reserve()
        paid = await shop.pay(checkout)
        assert isinstance(paid, Answered)
        again = await shop.purchase.returned(checkout.id, "ada")
        assert again == Answered(paid.status, paid.body, "paid", 1)


class TestNeverComingBack:
    async def lapsed(self, shop: Process, dsn: str) -> Checkout:
        checkout = await waiting(shop)
        await pass_deadline(dsn, checkout)
        await shop.expire.tick()
        assert (await shop.checkout(checkout)).state == "lapsed"
        assert await shop.counts() == (0, 0)
        return checkout

    async def test_is_voided_so_that_it_can_never_be_authorized_later(
        self, shop: Process, other: Process, dsn: str
    ) -> None:
        checkout = await self.lapsed(shop, dsn)
        await make_due(dsn)
        await other.owed("resolve")
        attempt = await other.attempt(checkout)
        assert (attempt.state, attempt.decline_code) == ("voided", "abandoned")
        assert (await other.checkout(checkout)).state == "expired"
        assert await act(shop, checkout) is None
        assert await recount(dsn, at_rest=True) == []

    async def test_but_a_little_late_is_paid_if_there_is_stock(self, shop: Process, other: Process, dsn: str) -> None:
        checkout = await self.lapsed(shop, dsn)
        await act(shop, checkout)
        paid = await other.purchase.returned(checkout.id, "ada")
        assert isinstance(paid, Answered)
        assert paid.status == 200
        await other.settle()
        assert await recount(dsn, at_rest=True) == []
