"""An outcome that nobody knows is asked about ever more rarely, then left to people, and can be settled even then."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.path.patience import Patience
from race_to_purchase.rules.commands import CloseFinding
from race_to_purchase.rules.decide.waiting import NOT_ASKED_BEFORE, unresolved_id
from race_to_purchase.rules.outcomes import StillPaying
from race_to_purchase.rules.rows import TURNED_DUE_WITHIN, Checkout, Finding, Task, attempt_id
from race_to_purchase.rules.verdicts import Absent, NoAnswer, NotSent, Verdict
from tests.rules.test_paying import DECLINED, paying, task_of
from tests.rules.world import World, authorized, expire, settle

SILENCE = NoAnswer("time-out")


def asked(world: World, checkout: Checkout, patience: Patience, verdict: Verdict = SILENCE) -> Task:
    """Let the task fall due and the gateway say `verdict`."""
    task = task_of(world, checkout)
    world.now = max(world.now, task.due_at)
    if world.checkout(checkout.id).state == "paying" and world.now > world.checkout(checkout.id).deadline:
        world.ask(expire(checkout))
    again = replace(settle(checkout, verdict), again_s=patience.again_s(task.tries), ask_for_s=patience.resolve_for_s)
    assert isinstance(world.ask(again), StillPaying)
    return task_of(world, checkout)


def finding_of(world: World, checkout: Checkout) -> Finding:
    return world.rows.findings[unresolved_id(checkout.id, 1)]


def unresolved(verdict: Verdict = SILENCE) -> tuple[World, Checkout]:
    """A payment whose gateway has not answered for all the days there are."""
    world, checkout = paying()
    while asked(world, checkout, Patience(), verdict).due_at != NOT_ASKED_BEFORE:
        pass
    return world, checkout


def test_the_pauses_are_five_seconds_to_an_hour_and_then_a_day_five_times() -> None:
    world, checkout = paying()
    pauses: list[timedelta] = []
    while (due := asked(world, checkout, Patience()).due_at) != NOT_ASKED_BEFORE:
        pauses.append(due - world.now)
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert pauses == [timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5), hour, *[day] * 5]


def test_for_how_long_is_configurable() -> None:
    world, checkout = paying()
    patience = Patience(resolve_after_s=(60.0, 600.0), resolve_for_s=2000.0)
    asked_at: list[datetime] = []
    while asked(world, checkout, patience).due_at != NOT_ASKED_BEFORE:
        asked_at.append(world.now)
    ended = world.checkout(checkout.id).deadline + timedelta(seconds=2000)
    assert asked_at[-1] <= ended < world.now <= ended + timedelta(seconds=600)


@pytest.mark.parametrize("verdict", [SILENCE, NotSent("no connection")])
def test_at_the_end_people_are_told_and_nothing_is_guessed(verdict: Verdict) -> None:
    world, checkout = unresolved(verdict)
    finding = finding_of(world, checkout)
    assert (finding.kind, finding.state, finding.repair) == ("unresolved", "open", "")
    assert finding.subject == attempt_id(checkout.id, 1)
    told = {name: finding.detail[name] for name in ("gateway", "amount", "currency", "checkout", "n", "key")}
    attempt = world.attempt(checkout.id)
    assert told == {
        "gateway": "sandbox",
        "amount": attempt.amount,
        "currency": attempt.currency,
        "checkout": checkout.id,
        "n": 1,
        "key": attempt.key,
    }
    assert attempt.state == "unknown"
    assert world.checkout(checkout.id).state == "lapsed", "its stock was given back at the deadline"
    assert world.used("item/shoe") == (0, 0)


def test_asking_in_vain_once_more_tells_nobody_twice() -> None:
    world, checkout = unresolved()
    told = finding_of(world, checkout)
    world.ask(replace(settle(checkout, SILENCE), again_s=5.0))
    assert finding_of(world, checkout) == told
    assert task_of(world, checkout).due_at == NOT_ASKED_BEFORE
    history = [line.what for line in world.rows.history[attempt_id(checkout.id, 1)]]
    assert history.count("unresolved") == 1


def test_one_that_was_closed_too_early_is_opened_again() -> None:
    world, checkout = unresolved()
    world.ask(CloseFinding("aurora", unresolved_id(checkout.id, 1), "looked at it", "ops"))
    world.wait(60)
    world.ask(settle(checkout, SILENCE))
    assert (finding_of(world, checkout).state, finding_of(world, checkout).ended_at) == ("open", None)


class TestItCanBeSettledEvenThen:
    def test_an_authorization_becomes_an_order_whose_capture_is_due_soon(self) -> None:
        world, checkout = unresolved()
        world.ask(authorized(checkout))
        assert world.checkout(checkout.id).state == "paid"
        task = task_of(world, checkout)
        assert (task.kind, task.due_at) == ("capture", world.now + TURNED_DUE_WITHIN)

    def test_what_cannot_be_kept_is_voided_soon(self) -> None:
        world, checkout = unresolved()
        pool = world.pool("item/shoe")
        world.rows.pools[pool.id] = replace(pool, sold=pool.capacity)
        world.ask(authorized(checkout))
        task = task_of(world, checkout)
        assert (task.kind, task.due_at) == ("void", world.now + TURNED_DUE_WITHIN)

    @pytest.mark.parametrize("verdict", [DECLINED, Absent()])
    def test_what_was_not_taken_ends(self, verdict: Verdict) -> None:
        world, checkout = unresolved()
        world.ask(settle(checkout, verdict))
        assert world.attempt(checkout.id).state in ("declined", "doomed")
        assert world.checkout(checkout.id).state == "expired"


def test_a_time_that_is_shorter_than_a_request_may_be_on_its_way_is_refused() -> None:
    with pytest.raises(ValueError, match="resolve_for_s"):
        Patience(resolve_for_s=300.0)
