"""Payments over several gateways: who takes over from whom, and the queue before one that is slow."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from race_to_purchase.loops.owed import Owed
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.route import PAUSE_S, Router, Rule
from race_to_purchase.rules.outcomes import Answered, NoGateway, StillPaying
from race_to_purchase.rules.verdicts import Declined, NotSent
from tests.path.several import Start, paid, start
from tests.path.shop import make_due, pass_deadline

__all__ = ["start"]


class TestTakingOver:
    async def test_what_one_declines_for_now_another_takes_and_captures_once(self, start: Start) -> None:
        shop = await start(first="declines", second="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "declined"), ("second", "captured")]
        assert await shop.captured() == [checkout.quote.total]

    async def test_what_was_never_sent_goes_elsewhere(self, start: Start) -> None:
        shop = await start(first="unreachable", second="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "declined"), ("second", "captured")]
        assert await shop.captured() == [checkout.quote.total]

    @pytest.mark.parametrize(
        ("gives_up", "then"),
        [(False, [("first", "unknown")]), (True, [("first", "doomed"), ("second", "unknown")])],
        ids=["waited for", "given up where the rule says so"],
    )
    async def test_what_somebody_sent_before_is_silence_though_it_cannot_be_sent_again(
        self, start: Start, monkeypatch: pytest.MonkeyPatch, gives_up: bool, then: list[tuple[str, str]]
    ) -> None:
        """Also where the gateway does not know it yet: the first request may still arrive."""
        shop = await start(first="well", second="well")
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout, "pm_lost_request"), StillPaying)
        rules = [Rule("first", unknown_fails_over=gives_up), Rule("second", cost_fixed=1)]
        other = await start(rules=rules, first="well", second="well")

        async def refuse(*_: object) -> NotSent:
            return NotSent("too many requests", retry_after_s=0.0)

        monkeypatch.setattr(other.sandboxes[0], "authorize", refuse)
        await make_due(shop.dsn)
        await Owed("resolve", other.purchase, other.reads).tick()
        assert await other.attempts(checkout) == then

    async def test_all_gateways_are_tried_once(self, start: Start) -> None:
        shop = await start(first="declines", second="unreachable", third="declines")
        checkout = await shop.reserve()
        outcome = await shop.pay(checkout)
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.end) == (402, "declined")
        assert [gateway for gateway, _ in await shop.attempts(checkout)] == ["first", "second", "third"]
        assert await shop.captured() == []

    async def test_another_card_may_go_where_the_one_before_has_been(self, start: Start) -> None:
        shop = await start(first="declines", second="well")
        checkout = await shop.reserve()
        refused = await shop.pay(checkout, "pm_declined")
        assert isinstance(refused, Answered)
        assert refused.end == "declined"
        assert paid(await shop.pay(checkout))
        assert [gateway for gateway, _ in await shop.attempts(checkout)] == ["first", "second", "first", "second"]

    async def test_what_the_buyer_has_to_mend_goes_nowhere(self, start: Start) -> None:
        shop = await start(first="well", second="well")
        for buyer, method in (("ada", "pm_declined"), ("bob", "pm_expired_card"), ("cy", "pm_insufficient_funds")):
            checkout = await shop.reserve(buyer)
            outcome = await shop.pay(checkout, method)
            assert isinstance(outcome, Answered)
            assert outcome.end == "declined"
            assert await shop.attempts(checkout) == [("first", "declined")]

    async def test_silence_is_waited_for(self, start: Start) -> None:
        shop = await start(first="silent", second="well")
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), StillPaying)
        assert await shop.attempts(checkout) == [("first", "unknown")]

    async def test_silence_is_given_up_where_the_gateway_s_rule_says_so(self, start: Start) -> None:
        rules = [Rule("first", unknown_fails_over=True), Rule("second", cost_fixed=1)]
        shop = await start(rules=rules, first="silent", second="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "doomed"), ("second", "captured")]
        assert await shop.captured() == [checkout.quote.total]

    async def test_an_open_breaker_sends_what_is_new_elsewhere(self, start: Start) -> None:
        shop = await start(first="unreachable", second="well")
        for buyer in ("ada", "bob"):
            await shop.pay(await shop.reserve(buyer))
        assert not shop.router.gateway("first").open
        checkout = await shop.reserve("carol")
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("second", "captured")]

    async def test_the_buyer_s_country_counts_in_taking_over_too(self, start: Start) -> None:
        rules = [
            Rule("first", countries=frozenset({"DE"})),
            Rule("second", countries=frozenset({"FR"})),
            Rule("third", countries=frozenset({"DE", "FR"}), cost_fixed=1),
        ]
        shop = await start(rules=rules, first="declines", second="well", third="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout, country="DE"))
        assert await shop.attempts(checkout) == [("first", "declined"), ("third", "captured")]
        nowhere = await shop.reserve("bob")
        assert await shop.pay(nowhere) == NoGateway(nowhere.id, PAUSE_S)

    async def test_the_buyer_s_country_counts_in_another_process_too(self, start: Start) -> None:
        rules = [Rule("first"), Rule("second", countries=frozenset({"DE"}), cost_fixed=1)]
        shop = await start(rules=rules, limits=Limits(per_operation=0.01), first="declines", second="well")
        for n in range(2):
            await shop.pay(await shop.reserve(f"buyer-{n}"))
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout, country="DE"), StillPaying)
        shop.die()
        other = await start(rules=rules, first="declines", second="well")
        await make_due(shop.dsn)
        await Owed("resolve", other.purchase, other.reads).tick()
        assert await other.attempts(checkout) == [("first", "declined"), ("second", "captured")]


class TestDraining:
    async def test_a_drained_gateway_finishes_what_was_begun_and_begins_nothing(self, start: Start) -> None:
        shop = await start(first="well", second="well")
        begun = await shop.reserve("ada")
        paying = asyncio.create_task(shop.pay(begun, "pm_slow"))
        while not (await shop.reads.checkout(begun.id)).live_n:  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
        await shop.gateways.drain("first", "maintenance", "ops")
        fresh = await shop.reserve("bob")
        assert paid(await shop.pay(fresh))
        assert paid(await paying)
        assert await shop.attempts(begun) == [("first", "captured")]
        assert await shop.attempts(fresh) == [("second", "captured")]

    async def test_another_process_hears_of_it(self, start: Start) -> None:
        shop = await start(first="well", second="well")
        other = await start(first="well", second="well")
        await shop.gateways.drain("first", "maintenance", "ops")
        await other.gateways.follow()
        checkout = await other.reserve()
        assert paid(await other.pay(checkout))
        assert await other.attempts(checkout) == [("second", "captured")]
        await shop.gateways.resume("first", "", "ops")
        await other.gateways.follow()
        checkout = await other.reserve("bob")
        assert paid(await other.pay(checkout))
        assert await other.attempts(checkout) == [("first", "captured")]

    async def test_where_all_are_drained_nothing_is_begun_and_the_reservation_stands(self, start: Start) -> None:
        shop = await start(first="well")
        await shop.gateways.drain("first", "maintenance", "ops")
        checkout = await shop.reserve()
        assert await shop.pay(checkout) == NoGateway(checkout.id, PAUSE_S)
        await shop.gateways.resume("first", "", "ops")
        assert paid(await shop.pay(checkout))


class TestTheQueue:
    async def test_forty_buyers_before_a_slow_gateway_are_all_served_in_order(
        self, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = await start(limits=Limits(per_operation=20), first="well")
        paced, entered = shop.router.gateway("first"), list[str]()
        enter = paced.enter
        monkeypatch.setattr(paced, "enter", lambda key: (entered.append(key), enter(key)))
        checkouts = [await shop.reserve(f"buyer-{n}") for n in range(40)]
        answers = await asyncio.gather(*map(shop.pay, checkouts))
        queued = [answer.queued for answer in answers if isinstance(answer, StillPaying) and answer.queued]
        assert len(queued) > 10
        last = await shop.reads.checkout(checkouts[-1].id)
        assert last is not None
        told = await shop.purchase.waits(last)
        assert told is not None
        positions = [told.queued or 0]
        while told is not None:
            positions.append(told.queued or 0)
            await asyncio.sleep(0.05)
            last = await shop.reads.checkout(last.id)
            assert last is not None
            told = await shop.purchase.waits(last)
        assert positions == sorted(positions, reverse=True)
        assert positions[0] > 1
        assert [await shop.attempts(checkout) for checkout in checkouts] == [[("first", "captured")]] * 40
        placed = {}
        for checkout in checkouts:
            order = await shop.reads.order(checkout.id)
            assert order is not None
            placed[(await shop.attempt(checkout)).key] = order.placed_at
        served = sorted(entered, key=placed.__getitem__)
        # Those that leave within the slack of the meter may arrive in any order.
        assert max(abs(entered.index(key) - n) for n, key in enumerate(served)) <= 5

    async def test_the_deadline_counts_the_queue_in(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=0.01), first="well")
        checkouts = [await shop.reserve(f"buyer-{n}") for n in range(8)]
        answers = [await shop.pay(checkout) for checkout in checkouts[-6:]]
        assert [type(answer) for answer in answers].count(StillPaying) >= 4
        last = await shop.reads.checkout(checkouts[-1].id)
        assert last is not None
        # Some 400 seconds of queue, before a reservation of 300.
        assert timedelta(seconds=60) < last.deadline - checkouts[-1].deadline < timedelta(seconds=320)
        assert (await shop.attempt(checkouts[-1])).state == "prepared"
        shop.die()

    async def test_every_process_tells_the_place(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=0.01), first="well")
        other = await start(first="well")
        checkouts = [await shop.reserve(f"buyer-{n}") for n in range(5)]
        for checkout in checkouts:
            paying = asyncio.create_task(shop.pay(checkout))
            while not (await shop.reads.checkout(checkout.id)).live_n:  # type: ignore[union-attr]
                await asyncio.sleep(0.01)
            await asyncio.wait([paying], timeout=0.5)
        told = []
        for process in (shop, other):
            waits = [
                await process.purchase.waits(row) for row in [await shop.reads.checkout(c.id) for c in checkouts] if row
            ]
            told.append([wait.queued for wait in waits if wait is not None and wait.queued])
        assert told[0] == told[1] == [1, 2, 3]
        shop.die()

    async def test_who_has_nothing_to_pay_gives_the_place_back(self, start: Start) -> None:
        shop = await start(limits=Limits(at_once=1), first="well")
        cancelled = await shop.reserve()
        await shop.purchase.cancel(cancelled.id, cancelled.buyer)
        assert not paid(await shop.pay(cancelled))
        twice = await shop.reserve("bob")
        await asyncio.gather(shop.pay(twice), shop.pay(twice))
        assert paid(await shop.pay(await shop.reserve("cy")))
        await shop.purchase.drain(10)
        counted = shop.router.gateway("first").counted()
        assert (counted.waiting, counted.at_work) == (0, 0)

    async def test_who_may_not_go_elsewhere_after_all_gives_the_place_there_back(
        self, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = await start(limits=Limits(at_once=1), first="well", second="well")
        checkout = await shop.reserve()

        async def decline_too_late(*_: object) -> Declined:
            await pass_deadline(shop.dsn, checkout)
            return Declined("issuer_unavailable", retryable=True)

        monkeypatch.setattr(shop.sandboxes[0], "authorize", decline_too_late)
        assert not paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "declined")]
        counted = shop.router.gateway("second").counted()
        assert (counted.waiting, counted.at_work) == (0, 0)

    async def test_a_turn_that_comes_after_the_deadline_sends_nothing(self, start: Start) -> None:
        shop = await start(limits=Limits(at_once=1), first="well")
        paced = shop.router.gateway("first")
        paced._counters.mean_s = 1.0
        for key in ("before", "too"):
            paced.enter(key)
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), StillPaying)
        waiting = shop.purchase._payments.running(checkout.id)
        assert waiting is not None
        await pass_deadline(shop.dsn, checkout)
        for key in ("before", "too"):
            paced.leave(key)
        assert await shop.attempts(checkout) == [("first", "declined")]
        told = await waiting
        assert isinstance(told, Answered)
        assert told.end == "expired"
        assert paced.counted().authorizations == {}
        assert (paced.counted().waiting, paced.counted().at_work) == (0, 0)
        ended = await shop.reads.checkout(checkout.id)
        assert ended is not None
        assert ended.state == "expired"

    async def test_a_queue_that_died_with_its_process_is_taken_over(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=0.01), first="well")
        for n in range(2):
            await shop.pay(await shop.reserve(f"buyer-{n}"))
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), StillPaying)
        shop.die()
        other = await start(first="well")
        await make_due(shop.dsn)
        await Owed("resolve", other.purchase, other.reads).tick()
        assert await other.attempts(checkout) == [("first", "captured")]

    async def test_taking_over_queues_at_the_other_gateway(self, start: Start) -> None:
        shop = await start(first="declines", second="well")
        busy = PacedGateway(shop.sandboxes[1], Limits(at_once=1))
        shop.router = Router([shop.router.gateway("first"), busy], [Rule("first"), Rule("second", cost_fixed=1)])
        for driver in (shop.purchase, shop.purchase._payments):
            driver._choice, driver._gateways = shop.router, shop.router.gateways
        busy._counters.mean_s = 1.0
        for key in ("before", "too"):
            busy.enter(key)
        checkout = await shop.reserve()
        paying = asyncio.create_task(shop.pay(checkout))
        while busy.counted().waiting < 2:
            await asyncio.sleep(0.01)
        for key in ("before", "too"):
            busy.leave(key)
        assert paid(await paying)
        assert await shop.attempts(checkout) == [("first", "declined"), ("second", "captured")]
        history = [line.what for line in await shop.reads.history(checkout.id) if line.subject.endswith("/2")]
        assert history[:2] == ["prepared", "sent"]
