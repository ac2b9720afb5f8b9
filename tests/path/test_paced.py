"""A paced gateway: the same port, with a queue, a circuit breaker and counters."""

import asyncio

import pytest

from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.gateways import BreakerTurned
from race_to_purchase.path.breaker import BreakerRule
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.rules.verdicts import (
    Authorized,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    Verdict,
    Voided,
)
from tests.path.scripted import Scripted, a_request

QUICK = BreakerRule(calls_min=4, pause_s=0.05, probes=1)
SHUT = BreakerRule(calls_min=4, pause_s=1000, pause_max_s=1000)

PATIENCE_S = 20.0
"""Nobody waits so long, but for what never comes."""


async def tripped(gateway: Scripted, rule: BreakerRule = SHUT) -> PacedGateway:
    """One whose breaker has just opened."""
    paced = PacedGateway(gateway, breaker=rule)
    gateway.verdict = NoAnswer("nobody there")
    for _ in range(rule.calls_min):
        await paced.authorize(a_request(), None)
    assert not paced.open
    gateway.asked.clear()
    return paced


class TestBreaker:
    @pytest.mark.parametrize("verdict", [NoAnswer("lost"), NotSent("connection refused")])
    async def test_it_opens_and_nothing_new_is_sent(self, verdict: Verdict) -> None:
        gateway = Scripted(verdict=verdict)
        paced = PacedGateway(gateway, breaker=SHUT)
        for _ in range(4):
            await paced.authorize(a_request(), None)
        gateway.asked.clear()
        refused = await paced.authorize(a_request(), None)
        assert isinstance(refused, NotSent)
        assert "circuit breaker" in refused.reason
        assert refused.retry_after_s > 900
        assert gateway.asked == []

    async def test_a_decline_is_an_answer(self) -> None:
        paced = PacedGateway(Scripted(verdict=Declined("generic_decline", retryable=False)), breaker=SHUT)
        for _ in range(20):
            await paced.authorize(a_request(), None)
        assert paced.open

    async def test_a_time_out_of_the_caller_is_none(self) -> None:
        gateway = Scripted()
        gateway.opened.clear()
        paced = PacedGateway(gateway, breaker=SHUT)
        for _ in range(4):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await paced.authorize(a_request(), None)
        assert not paced.open

    async def test_what_was_begun_is_finished_while_it_is_open(self) -> None:
        gateway = Scripted(two_step=True)
        paced = await tripped(gateway)
        gateway.verdict = Authorized("ref", 15900)
        assert isinstance(await paced.prepare(a_request()), NotSent)
        assert isinstance(await paced.authorize(a_request(), "ref"), Authorized)
        assert isinstance(await paced.look_up(a_request(), "ref"), Authorized)
        assert isinstance(await paced.void("ref", "key"), Voided)
        assert isinstance(await paced.refund("ref", 1, "key"), Refunded)
        await paced.capture("ref", 1, "key")
        assert gateway.asked == ["authorize key-1", "look_up", "void", "refund", "capture"]

    async def test_it_is_told_when_it_opens_and_when_it_closes(self) -> None:
        told: list[BreakerTurned] = []
        end = subscribe(told.append, BreakerTurned)
        try:
            gateway = Scripted()
            paced = await tripped(gateway, QUICK)
            assert [turned.open for turned in told] == [True]
            gateway.verdict = Authorized("ref", 15900)
            while not paced.open:
                await asyncio.sleep(0.01)
            await paced.authorize(a_request(), None)
            assert [turned.open for turned in told] == [True, False]
        finally:
            end()

    async def test_an_answered_probe_closes_it(self) -> None:
        gateway = Scripted()
        paced = await tripped(gateway, QUICK)
        gateway.verdict = Authorized("ref", 15900)
        while not paced.open:
            await asyncio.sleep(0.01)
        assert isinstance(await paced.authorize(a_request(), None), Authorized)
        assert paced.counted().breaker == "closed"

    async def test_a_refusal_by_the_limiter_slows_down_and_opens_nothing(self) -> None:
        gateway = Scripted(verdict=NotSent("too many requests", 0.01, limited=True))
        paced = PacedGateway(gateway, Limits(per_second=10_000), SHUT)
        for _ in range(6):
            await paced.authorize(a_request(), None)
        assert paced.open
        assert paced.counted().pace < 0.6


class TestQueue:
    async def test_without_limits_there_is_none(self) -> None:
        paced = PacedGateway(Scripted())
        paced.enter("key-1")
        assert paced.position("key-1") is None
        assert paced.wait_s() == paced.wait_s("key-1") == 0.0
        await paced.turn("key-1")

    async def test_payments_leave_in_the_order_in_which_they_entered(self) -> None:
        gateway = Scripted()
        paced = PacedGateway(gateway, Limits(per_operation=1000, at_once=1))
        keys = [f"key-{n}" for n in range(12)]
        for key in keys:
            paced.enter(key)
        # Whoever comes first with its call does not go first.
        await asyncio.gather(*(paced.authorize(a_request(key), None) for key in reversed(keys)))
        assert gateway.asked == [f"authorize {key}" for key in keys]

    async def test_the_position_shrinks_and_the_wait_with_it(self) -> None:
        paced = PacedGateway(Scripted(), Limits(at_once=1))
        keys = ["key-1", "key-2", "key-3"]
        for key in keys:
            paced.enter(key)
        assert [paced.position(key) for key in keys] == [None, 1, 2]
        await paced.authorize(a_request("key-1"), None)
        assert [paced.position(key) for key in keys] == [None, None, 1]
        paced.leave("key-2")
        assert [paced.position(key) for key in keys] == [None, None, None]

    async def test_the_wait_is_told_before_and_after_entering(self) -> None:
        paced = PacedGateway(Scripted(), Limits(per_second=2))
        assert paced.wait_s() == 0.0
        for n in range(10):
            paced.enter(f"key-{n}")
        assert 3.4 < paced.wait_s("key-9") <= 4.0
        assert paced.wait_s("key-2") < paced.wait_s("key-9") < paced.wait_s()

    async def test_who_has_no_place_here_and_whose_turn_has_come_wait_for_nothing(self) -> None:
        paced = PacedGateway(Scripted(), Limits(per_second=0.01))
        for n in range(4):
            paced.enter(f"key-{n}")
        assert [paced.wait_s(f"key-{n}") > 0 for n in range(4)] == [False, False, True, True]
        assert paced.wait_s("key-elsewhere") == 0.0

    async def test_both_steps_are_paced_by_themselves(self) -> None:
        paced = PacedGateway(Scripted(two_step=True), Limits(per_operation=0.01))
        for key in ("key-1", "key-2"):
            paced.enter(key)
            await asyncio.wait_for(paced.prepare(a_request(key)), PATIENCE_S)
            await asyncio.wait_for(paced.authorize(a_request(key), "ref"), PATIENCE_S)

    async def test_a_place_from_a_pause_is_given_back_though_nobody_has_to_wait_any_more(self) -> None:
        gateway = Scripted(verdict=NotSent("too many requests", 0.01, limited=True))
        paced = PacedGateway(gateway)
        await paced.authorize(a_request("key-1"), None)
        paced.enter("key-2")
        await paced.turn("key-2")
        gateway.verdict = Authorized("ref", 15900)
        await paced.authorize(a_request("key-2"), None)
        assert (paced.counted().at_work, paced.counted().waiting) == (0, 0)

    async def test_a_place_given_up_is_free_for_the_next(self) -> None:
        paced = PacedGateway(Scripted(), Limits(at_once=1))
        paced.enter("key-1")
        paced.leave("key-1")
        assert isinstance(await paced.authorize(a_request("key-2"), None), Authorized)
        assert paced.counted().at_work == 0

    async def test_one_payment_has_one_place_however_often_it_enters(self) -> None:
        paced = PacedGateway(Scripted(), Limits(at_once=1))
        paced.enter("key-1")
        paced.enter("key-1")
        await asyncio.wait_for(paced.authorize(a_request("key-1"), None), PATIENCE_S)
        assert (paced.counted().at_work, paced.counted().waiting) == (0, 0)

    async def test_a_payment_of_two_steps_keeps_the_next_one_waiting_for_two_requests(self) -> None:
        waits = []
        for two_step in (False, True):
            paced = PacedGateway(Scripted(two_step=two_step), Limits(per_second=1))
            for n in range(11):
                paced.enter(f"key-{n}")
            waits.append(paced.wait_s("key-10"))
        assert waits[1] > 1.5 * waits[0]

    async def test_a_call_cut_off_in_the_queue_takes_nobody_s_turn(self) -> None:
        gateway = Scripted()
        paced = PacedGateway(gateway, Limits(at_once=1))
        paced.enter("key-1")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await paced.capture("ref", 1, "key")
        await paced.authorize(a_request("key-1"), None)
        await paced.capture("ref", 1, "key")
        assert gateway.asked == ["authorize key-1", "capture"]

    async def test_both_steps_of_a_payment_take_their_turn(self) -> None:
        gateway = Scripted(two_step=True)
        paced = PacedGateway(gateway, Limits(at_once=1))
        paced.enter("key-1")
        assert isinstance(await paced.prepare(a_request("key-1")), Prepared)
        assert isinstance(await paced.authorize(a_request("key-1"), "ref"), Authorized)
        assert paced.counted().at_work == 0


class TestCounting:
    async def test_authorizations_are_counted_by_verdict_and_declines_by_code(self) -> None:
        gateway = Scripted()
        paced = PacedGateway(gateway)
        for verdict in (Authorized("r", 1), Declined("lost_card", False), Declined("lost_card", False), NoAnswer("")):
            gateway.verdict = verdict
            await paced.authorize(a_request(), None)
        await paced.capture("r", 1, "key")
        counted = paced.counted()
        assert counted.authorizations == {"authorized": 1, "declined": 2, "no_answer": 1}
        assert counted.declines == {"lost_card": 2}
        assert counted.latency.count == 4
        assert 0 < counted.latency.p50_ms <= counted.latency.max_ms

    async def test_a_payment_that_ends_at_its_first_step_is_counted_and_one_that_goes_on_only_at_its_second(
        self,
    ) -> None:
        gateway = Scripted(two_step=True)
        paced = PacedGateway(gateway)
        gateway.prepared = NoAnswer("lost")
        await paced.prepare(a_request())
        gateway.prepared = Prepared("ref")
        await paced.prepare(a_request())
        await paced.authorize(a_request(), "ref")
        assert paced.counted().authorizations == {"no_answer": 1, "authorized": 1}

    async def test_invented_decline_codes_do_not_fill_the_memory(self) -> None:
        gateway = Scripted()
        paced = PacedGateway(gateway)
        for n in range(150):
            gateway.verdict = Declined(f"code-{n}", retryable=False)
            await paced.authorize(a_request(), None)
        assert len(paced.counted().declines) == 101
        assert paced.counted().declines["other"] == 50
