"""The payment queue: an attempt that waits for its turn is `prepared`, and provably nothing was sent of it yet."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.rules import answers
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.attempt import move as move_attempt
from race_to_purchase.rules.checkout import move as move_checkout
from race_to_purchase.rules.commands import Send
from race_to_purchase.rules.decide.decision import Decision, already, release, tell, tell_attempt, with_state
from race_to_purchase.rules.decide.waiting import pays
from race_to_purchase.rules.outcomes import Answered, Begun, InFlight
from race_to_purchase.rules.rows import Attempt, Checkout, Row, Task, TaskDone, task_id
from race_to_purchase.rules.snapshot import Snapshot, Stale


def send(snapshot: Snapshot, command: Send) -> Decision:
    """Its turn has come: Begun, with the attempt that may be sent now, or how it ended meanwhile.

    Begun but once: who sends it must be able to say that nobody else did.
    """
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None:
        raise Stale(f"checkout {command.checkout_id}")
    attempt = snapshot.attempt(command.checkout_id, command.n)
    if attempt.state != "prepared":
        return Decision(InFlight(checkout.id, attempt.n) if attempt.state in OPEN else already(attempt))
    if not pays(checkout, attempt) or snapshot.now >= checkout.deadline:
        return never_sent(snapshot, checkout, attempt)
    sent = replace(attempt, state=move_attempt(attempt.state, "send"))
    due_at = snapshot.now + timedelta(seconds=command.takeover_s)
    task = Task(task_id(checkout.id, attempt.n), "resolve", checkout.drop_id, checkout.id, attempt.n, due_at)
    told = tell_attempt(checkout.id, attempt.n, "sent", snapshot.now, attempt.gateway)
    return Decision(Begun(sent), (sent, task, told))


def never_sent(snapshot: Snapshot, checkout: Checkout, attempt: Attempt) -> Decision:
    """The deadline was faster than the queue: the payment ends at once, since nobody has to be asked."""
    status, body = answers.not_sent(checkout.id)
    ended = replace(
        attempt,
        state=move_attempt(attempt.state, "decline"),
        decline_code="not_sent",
        answer_status=status,
        answer=body,
    )
    rows: list[Row] = [ended, TaskDone(task_id(checkout.id, attempt.n))]
    rows.append(tell_attempt(checkout.id, attempt.n, "declined", snapshot.now, "not_sent"))
    if pays(checkout, attempt):
        rows.append(with_state(checkout, move_checkout(checkout.state, "refuse"), fence=1))
        rows += [*release(snapshot, checkout), tell(checkout.id, "expired", snapshot.now)]
    return Decision(Answered(status, body, "expired", attempt.n), tuple(rows))
