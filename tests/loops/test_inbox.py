"""Gateways' messages: whatever order they come in, however often, whoever dies over them, it ends the same."""

from __future__ import annotations

import asyncio
from itertools import permutations

import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.loops.inbox import ReadInbox
from race_to_purchase.loops.loop import Loop
from race_to_purchase.rules.outcomes import Answered
from tests.loops.reading import Reader, about, hasten, outcomes, unanswered
from tests.path.shop import Process, pass_deadline
from tests.sale import recount, value


class TestNews:
    async def test_ends_a_payment_whose_answer_was_lost(self, shop: Process, reader: Reader, dsn: str) -> None:
        checkout = await unanswered(shop)
        await reader.keep(about(checkout, "authorized"))
        await reader.read()
        assert (await shop.checkout(checkout)).state == "paid"
        assert (await shop.attempt(checkout)).state == "captured"
        assert await outcomes(dsn) == ["done: asked"]
        assert await recount(dsn, at_rest=True) == []

    async def test_is_asked_for_and_never_believed(self, shop: Process, reader: Reader, dsn: str) -> None:
        """The message says captured, the gateway says authorized: what the gateway says counts."""
        checkout = await unanswered(shop)
        await reader.keep(about(checkout, "captured"), about(checkout, "declined"), about(checkout, "voided"))
        await reader.read()
        assert shop.wire.calls.count("look_up") == 1
        assert (await shop.checkout(checkout)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_after_the_end_of_the_reservation_is_committed_or_undone(
        self, shop: Process, reader: Reader, dsn: str
    ) -> None:
        checkout = await unanswered(shop)
        await pass_deadline(dsn, checkout)
        await shop.expire.tick()
        for buyer in range(10):
            await shop.pay(await shop.reserve(f"buyer-{buyer}"))
        await reader.keep(about(checkout, "authorized"))
        await reader.read()
        assert (await shop.attempt(checkout)).state == "voided"
        assert await recount(dsn, at_rest=True) == []

    async def test_that_the_gateway_does_not_confirm_is_asked_for_again(
        self, shop: Process, reader: Reader, dsn: str
    ) -> None:
        checkout = await unanswered(shop)
        shop.wire.lose.add("look_up")
        await reader.keep(about(checkout, "authorized"))
        await reader.read()
        assert await outcomes(dsn) == ["waiting: not confirmed yet"]
        await hasten(dsn)
        await reader.read()
        assert (await shop.checkout(checkout)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_is_kept_as_it_came_until_it_is_worked_off_and_no_longer(
        self, shop: Process, reader: Reader, dsn: str
    ) -> None:
        """Gateways write names and addresses into what they send."""
        checkout = await unanswered(shop)
        await reader.keep(about(checkout, "authorized"))
        body = "SELECT body FROM race.inbox"
        assert await value(dsn, body) == b"{}"
        await reader.read()
        assert await value(dsn, body) == b""


class TestWhatIsKnown:
    async def test_is_recorded_and_not_asked_for(self, shop: Process, reader: Reader, dsn: str) -> None:
        paid, declined = await shop.reserve("ada"), await shop.reserve("bob")
        await asyncio.gather(shop.pay(paid), shop.pay(declined, "pm_insufficient_funds"))
        await shop.settle()
        await reader.keep(*(about(paid, said) for said in ("open", "authorized", "captured", None)))
        await reader.keep(about(declined, "declined"), about(declined, "open"))
        await reader.read()
        assert "look_up" not in shop.wire.calls
        assert await outcomes(dsn) == ["done: known already"] * 6
        assert reader.work.counted == {("payment", "known already"): 6}

    async def test_control_what_contradicts_it_is_asked_for(self, shop: Process, reader: Reader, dsn: str) -> None:
        declined = await shop.reserve()
        await shop.pay(declined, "pm_insufficient_funds")
        await reader.keep(about(declined, "captured"))
        await reader.read()
        assert await outcomes(dsn) == ["done: asked"]
        assert (await shop.attempt(declined)).state == "declined"

    async def test_a_message_ahead_of_our_own_answer_waits_for_it(
        self, shop: Process, reader: Reader, dsn: str
    ) -> None:
        checkout = await shop.reserve()
        paying = await shop.held(checkout)
        await reader.keep(about(checkout, "authorized"))
        await reader.read()
        assert await outcomes(dsn) == ["waiting: ahead of our answer"]
        shop.wire.opened.set()
        assert isinstance(await paying, Answered)
        await shop.settle()
        await hasten(dsn)
        await reader.read()
        assert "look_up" not in shop.wire.calls
        assert await outcomes(dsn) == ["done: known already"]

    async def test_but_only_once(self, shop: Process, reader: Reader, dsn: str) -> None:
        """An answer that never comes is not waited for any longer."""
        checkout = await shop.reserve()
        paying = await shop.held(checkout)
        await reader.keep(about(checkout, "authorized"))
        await reader.read()
        await hasten(dsn)
        await reader.read()
        assert (await shop.checkout(checkout)).state == "paid"
        shop.wire.opened.set()
        await paying
        await shop.settle()
        assert await recount(dsn, at_rest=True) == []


ARRIVALS = ("our answer", "authorized", "authorized again", "captured")


@pytest.mark.parametrize("order", list(permutations(ARRIVALS)), ids=">".join)
@pytest.mark.parametrize("read_each", [True, False], ids=["one by one", "all at once"])
async def test_every_order_of_arrival_ends_the_same(
    shop: Process, reader: Reader, dsn: str, order: tuple[str, ...], read_each: bool
) -> None:
    """The gateway's messages about one purchase, a copy among them, and its answer to our own call."""
    checkout = await shop.reserve()
    paying = await shop.held(checkout)
    for arrival in order:
        if arrival == "our answer":
            shop.wire.opened.set()
            await paying
        else:
            said, _, copy = arrival.partition(" ")
            await reader.keep(about(checkout, said, id_=f"evt_{said}"))
            assert not copy or order.index("authorized") != order.index(arrival)
        if read_each:
            await hasten(dsn)
            await reader.read()
    await shop.settle()
    for _ in range(2):
        await hasten(dsn)
        await reader.read()
    assert isinstance(await paying, Answered)
    assert (await shop.attempt(checkout)).state == "captured"
    assert await shop.counts() == (0, 1)
    assert {end.partition(":")[0] for end in await outcomes(dsn)} == {"done"}
    assert len(await outcomes(dsn)) == 2, "a copy is no message of its own"
    assert await recount(dsn, at_rest=True) == []


class TestProcesses:
    async def test_share_the_messages(self, shop: Process, reader: Reader, next_reader: Reader, dsn: str) -> None:
        checkouts = [await shop.reserve(f"buyer-{number}") for number in range(10)]
        await asyncio.gather(*(shop.pay(checkout, "pm_answer_lost") for checkout in checkouts))
        await reader.keep(*(about(checkout, "authorized") for checkout in checkouts))
        await asyncio.gather(reader.read(), next_reader.read())
        calls = shop.wire.calls + next_reader.process.wire.calls
        assert calls.count("look_up") == 10
        assert await shop.counts() == (0, 10)
        assert await recount(dsn, at_rest=True) == []

    @pytest.mark.parametrize("what", ["look_up", "capture"])
    async def test_one_that_dies_over_a_message_leaves_it_to_the_next(
        self, shop: Process, reader: Reader, next_reader: Reader, dsn: str, what: str
    ) -> None:
        checkout = await unanswered(shop)
        await reader.keep(about(checkout, "authorized"))
        shop.wire.hold.add(what)
        await reader.work.tick()
        await shop.wire.reached.wait()
        await reader.work.stop()
        await next_reader.read()
        if what == "look_up":
            assert "look_up" not in next_reader.process.wire.calls, "it is leased"
        await hasten(dsn)
        await next_reader.read()
        await next_reader.process.owed("capture")
        assert (await shop.attempt(checkout)).state == "captured"
        shop.wire.opened.set()
        await shop.settle()
        assert await recount(dsn, at_rest=True) == []

    async def test_one_that_comes_too_late_changes_nothing(
        self, shop: Process, reader: Reader, next_reader: Reader, dsn: str
    ) -> None:
        checkout = await unanswered(shop)
        await reader.keep(about(checkout, "authorized"))
        shop.wire.hold.add("look_up")
        await reader.work.tick()
        await shop.wire.reached.wait()
        await hasten(dsn)
        await next_reader.read()
        shop.wire.opened.set()
        await reader.rest()
        assert await outcomes(dsn) == ["done: asked"]
        assert await shop.counts() == (0, 1)
        assert await recount(dsn, at_rest=True) == []


class TestTrouble:
    async def test_with_one_message_does_not_hold_up_the_others(
        self, shop: Process, reader: Reader, dsn: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad, good = await unanswered(shop), await unanswered(shop)
        resolve = shop.purchase.resolve

        async def fails(checkout_id: str, n: int) -> object:
            if checkout_id == bad.id:
                raise ZeroDivisionError("a mistake of the adapter")
            return await resolve(checkout_id, n)

        await reader.keep(about(bad, "authorized"), about(good, "authorized"))
        shop.purchase.resolve = fails  # type: ignore[assignment, method-assign]
        await reader.read()
        assert (await shop.checkout(good)).state == "paid"
        assert "a mistake of the adapter" in caplog.text
        shop.purchase.resolve = resolve  # type: ignore[method-assign]
        await hasten(dsn)
        await reader.read()
        assert (await shop.checkout(bad)).state == "paid"
        assert await recount(dsn, at_rest=True) == []

    async def test_of_the_database_leaves_messages_to_their_lease(
        self, shop: Process, reader: Reader, dsn: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        checkout = await unanswered(shop)

        async def gone(*_: object) -> None:
            raise DatabaseUnavailable(reason="it went away")

        await reader.keep(about(checkout, "authorized"))
        shop.purchase.resolve = gone  # type: ignore[assignment, method-assign]
        await reader.read()
        assert await outcomes(dsn) == ["waiting: "]
        assert "it went away" in caplog.text

    async def test_no_more_is_asked_at_once_than_there_is_room_for(
        self, shop: Process, reader: Reader, dsn: str
    ) -> None:
        reader.work = ReadInbox(shop.wire, reader.inbox, shop.purchase, shop.refunds, at_once=2)
        checkouts = [await unanswered(shop) for _ in range(5)]
        shop.wire.hold.add("look_up")
        await reader.keep(*(about(checkout, "authorized") for checkout in checkouts))
        await reader.work.tick()
        await shop.wire.reached.wait()
        await asyncio.sleep(0.05)
        assert shop.wire.calls.count("look_up") == 2
        shop.wire.opened.set()
        await reader.rest()
        assert await shop.counts() == (0, 5)


async def test_a_nudge_is_worked_on_without_waiting_for_the_next_tick(shop: Process, reader: Reader, dsn: str) -> None:
    loop = Loop(reader.work, interval_s=3600)
    loop.start()
    checkout = await unanswered(shop)
    await reader.keep(about(checkout, "authorized"))
    loop.nudge()
    while (await shop.checkout(checkout)).state != "paid":
        await asyncio.sleep(0.01)
    await loop.stop()
    await shop.settle()
