"""Failover: what one gateway could not take goes to the next, as another attempt with a key of its own.

The first attempt ends in the transaction that begins the second, so that no two can ever be committed: it is declined
where it provably took nothing, and doomed, with the task of its void, where nobody knows. It has no answer of its own:
the buyer gets the one of the attempt that followed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.attempt import move as move_attempt
from race_to_purchase.rules.commands import Authorization, NextAttempt
from race_to_purchase.rules.decide.decision import Decision, already, tell_attempt, with_state
from race_to_purchase.rules.decide.waiting import extended, pays
from race_to_purchase.rules.outcomes import Outcome, StillPaying, TriedNext
from race_to_purchase.rules.rows import Attempt, Checkout, Task, TaskDone, TaskTurned, task_id
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.rules.verdicts import Declined, NoAnswer, NotSent


def try_next(snapshot: Snapshot, command: Authorization, checkout: Checkout, attempt: Attempt) -> Decision | None:
    """The next attempt begun, or None where there is none to begin.

    A payment that waits for its buyer never fails over, and none does after its deadline.
    """
    then = command.then
    if then is None or attempt.next_action is not None:
        return None
    if not pays(checkout, attempt) or snapshot.now >= checkout.deadline:
        return None
    match command.verdict:
        case Declined(code=code, elsewhere=True):
            return _next(snapshot, command, checkout, attempt, code, doomed=False)
        case NotSent() if attempt.state == "sent" and snapshot.now < _alone_until(attempt, then):
            return _next(snapshot, command, checkout, attempt, "not_sent", doomed=False)
        case NoAnswer():
            return _next(snapshot, command, checkout, attempt, "failed_over", doomed=True)
    return None


def tried_next(snapshot: Snapshot, command: Authorization, attempt: Attempt) -> Outcome | None:
    """What is said of an attempt that failed over, when its end is decided again; None where it did not.

    Only the command that began the next attempt, run again after a COMMIT of unknown fate, may go on with it.
    """
    if attempt.answer is not None:
        return None
    following = snapshot.attempt(attempt.checkout_id, attempt.n + 1)
    if following.state not in OPEN:
        return tried_next(snapshot, command, following) or already(following)
    if command.then is not None and following.key == command.then.key:
        return TriedNext(following, void=attempt.state == "doomed")
    return StillPaying(attempt.checkout_id, following.n)


def _alone_until(attempt: Attempt, then: NextAttempt) -> datetime:
    """Until then nobody but the process that began the attempt may have sent it: only until then is its word enough."""
    return attempt.began_at + timedelta(seconds=then.takeover_s)


def _next(
    snapshot: Snapshot, command: Authorization, checkout: Checkout, attempt: Attempt, why: str, *, doomed: bool
) -> Decision:
    then = command.then
    assert then is not None
    queued = then.wait_s > 0
    following = Attempt(
        checkout_id=checkout.id,
        n=attempt.n + 1,
        gateway=then.gateway,
        state="prepared" if queued else "sent",
        key=then.key,
        method=attempt.method,
        amount=attempt.amount,
        currency=attempt.currency,
        fence=attempt.fence,
        began_at=snapshot.now,
        return_url=attempt.return_url,
        country=attempt.country,
    )
    ended = replace(attempt, state=move_attempt(attempt.state, "doom" if doomed else "decline"), decline_code=why)
    name = task_id(checkout.id, attempt.n)
    wait_s = then.wait_s + then.takeover_s
    due_at = snapshot.now + timedelta(seconds=wait_s)
    deadline = extended(snapshot, checkout, wait_s, command.extension_max_s) if queued else None
    return Decision(
        TriedNext(following, void=doomed),
        (
            with_state(checkout, checkout.state, live_n=following.n, deadline=deadline),
            ended,
            TaskTurned(name, "void") if doomed else TaskDone(name),
            tell_attempt(checkout.id, attempt.n, "doomed" if doomed else "declined", snapshot.now, why),
            following,
            Task(task_id(checkout.id, following.n), "resolve", checkout.drop_id, checkout.id, following.n, due_at),
            tell_attempt(checkout.id, following.n, following.state, snapshot.now, then.gateway),
        ),
    )
