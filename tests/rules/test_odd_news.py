"""Late and odd news: captured before it was committed, heard of after it was given up, waited for in vain."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.outcomes import Answered, Begun, StillPaying
from race_to_purchase.rules.rows import Attempt, Checkout, task_id
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    RefundFailed,
    RefundPending,
    Verdict,
)
from tests.rules.test_paying import paying
from tests.rules.world import World, captured, expire, settle, voided
from tests.samples import PRICE

URL = "https://bank.example/7"


def lapsed() -> tuple[World, Checkout]:
    """A payment whose reservation has ended meanwhile."""
    world, checkout = paying()
    world.wait(300)
    world.ask(expire(checkout))
    return world, checkout


def kind_of_task(world: World, checkout: Checkout) -> str:
    return world.rows.tasks[task_id(checkout.id, 1)].kind


class TestCapturedAlready:
    @pytest.mark.parametrize("make", [paying, lapsed], ids=["paying", "lapsed"])
    def test_becomes_the_order_that_it_pays(self, make: object) -> None:
        world, checkout = make()  # type: ignore[operator]
        world.ask(settle(checkout, Captured("ref", PRICE)))
        assert (world.attempt(checkout.id).state, kind_of_task(world, checkout)) == ("committed", "capture")
        world.ask(captured(checkout, Captured("ref", PRICE)))
        assert world.attempt(checkout.id).state == "captured"

    def test_of_another_amount_is_doomed_and_paid_back(self) -> None:
        world, checkout = paying()
        world.ask(settle(checkout, Captured("ref", 1)))
        assert (world.attempt(checkout.id).state, kind_of_task(world, checkout)) == ("doomed", "void")
        world.ask(voided(checkout, Refunded("ref", 1)))
        assert world.attempt(checkout.id).state == "voided"
        assert not world.rows.tasks

    @pytest.mark.parametrize(
        "verdict",
        [
            *(Captured("ref", PRICE), NoAnswer("?"), NotSent("?"), Declined("no", False)),
            *(RefundPending("re"), RefundFailed("re", "account_closed")),
        ],
    )
    def test_and_not_paid_back_yet_stays_a_task(self, verdict: Verdict) -> None:
        world, checkout = paying()
        world.ask(settle(checkout, Captured("ref", 1)))
        world.ask(voided(checkout, verdict))
        assert (world.attempt(checkout.id).state, kind_of_task(world, checkout)) == ("doomed", "void")


class TestNeverReceived:
    def given_up(self) -> tuple[World, Checkout]:
        world, checkout = lapsed()
        world.wait(301)
        told = world.ask(settle(checkout, Absent()))
        assert isinstance(told, Answered)
        assert told.void
        return world, checkout

    def test_is_doomed_with_the_task_that_will_find_it(self) -> None:
        world, checkout = self.given_up()
        attempt = world.attempt(checkout.id)
        assert (attempt.state, attempt.decline_code, attempt.gateway_ref) == ("doomed", "never_received", None)
        assert (kind_of_task(world, checkout), world.checkout(checkout.id).state) == ("void", "expired")

    def test_counts_as_voided_only_when_nobody_can_send_it_any_more(self) -> None:
        world, checkout = self.given_up()
        world.ask(voided(checkout, Absent()))
        assert world.attempt(checkout.id).state == "doomed"
        world.wait(3600)
        world.ask(voided(checkout, Absent()))
        assert world.attempt(checkout.id).state == "voided"

    @pytest.mark.parametrize(
        "verdict",
        [Authorized("found", PRICE), ActionRequired("found", URL), Captured("found", PRICE), Prepared("found")],
    )
    def test_and_heard_of_after_all_is_where_its_void_looks(self, verdict: Verdict) -> None:
        world, checkout = self.given_up()
        told = world.ask(settle(checkout, verdict))
        assert isinstance(told, Answered)
        assert (told.void, world.attempt(checkout.id).gateway_ref) == (True, "found")
        assert not world.rows.orders
        world.ask(settle(checkout, verdict))
        assert not world.wrote


class TestTwoSteps:
    def test_where_it_is_to_be_found_is_stored_before_anything_is_authorized(self) -> None:
        world, checkout = paying()
        begun = world.ask(settle(checkout, Prepared("pi_1")))
        assert isinstance(begun, Begun)
        assert begun.attempt.gateway_ref == "pi_1"
        assert (world.attempt(checkout.id).state, world.attempt(checkout.id).gateway_ref) == ("sent", "pi_1")
        world.ask(settle(checkout, Prepared("pi_1")))
        assert not world.wrote

    @pytest.mark.parametrize("make", [paying, lapsed], ids=["its deadline has passed", "lapsed"])
    def test_what_is_not_wanted_any_more_goes_no_further(self, make: object) -> None:
        world, checkout = make()  # type: ignore[operator]
        world.wait(300)
        told = world.ask(settle(checkout, Prepared("pi_1")))
        assert isinstance(told, Answered)
        assert told.void
        assert (world.attempt(checkout.id).decline_code, kind_of_task(world, checkout)) == ("abandoned", "void")
        assert world.used("item/shoe") == (0, 0)


class TestABuyerWhoHasToAct:
    def waits(self, wait_s: float, max_s: float) -> tuple[World, Checkout, Attempt]:
        world, checkout = paying()
        wanted = replace(
            settle(checkout, ActionRequired("ref", URL)), again_s=3600.0, action_wait_s=wait_s, extension_max_s=max_s
        )
        assert world.ask(wanted) == StillPaying(checkout.id, 1, URL)
        return world, checkout, world.attempt(checkout.id)

    @pytest.mark.parametrize(("wait_s", "max_s", "moved_s"), [(100, 600, 0), (400, 600, 100), (9000, 600, 600)])
    def test_gets_time_within_the_bound(self, wait_s: float, max_s: float, moved_s: float) -> None:
        world, checkout, attempt = self.waits(wait_s, max_s)
        assert (attempt.state, attempt.next_action) == ("action_required", URL)
        assert world.checkout(checkout.id).deadline == checkout.deadline + timedelta(seconds=moved_s)

    def test_is_looked_for_at_the_latest_when_it_is_up(self) -> None:
        world, checkout, _ = self.waits(400, 600)
        assert world.rows.tasks[task_id(checkout.id, 1)].due_at == world.now + timedelta(seconds=401)

    def test_gets_it_once_however_often_the_gateway_is_asked(self) -> None:
        world, checkout, _ = self.waits(400, 6000)
        deadline = world.checkout(checkout.id).deadline
        world.wait(200)
        for verdict in (ActionRequired("ref", URL), NoAnswer("?"), ActionRequired("ref", URL)):
            world.ask(replace(settle(checkout, verdict), action_wait_s=400.0, extension_max_s=6000.0))
        assert world.checkout(checkout.id).deadline == deadline

    def test_and_never_does_is_voided_so_that_nothing_is_authorized_later(self) -> None:
        world, checkout, _ = self.waits(400, 600)
        world.wait(400)
        world.ask(expire(checkout))
        told = world.ask(settle(checkout, ActionRequired("ref", URL)))
        assert isinstance(told, Answered)
        attempt = world.attempt(checkout.id)
        assert (attempt.state, attempt.decline_code, kind_of_task(world, checkout)) == ("doomed", "abandoned", "void")
        assert world.checkout(checkout.id).state == "expired"
