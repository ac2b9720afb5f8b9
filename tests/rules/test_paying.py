"""Payments up to the pivot: an authorization becomes an order or is doomed, and never both."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.drop import Flow
from race_to_purchase.rules.outcomes import (
    Answered,
    Begun,
    Ignored,
    InFlight,
    Lapsed,
    Reserved,
    StillPaying,
    Unknown,
    WrongState,
)
from race_to_purchase.rules.rows import Checkout, CheckoutState, Task, task_id
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    NotSent,
    Refunded,
    Verdict,
)
from tests.rules.world import World, authorized, begin, cancel, captured, expire, open_world, put, reserve, settle
from tests.samples import PRICE, a_drop

DECLINED = Declined("no_funds", retryable=True)
SILENCE: list[Verdict] = [NoAnswer("time-out"), NotSent("no connection"), Absent()]


def reserved(world: World, *lines: tuple[str, int], buyer: str = "ada") -> Checkout:
    outcome = world.ask(reserve(*lines, buyer=buyer))
    assert isinstance(outcome, Reserved)
    return outcome.checkout


def paying(**changes: object) -> tuple[World, Checkout]:
    """A checkout whose first attempt is at the gateway."""
    world = open_world(**changes)
    checkout = reserved(world)
    world.ask(begin(checkout))
    return world, checkout


def task_of(world: World, checkout: Checkout, n: int = 1) -> Task:
    return world.rows.tasks[task_id(checkout.id, n)]


class TestBegin:
    def test_the_attempt_is_stored_with_everything_that_will_be_asked(self) -> None:
        world, checkout = paying()
        attempt, task = world.attempt(checkout.id), task_of(world, checkout)
        assert (attempt.state, attempt.amount, attempt.currency, attempt.gateway) == ("sent", PRICE, "EUR", "sandbox")
        assert (attempt.method, attempt.fence, attempt.began_at) == ("pm_ok", 0, world.now)
        assert (task.kind, task.due_at) == ("resolve", world.now + timedelta(seconds=30))
        assert (world.checkout(checkout.id).state, world.checkout(checkout.id).live_n) == ("paying", 1)

    def test_a_second_tab_gets_no_second_attempt(self) -> None:
        world, checkout = paying()
        assert world.ask(begin(checkout)) == InFlight(checkout.id, 1)

    def test_the_same_command_again_may_go_on(self) -> None:
        """A COMMIT of unknown fate is run again; the key at the gateway is the same."""
        world, checkout = paying()
        again = world.ask(begin(checkout, gateway_key=world.attempt(checkout.id).key))
        assert again == Begun(world.attempt(checkout.id))
        assert not world.wrote

    @pytest.mark.parametrize(("buyer", "known"), [("ada", True), (None, True), ("mallory", False)])
    def test_only_its_buyer_and_the_storefront_may_pay_a_checkout(self, buyer: str | None, known: bool) -> None:
        world = open_world()
        checkout = reserved(world)
        outcome = world.ask(begin(checkout, buyer=buyer))
        assert isinstance(outcome, Begun) if known else outcome == Unknown("checkout", checkout.id)

    def test_the_deadline_is_the_last_moment(self) -> None:
        world = open_world()
        early, late = reserved(world), reserved(world)
        world.wait(299.999)
        assert isinstance(world.ask(begin(early)), Begun)
        world.wait(0.001)
        assert world.ask(begin(late)) == Lapsed(late.id)

    def test_what_was_cancelled_cannot_be_paid(self) -> None:
        world = open_world()
        checkout = reserved(world)
        world.ask(cancel(checkout))
        assert world.ask(begin(checkout)) == WrongState(checkout.id, "cancelled", "be paid")

    def test_what_was_paid_answers_as_it_did(self) -> None:
        world, checkout = paying()
        first = world.ask(authorized(checkout))
        assert world.ask(begin(checkout)) == first


class TestThePivot:
    def test_an_authorization_becomes_an_order_in_one_write(self) -> None:
        world, checkout = paying()
        outcome = world.ask(authorized(checkout))
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.end, outcome.void) == (200, "paid", False)
        assert (world.checkout(checkout.id).state, world.attempt(checkout.id).state) == ("paid", "committed")
        assert (world.used("item/shoe"), world.used("buyer/ada")) == ((0, 1), (0, 1))
        assert world.rows.orders[checkout.id].gateway_ref == "ref-1"
        assert world.rows.entries[(checkout.id, 0)].amounts == (PRICE, -PRICE)
        assert task_of(world, checkout).kind == "capture"

    def test_news_that_comes_twice_changes_nothing(self) -> None:
        world, checkout = paying()
        first = world.ask(authorized(checkout))
        assert world.ask(authorized(checkout)) == first
        assert not world.wrote

    @pytest.mark.parametrize("verdict", [DECLINED, NoAnswer("time-out"), ActionRequired("ref", "https://bank")])
    def test_late_news_changes_no_ended_attempt(self, verdict: Verdict) -> None:
        world, checkout = paying()
        first = world.ask(authorized(checkout))
        assert world.ask(settle(checkout, verdict)) == first
        assert not world.wrote

    def test_payment_first_claims_its_stock_here(self) -> None:
        world, checkout = paying(flow="payment_first")
        world.ask(authorized(checkout))
        assert (world.used("item/shoe"), world.used("in-flight/shoe")) == ((0, 1), (0, 1))

    def test_payment_first_without_stock_is_doomed_and_told_so(self) -> None:
        world, checkout = paying(flow="payment_first", limit_per_buyer=None)
        drop = world.rows.drops["aurora"].definition
        world.ask(put(replace(drop, items=(replace(drop.items[0], stock=0), drop.items[1])), drop))
        outcome = world.ask(authorized(checkout))
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.end, outcome.void) == (409, "sold_out", True)
        assert (world.checkout(checkout.id).state, world.attempt(checkout.id).state) == ("expired", "doomed")
        assert world.used("in-flight/shoe") == (0, 0)
        assert task_of(world, checkout).kind == "void"
        assert checkout.id not in world.rows.orders

    @pytest.mark.parametrize("amount", [PRICE - 1, PRICE + 1, 0])
    @pytest.mark.parametrize("lapsed", [False, True])
    def test_a_wrong_amount_is_doomed_and_ends_the_checkout(self, amount: int, lapsed: bool) -> None:
        world, checkout = paying()
        if lapsed:
            world.wait(300)
            world.ask(expire(checkout))
        outcome = world.ask(settle(checkout, Authorized("ref", amount)))
        assert isinstance(outcome, Answered)
        assert outcome.void
        assert (world.checkout(checkout.id).state, world.attempt(checkout.id).state) == ("expired", "doomed")
        assert world.used("item/shoe") == (0, 0)
        assert task_of(world, checkout).kind == "void"

    def test_a_verdict_that_is_no_answer_is_a_bug(self) -> None:
        world, checkout = paying()
        with pytest.raises(TypeError, match="Refunded is no answer"):
            world.ask(settle(checkout, Refunded("ref", PRICE)))


class TestDeclined:
    def test_a_reservation_survives_and_may_try_another_card(self) -> None:
        world, checkout = paying()
        outcome = world.ask(settle(checkout, DECLINED))
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.end) == (402, "declined")
        assert world.checkout(checkout.id).state == "reserved"
        assert world.used("item/shoe") == (1, 0)
        assert task_id(checkout.id, 1) not in world.rows.tasks
        second = world.ask(begin(checkout))
        assert isinstance(second, Begun)
        assert second.attempt.n == 2
        world.ask(authorized(checkout, 2))
        assert world.rows.orders[checkout.id].attempt_n == 2

    def test_payment_first_gives_its_place_back(self) -> None:
        world, checkout = paying(flow="payment_first")
        world.ask(settle(checkout, DECLINED))
        assert world.checkout(checkout.id).state == "open"
        assert (world.used("in-flight/shoe"), world.used("buyer/ada")) == ((0, 0), (0, 0))
        assert isinstance(world.ask(begin(checkout)), Begun)

    @pytest.mark.parametrize("flow", ["reservation_first", "payment_first"])
    def test_after_the_deadline_it_ends_the_checkout(self, flow: Flow) -> None:
        world, checkout = paying(flow=flow)
        world.wait(300)
        outcome = world.ask(settle(checkout, DECLINED))
        assert isinstance(outcome, Answered)
        assert b"reserved_until" not in outcome.body
        assert world.checkout(checkout.id).state == "expired"
        assert all(pool.held == 0 for pool in world.rows.pools.values())


class TestUnknown:
    @pytest.mark.parametrize("verdict", SILENCE)
    def test_silence_is_neither_charged_nor_refused(self, verdict: Verdict) -> None:
        world, checkout = paying()
        assert world.ask(settle(checkout, verdict)) == StillPaying(checkout.id, 1)
        assert (world.checkout(checkout.id).state, world.attempt(checkout.id).state) == ("paying", "unknown")
        assert (task_of(world, checkout).tries, task_of(world, checkout).due_at) == (
            1,
            world.now + timedelta(seconds=5),
        )

    @pytest.mark.parametrize("verdict", SILENCE)
    def test_it_may_last_and_still_end_well(self, verdict: Verdict) -> None:
        world, checkout = paying()
        for _ in range(3):
            world.ask(settle(checkout, verdict))
        assert task_of(world, checkout).tries == 3
        world.ask(authorized(checkout))
        assert world.checkout(checkout.id).state == "paid"

    def test_a_buyer_may_have_to_act_and_is_told_where_each_time(self) -> None:
        world, checkout = paying()
        verdict = ActionRequired("ref", "https://bank.example/3ds")
        for _ in range(2):
            assert world.ask(settle(checkout, verdict)) == StillPaying(checkout.id, 1, verdict.url)
        assert world.attempt(checkout.id).gateway_ref == "ref"
        world.ask(authorized(checkout))
        assert world.checkout(checkout.id).state == "paid"


class TestLapsed:
    def lapse(self, **changes: object) -> tuple[World, Checkout]:
        world, checkout = paying(**changes)
        world.wait(300)
        world.ask(expire(checkout))
        return world, checkout

    @pytest.mark.parametrize("flow", ["reservation_first", "payment_first"])
    def test_the_claims_are_released_and_the_attempt_is_untouched(self, flow: Flow) -> None:
        world, checkout = self.lapse(flow=flow)
        row = world.checkout(checkout.id)
        assert (row.state, row.fence) == ("lapsed", 1)
        assert world.attempt(checkout.id).state == "sent"
        assert all(pool.held == 0 for pool in world.rows.pools.values())

    @pytest.mark.parametrize("flow", ["reservation_first", "payment_first"])
    def test_an_authorization_found_later_reclaims_what_is_still_there(self, flow: Flow) -> None:
        world, checkout = self.lapse(flow=flow)
        outcome = world.ask(authorized(checkout))
        assert isinstance(outcome, Answered)
        assert outcome.end == "paid"
        assert world.used("item/shoe") == (0, 1)

    def test_with_the_stock_gone_it_is_doomed(self) -> None:
        world, checkout = self.lapse(limit_per_buyer=None)
        reserved(world, ("shoe", 10), buyer="bob")
        outcome = world.ask(authorized(checkout))
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.end, outcome.void) == (409, "expired", True)
        assert (world.checkout(checkout.id).state, world.attempt(checkout.id).state) == ("expired", "doomed")

    def test_with_the_buyers_limit_used_meanwhile_it_is_doomed(self) -> None:
        world, checkout = self.lapse()
        reserved(world, ("shoe", 2))
        outcome = world.ask(authorized(checkout))
        assert isinstance(outcome, Answered)
        assert outcome.void

    def test_a_refusal_ends_it(self) -> None:
        world, checkout = self.lapse()
        world.ask(settle(checkout, DECLINED))
        assert world.checkout(checkout.id).state == "expired"

    def test_it_cannot_be_paid_again_meanwhile(self) -> None:
        world, checkout = self.lapse()
        assert world.ask(begin(checkout)) == InFlight(checkout.id, 1)
        assert not world.wrote

    def test_that_nothing_was_charged_is_told_once_its_gateway_has_said_so(self) -> None:
        world, checkout = self.lapse()
        world.ask(settle(checkout, DECLINED))
        assert world.ask(begin(checkout)) == Lapsed(checkout.id)

    def test_what_is_doomed_stays_doomed(self) -> None:
        world, checkout = self.lapse(limit_per_buyer=None)
        taken = reserved(world, ("shoe", 10), buyer="bob")
        world.ask(authorized(checkout))
        world.ask(cancel(taken))
        world.ask(authorized(checkout))
        assert not world.wrote
        assert world.ask(captured(checkout, Captured("ref", PRICE))) == Ignored("attempt is doomed")
        assert checkout.id not in world.rows.orders


def test_a_free_order_goes_the_same_way() -> None:
    drop = a_drop()
    world = open_world(items=(replace(drop.items[0], price=0),))
    checkout = reserved(world)
    world.ask(begin(checkout))
    world.ask(authorized(checkout))
    assert world.rows.orders[checkout.id].amount == 0
    assert world.rows.entries[(checkout.id, 0)].amounts == (0, 0)


class TestTheFence:
    """What no command can bring about any more, and what would be fatal: an authorization for claims given up."""

    @pytest.mark.parametrize(
        ("state", "fence", "live_n"),
        [("paying", 1, 1), ("paying", 0, 2), ("lapsed", 0, 1), ("lapsed", 2, 1), ("lapsed", 1, 2)],
    )
    def test_an_authorization_from_before_the_fence_is_doomed(
        self, state: CheckoutState, fence: int, live_n: int
    ) -> None:
        world, checkout = paying()
        row = replace(world.checkout(checkout.id), state=state, fence=fence, live_n=live_n)
        world.rows.checkouts[checkout.id] = row
        outcome = world.ask(authorized(checkout))
        assert isinstance(outcome, Answered)
        assert outcome.void
        assert world.attempt(checkout.id).state == "doomed"
        assert checkout.id not in world.rows.orders
        assert world.checkout(checkout.id) == row
