"""After the pivot, or after a doom: capture or void at the gateway, then tell the merchant."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.rules import ledger, pools
from race_to_purchase.rules.attempt import move as move_attempt
from race_to_purchase.rules.checkout import move as move_checkout
from race_to_purchase.rules.commands import Capture, Deliver, Void
from race_to_purchase.rules.decide.decision import Decision, each, tell, tell_attempt, with_state
from race_to_purchase.rules.decide.waiting import ABSENT_FOR_GOOD_AFTER, unheard_of
from race_to_purchase.rules.outcomes import Done, Ignored
from race_to_purchase.rules.rows import Attempt, Checkout, Order, Row, Task, TaskDone, TaskKind, task_id
from race_to_purchase.rules.snapshot import Snapshot, Stale
from race_to_purchase.rules.verdicts import (
    Absent,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Refunded,
    RefundFailed,
    RefundPending,
    Verdict,
    Voided,
)


def _rows(snapshot: Snapshot, checkout_id: str, n: int) -> tuple[Checkout, Attempt]:
    checkout = snapshot.checkouts.get(checkout_id)
    if checkout is None:
        raise Stale(f"checkout {checkout_id}")
    return checkout, snapshot.attempt(checkout_id, n)


def _again(snapshot: Snapshot, checkout: Checkout, n: int, kind: TaskKind, again_s: float) -> Task:
    """The task, due later. It is written with the row it is about, though that does not change: where rows are read
    without locks, that row's version tells whether somebody else has finished the step and taken the task away."""
    name = "deliver" if kind == "deliver" else "payment"
    due_at = snapshot.now + timedelta(seconds=again_s)
    return Task(task_id(checkout.id, n, name), kind, checkout.drop_id, checkout.id, n, due_at, 1)


def capture(snapshot: Snapshot, command: Capture) -> Decision:
    """The money of an order arrived, will never arrive, or has to be asked for again."""
    checkout, attempt = _rows(snapshot, command.checkout_id, command.n)
    if attempt.state != "committed":
        return Decision(Ignored(f"attempt is {attempt.state}"))
    match command.verdict:
        case Captured(amount=amount) if amount == attempt.amount:
            return _captured(snapshot, checkout, attempt, command.deliver)
        case CaptureRefused(code=code):
            return _capture_failed(snapshot, checkout, attempt, code)
        case NoAnswer() | NotSent():
            again = _again(snapshot, checkout, attempt.n, "capture", command.again_s)
            return Decision(Done("capture_again"), (attempt, again))
        case verdict:
            raise TypeError(f"{verdict} is no answer to a capture of {attempt.amount}")


def _captured(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, deliver: bool) -> Decision:
    rows: list[Row] = [
        replace(attempt, state=move_attempt(attempt.state, "capture")),
        TaskDone(task_id(checkout.id, attempt.n)),
        tell_attempt(checkout.id, attempt.n, "captured", snapshot.now),
    ]
    if deliver:
        rows.append(_again(snapshot, checkout, attempt.n, "deliver", 0))
    return Decision(Done("captured"), tuple(rows))


def _capture_failed(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, code: str) -> Decision:
    """The order is undone: stock back, entry reversed. Nobody was told of it, as fulfilment waits for capture."""
    sold = each(snapshot, {**checkout.claims.hold, **checkout.claims.commit}, pools.take_back)
    order = Order(
        checkout.id,
        checkout.drop_id,
        checkout.buyer,
        attempt.amount,
        attempt.currency,
        attempt.gateway,
        attempt.gateway_ref or "",
        attempt.n,
        snapshot.now,
    )
    rows: tuple[Row, ...] = (
        replace(attempt, state=move_attempt(attempt.state, "capture_fail"), decline_code=code),
        with_state(checkout, move_checkout(checkout.state, "capture_failed"), fence=1),
        *sold,
        ledger.reversal(ledger.sale(order, checkout.quote), ledger.SALE + 1, "capture_failed", snapshot.now),
        TaskDone(task_id(checkout.id, attempt.n)),
        tell(checkout.id, "capture_failed", snapshot.now, code),
        tell_attempt(checkout.id, attempt.n, "capture_failed", snapshot.now, code),
    )
    return Decision(Done("capture_failed"), rows)


def void(snapshot: Snapshot, command: Void) -> Decision:
    """What a doomed attempt authorized is gone, or was paid back; or is asked for again until the gateway says so."""
    checkout, attempt = _rows(snapshot, command.checkout_id, command.n)
    if attempt.state != "doomed":
        return Decision(Ignored(f"attempt is {attempt.state}"))
    match command.verdict:
        case Voided() | Refunded():
            return _voided(snapshot, checkout, attempt, command.verdict)
        case Absent() if attempt.gateway_ref or unheard_of(snapshot, checkout, attempt, ABSENT_FOR_GOOD_AFTER):
            return _voided(snapshot, checkout, attempt, command.verdict)
        case NoAnswer() | NotSent() | Absent() | Captured() | Declined() | RefundPending() | RefundFailed():
            # Captured though it was doomed, or not paid back: the task stays, and the audit names it.
            again = _again(snapshot, checkout, attempt.n, "void", command.again_s)
            return Decision(Done("void_again"), (attempt, again))
        case verdict:
            raise TypeError(f"{type(verdict).__name__} is no answer to a void")


def _voided(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, verdict: Verdict) -> Decision:
    changed = replace(attempt, state=move_attempt(attempt.state, "void"))
    told = tell_attempt(checkout.id, attempt.n, "voided", snapshot.now, type(verdict).__name__.lower())
    return Decision(Done("voided"), (changed, TaskDone(task_id(checkout.id, attempt.n)), told))


def deliver(snapshot: Snapshot, command: Deliver) -> Decision:
    """The merchant has the order, or will be told again, or could not be told for days and has to look."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None:
        raise Stale(f"checkout {command.checkout_id}")
    if not command.accepted and command.again_s is not None:
        again = _again(snapshot, checkout, command.n, "deliver", command.again_s)
        return Decision(Done("deliver_again"), (checkout, again))
    done = TaskDone(task_id(checkout.id, command.n, "deliver"))
    if not command.accepted:
        # The checkout is written too: a history is only ever appended by the write of its row.
        rows = (checkout, done, tell(checkout.id, "undeliverable", snapshot.now))
        return Decision(Done("undeliverable"), rows)
    if checkout.state != "paid":
        return Decision(Ignored(f"checkout is {checkout.state}"), (done,))
    fulfilled = with_state(checkout, move_checkout(checkout.state, "deliver"))
    return Decision(Done("fulfilled"), (fulfilled, done, tell(checkout.id, "fulfilled", snapshot.now)))
