"""Checkouts that end without an order: their time is up, or their buyer gives up."""

import pytest

from race_to_purchase.rules.drop import Flow
from race_to_purchase.rules.outcomes import Cancelled, Done, Ignored, Reserved, Unknown, WrongState
from race_to_purchase.rules.rows import Checkout
from tests.rules.world import World, authorized, begin, cancel, expire, open_world, reserve
from tests.samples import a_checkout

FLOWS: list[Flow] = ["reservation_first", "payment_first"]


def reserved(**changes: object) -> tuple[World, Checkout]:
    world = open_world(**changes)
    outcome = world.ask(reserve(("shoe", 2)))
    assert isinstance(outcome, Reserved)
    return world, outcome.checkout


def nothing_is_held(world: World) -> bool:
    return all(pool.held == 0 for pool in world.rows.pools.values())


class TestExpire:
    @pytest.mark.parametrize("flow", FLOWS)
    def test_when_its_time_is_up_everything_goes_back(self, flow: Flow) -> None:
        world, checkout = reserved(flow=flow)
        world.wait(300)
        assert world.ask(expire(checkout)) == Done("expire")
        row = world.checkout(checkout.id)
        assert (row.state, row.fence) == ("expired", 1)
        assert nothing_is_held(world)

    def test_not_a_moment_before(self) -> None:
        world, checkout = reserved()
        world.wait(299.999)
        assert isinstance(world.ask(expire(checkout)), Ignored)
        assert not world.wrote
        assert world.used("item/shoe") == (2, 0)

    def test_not_twice(self) -> None:
        world, checkout = reserved()
        world.wait(300)
        world.ask(expire(checkout))
        assert isinstance(world.ask(expire(checkout)), Ignored)
        assert not world.wrote

    def test_never_an_order(self) -> None:
        world, checkout = reserved()
        world.ask(begin(checkout))
        world.ask(authorized(checkout))
        world.wait(10_000)
        assert isinstance(world.ask(expire(checkout)), Ignored)
        assert world.checkout(checkout.id).state == "paid"

    def test_a_checkout_that_was_never_stored_is_nobodys_problem(self) -> None:
        assert isinstance(open_world().ask(expire(a_checkout())), Ignored)


class TestCancel:
    @pytest.mark.parametrize("flow", FLOWS)
    def test_everything_goes_back_at_once(self, flow: Flow) -> None:
        world, checkout = reserved(flow=flow)
        outcome = world.ask(cancel(checkout, "ada"))
        assert isinstance(outcome, Cancelled)
        assert (outcome.checkout.state, outcome.checkout.fence) == ("cancelled", 1)
        assert nothing_is_held(world)

    def test_cancelling_twice_is_cancelled_once(self) -> None:
        world, checkout = reserved()
        world.ask(cancel(checkout))
        assert isinstance(world.ask(cancel(checkout)), Cancelled)
        assert not world.wrote

    def test_nobody_elses(self) -> None:
        world, checkout = reserved()
        assert world.ask(cancel(checkout, "mallory")) == Unknown("checkout", checkout.id)
        assert world.checkout(checkout.id).state == "reserved"

    def test_not_while_a_payment_is_being_decided(self) -> None:
        world, checkout = reserved()
        world.ask(begin(checkout))
        assert world.ask(cancel(checkout)) == WrongState(checkout.id, "paying", "be cancelled")
        assert not world.wrote

    def test_not_an_order(self) -> None:
        world, checkout = reserved()
        world.ask(begin(checkout))
        world.ask(authorized(checkout))
        assert world.ask(cancel(checkout)) == WrongState(checkout.id, "paid", "be cancelled")
