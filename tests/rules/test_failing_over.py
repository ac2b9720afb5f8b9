"""Failover: one transaction ends an attempt and begins the next elsewhere, or nothing of it happens."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.commands import Authorization, NextAttempt
from race_to_purchase.rules.outcomes import Answered, InFlight, Replayed, StillPaying, TriedNext
from race_to_purchase.rules.rows import AttemptState, Checkout, task_id
from race_to_purchase.rules.verdicts import Absent, ActionRequired, Authorized, Declined, NoAnswer, NotSent, Verdict
from tests.rules.test_paying import reserved
from tests.rules.world import World, authorized, begin, expire, open_world, settle
from tests.sale import a_key_use
from tests.samples import PRICE, new_id

USE = a_key_use("k")
DOWN: list[tuple[Verdict, AttemptState, str]] = [
    (Declined("processing_error", retryable=True), "declined", "processing_error"),
    (NotSent("no connection"), "declined", "not_sent"),
    (NoAnswer("time-out"), "doomed", "failed_over"),
]


def begun() -> tuple[World, Checkout]:
    world = open_world()
    checkout = reserved(world)
    world.ask(begin(checkout), USE)
    return world, checkout


def moved_on(checkout: Checkout, verdict: Verdict, n: int = 1) -> Authorization:
    """What the gateway said, where another may take over."""
    return replace(settle(checkout, verdict, n), then=NextAttempt("backup", new_id(), 15.0))


@pytest.mark.parametrize(("verdict", "state", "code"), DOWN)
class TestTheNextAttempt:
    def test_begins_as_the_first_one_ends(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        world, checkout = begun()
        outcome = world.ask(moved_on(checkout, verdict))
        assert outcome == TriedNext(world.attempt(checkout.id, 2), void=state == "doomed")
        first, second = world.attempt(checkout.id, 1), world.attempt(checkout.id, 2)
        assert (first.state, first.decline_code, first.answer) == (state, code, None)
        assert (second.state, second.gateway, second.amount, second.fence) == ("sent", "backup", PRICE, first.fence)
        assert second.key != first.key
        assert (world.checkout(checkout.id).state, world.checkout(checkout.id).live_n) == ("paying", 2)
        assert world.used("item/shoe") == (1, 0)

    def test_leaves_the_first_one_the_task_it_needs(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        world, checkout = begun()
        world.ask(moved_on(checkout, verdict))
        left = world.rows.tasks.get(task_id(checkout.id, 1))
        assert (None if left is None else left.kind) == ("void" if state == "doomed" else None)
        assert world.rows.tasks[task_id(checkout.id, 2)].due_at == world.now + timedelta(seconds=15)

    def test_gives_the_buyer_its_answer(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        world, checkout = begun()
        world.ask(moved_on(checkout, verdict))
        assert world.ask(begin(checkout)) == InFlight(checkout.id, 2)
        paid = world.ask(authorized(checkout, 2))
        assert isinstance(paid, Answered)
        assert world.ask(begin(checkout), USE) == Replayed(200, paid.body)

    def test_is_the_only_one_that_can_become_an_order(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        world, checkout = begun()
        world.ask(moved_on(checkout, verdict))
        world.ask(authorized(checkout, 1))
        assert not world.rows.orders
        if state == "doomed":
            assert world.attempt(checkout.id, 1).gateway_ref == "ref-1", "so that its void knows where"
        world.ask(authorized(checkout, 2))
        assert world.rows.orders[checkout.id].attempt_n == 2

    def test_is_the_one_that_its_answer_names(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        world, checkout = begun()
        world.ask(moved_on(checkout, verdict))
        world.ask(authorized(checkout, 2))
        late = world.ask(authorized(checkout, 1))
        assert isinstance(late, Answered)
        assert (late.end, late.n, late.void) == ("paid", 2, state == "doomed")

    def test_is_not_begun_after_the_deadline(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        world, checkout = begun()
        world.wait(300)
        world.ask(moved_on(checkout, verdict))
        assert world.checkout(checkout.id).live_n == 1
        world, checkout = begun()
        world.wait(300)
        world.ask(expire(checkout))
        world.ask(moved_on(checkout, verdict))
        assert world.checkout(checkout.id).live_n == 1

    def test_is_never_begun_where_the_buyer_had_to_act(self, verdict: Verdict, state: AttemptState, code: str) -> None:
        """A second bank that asks while the first one still may is how people are charged twice."""
        world, checkout = begun()
        world.ask(settle(checkout, ActionRequired("ref-1", "https://bank.example")))
        world.ask(settle(checkout, NoAnswer("a look-up was lost")))
        world.ask(moved_on(checkout, verdict))
        assert world.checkout(checkout.id).live_n == 1


@pytest.mark.parametrize(
    "verdict", [Declined("stolen_card", False), Absent(), ActionRequired("ref", "https://bank.example")]
)
def test_what_is_no_reason_to_go_elsewhere_stays(verdict: Verdict) -> None:
    world, checkout = begun()
    world.ask(moved_on(checkout, verdict))
    assert world.checkout(checkout.id).live_n == 1


def test_what_may_have_been_sent_before_is_not_proved_unsent() -> None:
    world, checkout = begun()
    world.ask(settle(checkout, NoAnswer("time-out")))
    assert isinstance(world.ask(moved_on(checkout, NotSent("no connection"))), StillPaying)


def test_a_word_that_comes_when_another_process_may_have_sent_it_proves_nothing() -> None:
    """At the end of its time the attempt may be taken over: whoever began it speaks for itself alone from then on."""
    world, checkout = begun()
    world.wait(15)
    assert isinstance(world.ask(moved_on(checkout, NotSent("no connection"))), StillPaying)
    assert world.checkout(checkout.id).live_n == 1
    world, checkout = begun()
    world.wait(14.999)
    assert isinstance(world.ask(moved_on(checkout, NotSent("no connection"))), TriedNext)


def test_only_the_command_that_began_the_next_attempt_goes_on_with_it() -> None:
    world, checkout = begun()
    first, second = (moved_on(checkout, NoAnswer("time-out")) for _ in range(2))
    began = world.ask(first)
    assert began == TriedNext(world.attempt(checkout.id, 2), void=True)
    assert world.ask(first) == began, "run again, after a COMMIT of unknown fate"
    assert world.ask(second) == StillPaying(checkout.id, 2)
    assert world.ask(settle(checkout, NoAnswer("time-out"))) == StillPaying(checkout.id, 2)


def test_a_next_attempt_that_has_to_queue_waits_unsent_and_its_reservation_lasts_as_long() -> None:
    world, checkout = begun()
    before = world.checkout(checkout.id).deadline
    there = NextAttempt("backup", new_id(), 15.0, wait_s=400.0)
    world.ask(replace(settle(checkout, NoAnswer("time-out")), then=there, extension_max_s=600.0))
    assert world.attempt(checkout.id, 2).state == "prepared"
    assert world.checkout(checkout.id).deadline == world.now + timedelta(seconds=415) > before
    world, checkout = begun()
    world.ask(moved_on(checkout, NoAnswer("time-out")))
    assert (world.attempt(checkout.id, 2).state, world.checkout(checkout.id).deadline) == ("sent", before)


def test_an_attempt_that_is_not_the_live_one_moves_nothing() -> None:
    world, checkout = begun()
    world.ask(moved_on(checkout, NoAnswer("time-out")))
    world.ask(moved_on(checkout, Declined("processing_error", retryable=True)))
    assert world.checkout(checkout.id).live_n == 2
    assert world.ask(settle(checkout, Authorized("late", PRICE))) is not None
    assert world.attempt(checkout.id, 1).state == "doomed"
