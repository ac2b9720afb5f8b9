"""Reconciliation: note what differs, and what became of its repair. Nothing here looks for differences.

A finding is written before the first step of its repair and after the last one, so that a repair that was broken off
goes on, and one that is done is never done again. What moves money is repaired once: if it is seen again afterwards,
it stays open for people. What only moves our own rows is decided by those rows each time.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.commands import Book, CloseFinding, Found, Mended, Owe, Recount
from race_to_purchase.rules.decide.decision import Decision, Rule, pool_of, tell_attempt
from race_to_purchase.rules.outcomes import Done, Ignored, Noted, Unknown
from race_to_purchase.rules.rows import Event, Finding, Pool, Row, Task, TaskKind, task_id
from race_to_purchase.rules.snapshot import Snapshot, Stale
from race_to_purchase.rules.verdicts import (
    Absent,
    Captured,
    NoAnswer,
    NotSent,
    Refunded,
    RefundPending,
    Verdict,
    Voided,
)

MOVES_MONEY = frozenset({"void", "refund"})


def found(snapshot: Snapshot, command: Found) -> Decision:
    """Note it, and begin its repair where there is one."""
    before = snapshot.findings.get(command.finding_id)
    now = snapshot.now
    if before is None:
        finding = Finding(
            id=command.finding_id,
            kind=command.kind,
            subject=command.subject,
            drop_id=command.drop_id,
            state="repairing" if command.repair else "open",
            repair=command.repair,
            detail=command.detail,
            first_seen=now,
            last_seen=now,
        )
        return Decision(Noted(finding), (finding,))
    if before.ended_at is not None and command.looked_at <= before.ended_at:
        return Decision(Ignored("it was seen before it was ended"))
    seen = replace(before, last_seen=now, seen=before.seen + 1)
    if before.state == "repaired":
        seen = _seen_again(seen, command)
    elif before.state == "open":
        again = command.repair and not before.how
        seen = replace(seen, detail=command.detail, repair=command.repair, state="repairing" if again else "open")
    return Decision(Noted(seen), (seen,))


def _seen_again(finding: Finding, command: Found) -> Finding:
    again = replace(finding, repair=command.repair, detail=command.detail, ended_at=None)
    if command.repair and command.repair not in MOVES_MONEY:
        return replace(again, state="repairing", how="")
    return replace(again, state="open", how="seen again after its repair")


def mended(snapshot: Snapshot, command: Mended) -> Decision:
    """Repaired, or to be tried again, or refused by the gateway and open for people."""
    finding = _finding(snapshot, command.finding_id)
    if finding.state != "repairing":
        return Decision(Ignored(f"the finding is {finding.state}"))
    match command.verdict:
        case None:
            return _repaired(snapshot, finding, command, command.how)
        case Voided() | Absent() if finding.repair == "void":
            return _repaired(snapshot, finding, command, "voided")
        case Refunded(amount=amount) if finding.repair == "refund":
            return _repaired(snapshot, finding, command, f"refunded {amount}")
        case RefundPending() if finding.repair == "refund":
            return _repaired(snapshot, finding, command, "refund on its way")
        case Captured(amount=amount) if finding.repair == "void":
            # It was taken before it could be voided, for nothing: give it back.
            turned = replace(finding, repair="refund", detail={**finding.detail, "amount": amount})
            return Decision(Noted(turned), (turned,))
        case Captured() if finding.repair == "refund":
            return Decision(Noted(finding))  # Decided again, or heard twice: the refund is still to be made.
        case Absent() if finding.repair == "ask":
            agreed = replace(finding, state="open", how="the gateway says nothing else of our refunds")
            return Decision(Noted(agreed), (agreed,))
        case NoAnswer() | NotSent():
            return Decision(Ignored("no answer; it is tried again"))
        case verdict:
            refused = replace(finding, state="open", how=f"{finding.repair} refused: {_word(verdict)}")
            return Decision(Noted(refused), (refused,))


def _word(verdict: Verdict) -> str:
    return str(getattr(verdict, "code", type(verdict).__name__))


def _repaired(snapshot: Snapshot, finding: Finding, command: Mended, how: str) -> Decision:
    ended = replace(finding, state="repaired", how=how, ended_at=snapshot.now)
    rows: list[Row] = [ended, _event(snapshot, ended, "finding_repaired")]
    attempt = snapshot.attempts.get((command.checkout_id, command.n))
    if attempt is not None and finding.repair in MOVES_MONEY:
        # A history is only ever appended by the write of its row.
        rows += [attempt, tell_attempt(command.checkout_id, command.n, "reconciled", snapshot.now, how)]
    return Decision(Noted(ended), tuple(rows))


def owe(snapshot: Snapshot, command: Owe) -> Decision:
    """The task of the step that an attempt owes; nothing where it owes none."""
    if command.checkout_id not in snapshot.checkouts:
        raise Stale(f"checkout {command.checkout_id}")
    attempt = snapshot.attempt(command.checkout_id, command.n)
    kind: TaskKind
    if attempt.state in OPEN or attempt.state == "authorized":
        kind = "resolve"
    elif attempt.state == "committed":
        kind = "capture"
    elif attempt.state == "doomed":
        kind = "void"
    else:
        return Decision(Ignored(f"attempt is {attempt.state}"))
    due_at = snapshot.now + timedelta(seconds=1)
    task = Task(task_id(attempt.checkout_id, attempt.n), kind, command.drop_id, attempt.checkout_id, attempt.n, due_at)
    told = tell_attempt(attempt.checkout_id, attempt.n, "reconciled", snapshot.now, f"{kind} task")
    return Decision(Done(kind), (attempt, task, told))


def recount(snapshot: Snapshot, command: Recount) -> Decision:
    """The pool with its counts put right, and its finding ended, in one write."""
    finding = _finding(snapshot, command.finding_id)
    if finding.version != command.finding_version or finding.state != "repairing":
        return Decision(Ignored("somebody else has recounted meanwhile"))
    (pool_id,) = command.pools
    pool = pool_of(snapshot, pool_id)
    held, sold = pool.held + command.held_by, pool.sold + command.sold_by
    if held < 0 or sold < 0 or held + sold > pool.capacity:
        reason = f"the counts would be held {held} and sold {sold} of {pool.capacity}"
        refused = replace(finding, state="open", how=f"recount refused: {reason}")
        return Decision(Noted(refused), (refused,))
    counted = Pool(pool.id, pool.drop_id, pool.kind, pool.capacity, held, sold, pool.version)
    how = f"held {pool.held} to {held}, sold {pool.sold} to {sold}"
    ended = replace(finding, state="repaired", how=how, ended_at=snapshot.now)
    return Decision(Noted(ended), (counted, ended, _event(snapshot, ended, "pool_recounted")))


def close_finding(snapshot: Snapshot, command: CloseFinding) -> Decision:
    """Closed; what is being repaired cannot be closed, and what has ended stays as it is."""
    finding = snapshot.findings.get(command.finding_id)
    if finding is None:
        return Decision(Unknown("finding", command.finding_id))
    if finding.state != "open":
        return Decision(Noted(finding))
    how = f"{command.who}: {command.reason}"
    closed = replace(finding, state="closed", how=how, ended_at=snapshot.now)
    return Decision(Noted(closed), (closed, _event(snapshot, closed, "finding_closed")))


def book(snapshot: Snapshot, command: Book) -> Decision:
    """Those of the entries that are not in the journal yet."""
    there = snapshot.booked | {entry.order_id for entry in snapshot.entries}
    new = {entry.order_id: entry for entry in command.entries if entry.order_id not in there}
    return Decision(Done(f"{len(new)} booked"), tuple(new.values()))


def _finding(snapshot: Snapshot, finding_id: str) -> Finding:
    try:
        return snapshot.findings[finding_id]
    except KeyError:
        raise Stale(f"finding {finding_id}") from None


def _event(snapshot: Snapshot, finding: Finding, kind: str) -> Event:
    data = {"finding": finding.id, "kind": finding.kind, "subject": finding.subject, "how": finding.how}
    return Event(finding.drop_id, kind, snapshot.now, msgspec.json.encode(data).decode())


RULES: dict[type, Rule] = {
    Found: found,
    Mended: mended,
    Owe: owe,
    Recount: recount,
    CloseFinding: close_finding,
    Book: book,
}
