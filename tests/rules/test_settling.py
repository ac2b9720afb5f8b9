"""After the pivot, or after a doom: capture, void, deliver, each until the other side has said so."""

from datetime import timedelta

import pytest

from race_to_purchase.rules.drop import Flow
from race_to_purchase.rules.outcomes import Done, Ignored, Reserved
from race_to_purchase.rules.rows import Checkout, task_id
from race_to_purchase.rules.verdicts import (
    Absent,
    Authorized,
    Captured,
    CaptureRefused,
    NoAnswer,
    NotSent,
    Refunded,
    Verdict,
    Voided,
)
from tests.rules.world import World, authorized, begin, captured, delivered, open_world, reserve, settle, voided
from tests.samples import PRICE

SILENCE: list[Verdict] = [NoAnswer("time-out"), NotSent("no connection")]


def committed(**changes: object) -> tuple[World, Checkout]:
    """An order whose money has not arrived yet."""
    world = open_world(**changes)
    outcome = world.ask(reserve())
    assert isinstance(outcome, Reserved)
    world.ask(begin(outcome.checkout))
    world.ask(authorized(outcome.checkout))
    return world, outcome.checkout


def doomed() -> tuple[World, Checkout]:
    """An authorization that may never become an order."""
    world = open_world()
    outcome = world.ask(reserve())
    assert isinstance(outcome, Reserved)
    world.ask(begin(outcome.checkout))
    world.ask(settle(outcome.checkout, Authorized("ref-1", PRICE + 1)))
    return world, outcome.checkout


class TestCapture:
    @pytest.mark.parametrize("deliver", [False, True])
    def test_the_money_arrives_and_the_merchant_is_told_if_he_wants(self, deliver: bool) -> None:
        world, checkout = committed()
        assert world.ask(captured(checkout, Captured("ref-1", PRICE), deliver=deliver)) == Done("captured")
        assert world.attempt(checkout.id).state == "captured"
        kinds = {task.id: task.kind for task in world.rows.tasks.values()}
        assert kinds == ({task_id(checkout.id, 1, "deliver"): "deliver"} if deliver else {})

    @pytest.mark.parametrize("verdict", SILENCE)
    def test_silence_is_asked_again(self, verdict: Verdict) -> None:
        world, checkout = committed()
        assert world.ask(captured(checkout, verdict)) == Done("capture_again")
        task = world.rows.tasks[task_id(checkout.id, 1)]
        assert (task.kind, task.tries, task.due_at) == ("capture", 1, world.now + timedelta(seconds=5))
        assert world.attempt(checkout.id).state == "committed"

    @pytest.mark.parametrize("flow", ["reservation_first", "payment_first"])
    def test_a_refusal_undoes_the_order(self, flow: Flow) -> None:
        world, checkout = committed(flow=flow)
        assert world.ask(captured(checkout, CaptureRefused("expired"))) == Done("capture_failed")
        assert (world.checkout(checkout.id).state, world.attempt(checkout.id).state) == ("cancelled", "capture_failed")
        assert all((pool.held, pool.sold) == (0, 0) for pool in world.rows.pools.values())
        entries = [world.rows.entries[(checkout.id, number)] for number in (0, 1)]
        assert [sum(column) for column in zip(*(entry.amounts for entry in entries), strict=True)] == [0, 0]
        assert not world.rows.tasks

    def test_what_is_captured_is_captured(self) -> None:
        world, checkout = committed()
        world.ask(captured(checkout, Captured("ref-1", PRICE)))
        for verdict in (Captured("ref-1", PRICE), CaptureRefused("late"), NoAnswer("late")):
            assert world.ask(captured(checkout, verdict)) == Ignored("attempt is captured")
            assert not world.wrote

    @pytest.mark.parametrize("verdict", [Captured("ref-1", PRICE - 1), Voided("ref-1"), Absent()])
    def test_another_amount_or_another_word_is_a_bug(self, verdict: Verdict) -> None:
        world, checkout = committed()
        with pytest.raises(TypeError, match="no answer to a capture"):
            world.ask(captured(checkout, verdict))


class TestVoid:
    @pytest.mark.parametrize("verdict", [Voided("ref-1"), Absent(), Refunded("ref-1", PRICE)])
    def test_it_ends_when_the_gateway_says_so(self, verdict: Verdict) -> None:
        world, checkout = doomed()
        assert world.ask(voided(checkout, verdict)) == Done("voided")
        assert world.attempt(checkout.id).state == "voided"
        assert not world.rows.tasks

    @pytest.mark.parametrize("verdict", [*SILENCE, Captured("ref-1", PRICE + 1)])
    def test_until_then_it_is_asked_again(self, verdict: Verdict) -> None:
        world, checkout = doomed()
        assert world.ask(voided(checkout, verdict)) == Done("void_again")
        assert world.rows.tasks[task_id(checkout.id, 1)].kind == "void"
        assert world.attempt(checkout.id).state == "doomed"

    def test_an_order_is_never_voided(self) -> None:
        world, checkout = committed()
        assert world.ask(voided(checkout, Voided("ref-1"))) == Ignored("attempt is committed")
        assert not world.wrote

    def test_another_word_is_a_bug(self) -> None:
        world, checkout = doomed()
        with pytest.raises(TypeError, match="CaptureRefused is no answer to a void"):
            world.ask(voided(checkout, CaptureRefused("expired")))


class TestDeliver:
    def captured(self) -> tuple[World, Checkout]:
        world, checkout = committed()
        world.ask(captured(checkout, Captured("ref-1", PRICE), deliver=True))
        return world, checkout

    def test_an_accepted_order_is_fulfilled(self) -> None:
        world, checkout = self.captured()
        assert world.ask(delivered(checkout)) == Done("fulfilled")
        assert world.checkout(checkout.id).state == "fulfilled"
        assert not world.rows.tasks
        assert world.used("item/shoe") == (0, 1)

    def test_accepted_twice_is_fulfilled_once(self) -> None:
        world, checkout = self.captured()
        world.ask(delivered(checkout))
        assert world.ask(delivered(checkout)) == Ignored("checkout is fulfilled")

    def test_a_merchant_who_does_not_answer_is_told_again(self) -> None:
        world, checkout = self.captured()
        assert world.ask(delivered(checkout, accepted=False, again_s=60)) == Done("deliver_again")
        (task,) = world.rows.tasks.values()
        assert (task.kind, task.due_at) == ("deliver", world.now + timedelta(seconds=60))

    def test_a_merchant_who_never_answers_is_given_up_and_that_is_written_down(self) -> None:
        world, checkout = self.captured()
        assert world.ask(delivered(checkout, accepted=False)) == Done("undeliverable")
        assert world.checkout(checkout.id).state == "paid"
        assert not world.rows.tasks
        assert [line.what for line in world.rows.history[checkout.id]] == ["reserved", "paid", "undeliverable"]
