"""An attempt that waits for its turn: provably not sent, within a bound, and sent by one alone."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.commands import Send
from race_to_purchase.rules.outcomes import Answered, Begun, Done, InFlight
from race_to_purchase.rules.rows import Checkout, task_id
from tests.rules.test_paying import reserved
from tests.rules.world import World, authorized, begin, expire, open_world
from tests.samples import PRICE


def queued(wait_s: float = 60.0, extension_max_s: float = 600.0) -> tuple[World, Checkout]:
    """A payment that will have to wait so long."""
    world = open_world()
    checkout = reserved(world)
    world.ask(replace(begin(checkout), wait_s=wait_s, extension_max_s=extension_max_s))
    return world, checkout


def send(checkout: Checkout, n: int = 1) -> Send:
    """Its turn has come."""
    return Send(checkout.drop_id, checkout.id, checkout.claims.pools, n, 15.0)


class TestWaiting:
    def test_is_stored_as_prepared_and_left_alone_until_after_its_turn(self) -> None:
        world, checkout = queued()
        assert world.attempt(checkout.id).state == "prepared"
        assert world.rows.tasks[task_id(checkout.id, 1)].due_at == world.now + timedelta(seconds=60 + 30)

    @pytest.mark.parametrize(("wait_s", "max_s", "moved_s"), [(60, 600, 0), (400, 600, 130), (2000, 600, 600)])
    def test_moves_the_deadline_as_far_as_it_must_within_the_bound(
        self, wait_s: float, max_s: float, moved_s: float
    ) -> None:
        world, checkout = queued(wait_s, max_s)
        assert world.checkout(checkout.id).deadline == checkout.deadline + timedelta(seconds=moved_s)

    def test_keeps_other_tabs_out(self) -> None:
        world, checkout = queued()
        assert world.ask(begin(checkout)) == InFlight(checkout.id, 1)

    def test_ends_at_its_deadline_at_once_since_nobody_has_to_be_asked(self) -> None:
        world, checkout = queued()
        world.wait(300)
        assert world.ask(expire(checkout)) == Done("expire")
        attempt = world.attempt(checkout.id)
        assert (attempt.state, attempt.decline_code, attempt.answer_status) == ("declined", "not_sent", 409)
        assert world.checkout(checkout.id).state == "expired"
        assert world.used("item/shoe") == (0, 0)
        assert not world.rows.tasks


class TestTheTurn:
    def test_makes_it_sent_once(self) -> None:
        world, checkout = queued()
        world.wait(60)
        begun = world.ask(send(checkout))
        assert isinstance(begun, Begun)
        assert begun.attempt.state == world.attempt(checkout.id).state == "sent"
        assert world.rows.tasks[task_id(checkout.id, 1)].due_at == world.now + timedelta(seconds=15)
        assert world.ask(send(checkout)) == InFlight(checkout.id, 1)
        world.ask(authorized(checkout))
        assert world.rows.orders[checkout.id].amount == PRICE

    def test_that_comes_too_late_sends_nothing(self) -> None:
        world, checkout = queued()
        world.wait(300)
        told = world.ask(send(checkout))
        assert isinstance(told, Answered)
        assert (told.status, world.checkout(checkout.id).state) == (409, "expired")
        assert world.used("item/shoe") == (0, 0)

    def test_after_the_end_tells_the_end(self) -> None:
        world, checkout = queued()
        world.wait(300)
        world.ask(expire(checkout))
        assert isinstance(world.ask(send(checkout)), Answered)
        assert not world.wrote
