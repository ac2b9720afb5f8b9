"""Turns at a gateway: even pace, priority, calls at a time, and what a refusal by its limiter does."""

import asyncio

from race_to_purchase.path.pace import Limits, Meter, Operation, Place, Turns


class TestMeter:
    def test_requests_leave_evenly_but_for_a_little_slack(self) -> None:
        meter, now_s, left_s = Meter(25), 100.0, []
        for _ in range(50):
            now_s += meter.waits_s(now_s)
            meter.take(now_s, pace=1.0)
            left_s.append(now_s)
        assert 49 / 25 - 0.05 < left_s[-1] - left_s[0] < 49 / 25

    def test_a_pause_saves_up_no_burst(self) -> None:
        meter = Meter(25)
        meter.take(0.0, pace=1.0)
        free = 0
        while not meter.waits_s(1000.0):
            meter.take(1000.0, pace=1.0)
            free += 1
        assert free <= 2

    def test_half_the_pace_is_twice_the_distance(self) -> None:
        meter = Meter(10)
        meter.take(0.0, pace=0.5)
        meter.take(0.0, pace=0.5)
        assert 0.25 < meter.waits_s(0.0) <= 0.4


async def called(turns: Turns, places: list[Place]) -> list[Place]:
    """The places in the order in which their turns came, each leaving at once."""
    order: list[Place] = []

    async def wait(place: Place) -> None:
        await place.turn
        order.append(place)
        turns.leave(place)

    await asyncio.gather(*map(wait, places))
    return order


class TestTurns:
    async def test_without_limits_nobody_waits(self) -> None:
        assert Turns(Limits()).free

    async def test_a_queue_keeps_the_order_of_arrival(self) -> None:
        turns = Turns(Limits(per_second=500))
        places = [turns.enter("authorize") for _ in range(20)]
        assert await called(turns, places) == places

    async def test_authorizations_go_before_captures_and_captures_before_look_ups(self) -> None:
        turns = Turns(Limits(at_once=1))
        first = turns.enter("payments")
        wanted: list[Operation] = ["look_up", "capture", "authorize", "capture", "authorize", "prepare"]
        places = [turns.enter(operation) for operation in wanted]
        turns.leave(first)
        order = [place.operation for place in await called(turns, places)]
        assert order == ["authorize", "authorize", "prepare", "capture", "capture", "look_up"]

    async def test_an_operation_at_its_limit_does_not_hold_up_the_others(self) -> None:
        turns = Turns(Limits(per_operation=0.01))
        waiting = [turns.enter("authorize") for _ in range(4)][-1]
        capture = turns.enter("capture")
        assert capture.turn.done()
        assert not waiting.turn.done()

    async def test_over_all_counts_every_operation(self) -> None:
        turns = Turns(Limits(per_second=0.01, per_operation=100))
        turns.enter("authorize")
        turns.enter("authorize")
        assert not turns.enter("capture").turn.done()

    async def test_no_more_calls_are_under_way_than_allowed(self) -> None:
        turns = Turns(Limits(at_once=3))
        places = [turns.enter("authorize") for _ in range(5)]
        assert [place.turn.done() for place in places] == [True, True, True, False, False]
        turns.leave(places[1])
        assert places[3].turn.done()
        assert not places[4].turn.done()

    async def test_who_gives_up_holds_nobody_up(self) -> None:
        turns = Turns(Limits(at_once=1))
        first, second, third = (turns.enter("authorize") for _ in range(3))
        turns.leave(second)
        assert (turns.at_work, second.turn.cancelled(), third.turn.done()) == (1, True, False)
        turns.leave(first)
        assert third.turn.done()
        assert turns.at_work == 1

    async def test_who_was_cut_off_while_waiting_gives_back_no_turn_that_it_never_had(self) -> None:
        turns = Turns(Limits(at_once=1))
        _, second, third = (turns.enter("authorize") for _ in range(3))
        second.turn.cancel()
        turns.leave(second)
        assert (turns.at_work, third.turn.done()) == (1, False)

    async def test_the_way_to_the_front_only_gets_shorter(self) -> None:
        turns = Turns(Limits(at_once=1))
        places = [turns.enter("authorize") for _ in range(4)]
        seen = [turns.ahead(places[3])]
        for place in places[:3]:
            turns.leave(place)
            seen.append(turns.ahead(places[3]))
        assert seen == [2, 1, 0, 0]
        assert places[3].turn.done()

    async def test_the_estimate_counts_those_ahead_at_the_slowest_limit(self) -> None:
        slow_by_rate = Turns(Limits(per_second=100, per_operation=5))
        assert 1.9 < slow_by_rate.wait_s("authorize", 10, call_s=0.1, requests=1) <= 2.0
        slow_by_calls = Turns(Limits(per_second=100, at_once=2))
        assert slow_by_calls.wait_s("authorize", 10, call_s=1.0, requests=1) == 5.0
        two_requests_each = Turns(Limits(per_second=10))
        assert 1.8 < two_requests_each.wait_s("prepare", 10, call_s=0.0, requests=2) <= 2.0

    async def test_a_refusal_by_the_limiter_pauses_even_a_gateway_without_limits(self) -> None:
        turns = Turns(Limits())
        turns.slow(retry_after_s=30)
        assert not turns.free
        assert not turns.enter("authorize").turn.done()
        assert turns.wait_s("authorize", 0, call_s=0, requests=1) > 20

    async def test_after_the_pause_it_is_free_again(self) -> None:
        turns = Turns(Limits())
        turns.slow(retry_after_s=0.01)
        place = turns.enter("authorize")
        await place.turn
        turns.leave(place)
        assert turns.free

    async def test_refusals_halve_the_pace_once_and_it_recovers(self) -> None:
        turns = Turns(Limits(per_second=100))
        now_s = asyncio.get_running_loop().time()
        for _ in range(10):
            turns.slow(retry_after_s=1.0)
        assert 0.5 <= turns.pace(now_s + 1.0) < 0.55
        assert turns.pace(now_s + 6.0) > 0.7
        assert turns.pace(now_s + 30.0) == 1.0
