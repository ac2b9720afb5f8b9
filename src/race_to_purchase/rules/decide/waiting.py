"""Payments that wait: for a gateway that has not answered, for a buyer who has to act, and how long both may take.

Only these rare waits ever move a reservation's deadline, and never past a bound that counts from its first one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from race_to_purchase.rules.attempt import move as move_attempt
from race_to_purchase.rules.commands import Authorization
from race_to_purchase.rules.decide.decision import Decision, tell, tell_attempt, with_state
from race_to_purchase.rules.outcomes import StillPaying
from race_to_purchase.rules.rows import Attempt, Checkout, Finding, Row, Task, attempt_id, finding_id, task_id
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.rules.verdicts import ActionRequired

NEVER_RECEIVED_AFTER = timedelta(minutes=5)
"""A request that the gateway does not know so long after anybody could send it never arrived.

It is sent again until the deadline, so it counts from there. Long enough for a request that is slow on its way; nobody
waits for it, since the reservation has lapsed.
"""

UNRESOLVED = "unresolved"
"""Kind of the finding about an attempt whose gateway has not answered for days."""

NOT_ASKED_BEFORE = datetime(9999, 1, 1, tzinfo=UTC)
"""When the task of such an attempt falls due: never by itself."""

ABSENT_FOR_GOOD_AFTER = timedelta(hours=1)
"""What was given up is looked for so long: a process that was frozen before it sent may wake up and send it still."""


def unheard_of(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, after: timedelta) -> bool:
    """Whether nobody could have sent the attempt for as long as `after`."""
    return snapshot.now - max(attempt.began_at, checkout.deadline) > after


def pays(checkout: Checkout, attempt: Attempt) -> bool:
    """Whether the checkout's claims still stand for this attempt."""
    return checkout.state == "paying" and checkout.live_n == attempt.n and checkout.fence == attempt.fence


def extended(snapshot: Snapshot, checkout: Checkout, wait_s: float, extension_max_s: float) -> datetime:
    """A deadline that leaves `wait_s` from now: never earlier than it is, nor `extension_max_s` past the first one."""
    drop = snapshot.drops[checkout.drop_id].definition
    first = checkout.created_at + timedelta(seconds=drop.reservation_seconds)
    wanted = snapshot.now + timedelta(seconds=wait_s)
    return max(checkout.deadline, min(wanted, first + timedelta(seconds=extension_max_s)))


def lost(snapshot: Snapshot, command: Authorization, checkout: Checkout, attempt: Attempt, reason: str) -> Decision:
    """The gateway has not said what it did: ask again later, and assume nothing."""
    changed = replace(attempt, state=move_attempt(attempt.state, "lose"))
    told = tell_attempt(checkout.id, attempt.n, "unknown", snapshot.now, reason)
    if unheard_of(snapshot, checkout, attempt, timedelta(seconds=command.ask_for_s)):
        return _unresolved(snapshot, checkout, changed, reason)
    again = _ask_again(snapshot, checkout, attempt.n, command.again_s)
    return Decision(StillPaying(checkout.id, attempt.n), (changed, again, told))


def _unresolved(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, reason: str) -> Decision:
    """Nobody has said what became of it, for days: no loop asks again, and people are told.

    It is still unknown, and keeps its task: a message of the gateway, reconciliation or a person that asks once more
    may settle it at any time, as it would have been settled before.
    """
    name = task_id(checkout.id, attempt.n)
    kept = Task(name, "resolve", checkout.drop_id, checkout.id, attempt.n, NOT_ASKED_BEFORE, 1)
    rows: list[Row] = [attempt, kept]
    before = snapshot.findings.get(unresolved_id(checkout.id, attempt.n))
    if before is None or before.state != "open":
        rows.append(_for_people(snapshot, checkout, attempt, reason, before))
        rows.append(tell_attempt(checkout.id, attempt.n, "unresolved", snapshot.now, reason))
    return Decision(StillPaying(checkout.id, attempt.n), tuple(rows))


def unresolved_id(checkout_id: str, n: int) -> str:
    """Id of the finding that tells people of an attempt whose outcome nobody knows."""
    return finding_id(UNRESOLVED, attempt_id(checkout_id, n))


def _for_people(
    snapshot: Snapshot, checkout: Checkout, attempt: Attempt, reason: str, before: Finding | None
) -> Finding:
    detail: dict[str, str | int] = {
        "what": reason,
        "gateway": attempt.gateway,
        "ref": attempt.gateway_ref or "",
        "key": attempt.key,
        "amount": attempt.amount,
        "currency": attempt.currency,
        "checkout": checkout.id,
        "n": attempt.n,
        "began_at": attempt.began_at.isoformat(),
    }
    if before is not None:
        return replace(before, state="open", how="", ended_at=None, last_seen=snapshot.now, seen=before.seen + 1)
    return Finding(
        id=unresolved_id(checkout.id, attempt.n),
        kind=UNRESOLVED,
        subject=attempt_id(checkout.id, attempt.n),
        drop_id=checkout.drop_id,
        state="open",
        repair="",
        detail=detail,
        first_seen=snapshot.now,
        last_seen=snapshot.now,
    )


def action_required(
    snapshot: Snapshot, command: Authorization, checkout: Checkout, attempt: Attempt, wanted: ActionRequired
) -> Decision:
    """The buyer has to act first: keep where, give them time, and look again at the latest when it is up."""
    rows: list[Row] = []
    deadline = checkout.deadline
    if attempt.next_action is None:
        deadline = extended(snapshot, checkout, command.action_wait_s, command.extension_max_s)
        rows.append(tell_attempt(checkout.id, attempt.n, "action_required", snapshot.now))
    if deadline != checkout.deadline:
        rows.append(with_state(checkout, checkout.state, deadline=deadline))
        rows.append(tell(checkout.id, "extended", snapshot.now, deadline.isoformat()))
    state = move_attempt(attempt.state, "require_action")
    rows.append(replace(attempt, state=state, gateway_ref=wanted.ref, next_action=wanted.url))
    left_s = (deadline - snapshot.now).total_seconds()
    again_s = min(command.again_s, left_s + 1) if left_s > 0 else command.again_s
    rows.append(_ask_again(snapshot, checkout, attempt.n, again_s))
    return Decision(StillPaying(checkout.id, attempt.n, wanted.url), tuple(rows))


def _ask_again(snapshot: Snapshot, checkout: Checkout, n: int, again_s: float) -> Task:
    due_at = snapshot.now + timedelta(seconds=again_s)
    return Task(task_id(checkout.id, n), "resolve", checkout.drop_id, checkout.id, n, due_at, 1)
