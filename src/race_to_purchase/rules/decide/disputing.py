"""What gateways tell of disputes: once or twice, in order or not, it comes to the same rows and the same accounts.

Every message says all that the gateway knew, so each is a whole picture: a newer one replaces an older one, and what
has ended stays ended. A dispute of which the end is heard first is opened and ended in one step.
"""

from __future__ import annotations

from msgspec.structs import replace

from race_to_purchase.rules import ledger_after
from race_to_purchase.rules.aftersale import (
    DISPUTE_ENDS,
    DisputeEvent,
    DisputeRow,
    DisputeState,
    Refundable,
    move_dispute,
)
from race_to_purchase.rules.commands import Dispute, DisputeNews
from race_to_purchase.rules.decide.decision import Decision, tell
from race_to_purchase.rules.decide.refunding import booked_of, guard_of, paid_by
from race_to_purchase.rules.outcomes import Done, Ignored, Unknown
from race_to_purchase.rules.rows import Checkout, Entry, Row
from race_to_purchase.rules.snapshot import Snapshot

_TOLD: dict[DisputeState, str] = {
    "inquiry": "dispute_asked",
    "open": "dispute_opened",
    "won": "dispute_won",
    "lost": "dispute_lost",
    "closed": "dispute_closed",
}


def dispute(snapshot: Snapshot, command: Dispute) -> Decision:
    """The dispute as the news leave it; Unknown where the order is not known yet, so that it is told again."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None or checkout.id not in snapshot.aftersale.booked:
        return Decision(Unknown("order", command.checkout_id))
    before = snapshot.aftersale.disputes.get((command.gateway, command.news.id))
    if before is not None and before.state in DISPUTE_ENDS:
        return _fee_settled(snapshot, checkout, command, before)
    event = _event(command.kind, command.news.status)
    if before is not None and _is_old(command, before):
        return Decision(Ignored("newer news have come before"))
    after = _after(snapshot, command, before, event)
    return _decision(snapshot, checkout, before, after)


def _fee_settled(snapshot: Snapshot, checkout: Checkout, command: Dispute, before: DisputeRow) -> Decision:
    """What has ended stays so, but its fee may still come back: by newer news, or by lower ones of the same second."""
    fee = command.news.fee
    newer = command.told_at > before.told_at or (command.told_at == before.told_at and (fee or 0) < before.fee)
    if fee is None or fee == before.fee or not newer:
        return Decision(Ignored(f"dispute is {before.state}"))
    after = replace(before, fee=fee, told_at=command.told_at)
    return Decision(Done("dispute_fee"), (after, checkout, *_entries(snapshot, "dispute_fee", before, after)))


def _entries(snapshot: Snapshot, kind: str, before: DisputeRow | None, after: DisputeRow) -> tuple[Entry, ...]:
    booked = booked_of(snapshot, after.order_id)
    entry = ledger_after.dispute(booked.sale, (snapshot.now, booked.entries, kind), before, after)
    return () if entry is None else (entry,)


def _is_old(command: Dispute, before: DisputeRow) -> bool:
    """Gateways tell times in whole seconds: of two messages of one second, the opening was the first."""
    if command.kind == "closed":
        return False
    return command.told_at < before.told_at or (command.told_at == before.told_at and command.kind == "opened")


def _event(kind: str, status: str) -> DisputeEvent:
    """What happened, by the gateway's word. What is closed and not won is lost only if it took something."""
    if status == "won":
        return "win"
    if status == "lost":
        return "lose"
    if kind == "closed":
        return "close"
    return "ask" if status.startswith("warning") else "open"


def _after(snapshot: Snapshot, command: Dispute, before: DisputeRow | None, event: DisputeEvent) -> DisputeRow:
    news: DisputeNews = command.news
    born: DisputeState = "inquiry" if event == "ask" else "open"
    state = before.state if before is not None else born
    if before is not None or event not in ("ask", "open"):
        state = move_dispute(state, event)
    return DisputeRow(
        gateway=command.gateway,
        id=news.id,
        order_id=command.checkout_id,
        state=state,
        amount=news.amount,
        fee=news.fee if news.fee is not None else before.fee if before else 0,
        currency=before.currency if before else news.currency,
        reason=news.reason,
        status=news.status,
        told_at=command.told_at,
        opened_at=before.opened_at if before else command.told_at,
        due_by=news.due_by or (before.due_by if before else None),
        closed_at=command.told_at if state in DISPUTE_ENDS else None,
        version=before.version if before else 0,
    )


def _decision(snapshot: Snapshot, checkout: Checkout, before: DisputeRow | None, after: DisputeRow) -> Decision:
    guard = guard_of(snapshot, paid_by(snapshot, checkout))
    was_open, is_open = before is not None and before.state == "open", after.state == "open"
    guard = replace(guard, disputes=guard.disputes + is_open - was_open)
    if after.state == "lost":
        after = replace(after, lost=_taken(guard, after))
        guard = replace(guard, lost=guard.lost + after.lost)
    what = _TOLD[after.state]
    rows: list[Row] = [after, guard, checkout]
    if before is None or before.state != after.state:
        rows.append(tell(checkout.id, what, snapshot.now, f"{after.id}: {after.amount} {after.currency}"))
    return Decision(Done(what), (*rows, *_entries(snapshot, what, before, after)))


def _taken(guard: Refundable, row: DisputeRow) -> int:
    """What a lost dispute takes of the guard: never more than is left of it, which the journal may well record.

    An amount in another currency cannot be compared, so nothing more is refunded after it.
    """
    return min(row.amount, guard.left) if row.currency == guard.currency else guard.left
