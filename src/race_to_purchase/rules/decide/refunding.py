"""Give money back: ask for a refund, and record what the gateway says of it.

A refund takes its amount from the order's guard before the gateway is asked, under a key that is stored with it, so
that a crash leaves nothing to guess: whoever finds the row sends the same key again, or asks what became of it.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.rules import answers, ledger_after, pools
from race_to_purchase.rules.aftersale import REFUND_OPEN, Refundable, RefundEvent, RefundRow, move_refund
from race_to_purchase.rules.checkout import move as move_checkout
from race_to_purchase.rules.commands import Refund, RefundSaid
from race_to_purchase.rules.decide.decision import Decision, each, tell, with_state
from race_to_purchase.rules.outcomes import Outcome, RefundStored, Unknown, WrongState
from race_to_purchase.rules.refund_outcomes import Disputed, GatewayGone, NotCaptured, RefundTooLarge, RestockOfPart
from race_to_purchase.rules.rows import Attempt, Checkout, Entry, Row, Task, TaskDone, task_id
from race_to_purchase.rules.snapshot import Posted, Snapshot, Stale
from race_to_purchase.rules.verdicts import Absent, Declined, NoAnswer, NotSent, Refunded, RefundFailed, RefundPending


def refund(snapshot: Snapshot, command: Refund) -> Decision:
    """The refund that may now be sent, or why not."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None or checkout.id not in snapshot.aftersale.booked:
        return Decision(Unknown("order", command.checkout_id))
    before = snapshot.aftersale.refunds_of(checkout.id)
    for row in before:
        if row.id == command.refund_id:
            return Decision(RefundStored(row))
    attempt = paid_by(snapshot, checkout)
    guard = guard_of(snapshot, attempt)
    amount = guard.left if command.amount is None else command.amount
    refused = _refused(command, checkout, attempt, guard, amount)
    if refused is not None:
        return Decision(refused)
    return _asked(snapshot, command, checkout, attempt, replace(guard, pending=guard.pending + amount), amount)


def paid_by(snapshot: Snapshot, checkout: Checkout) -> Attempt:
    """The attempt whose money the order is; there is only ever one."""
    for n in range(checkout.live_n, 0, -1):
        attempt = snapshot.attempt(checkout.id, n)
        if attempt.state in ("committed", "captured", "capture_failed"):
            return attempt
    raise Stale(f"the payment of order {checkout.id}")


def guard_of(snapshot: Snapshot, attempt: Attempt) -> Refundable:
    """The guard of an order; made by what asks for it first."""
    found = snapshot.aftersale.guards.get(attempt.checkout_id)
    return found or Refundable(attempt.checkout_id, attempt.currency, attempt.amount)


def _refused(command: Refund, checkout: Checkout, attempt: Attempt, guard: Refundable, amount: int) -> Outcome | None:
    if attempt.state == "capture_failed":
        return WrongState(checkout.id, checkout.state, "be refunded")
    if attempt.state != "captured":
        return NotCaptured(checkout.id)
    if attempt.gateway not in command.gateways:
        return GatewayGone(checkout.id, attempt.gateway)
    if guard.disputes:
        return Disputed(checkout.id)
    if not 0 < amount <= guard.left:
        return RefundTooLarge(guard.left)
    if command.restock and (amount < guard.left or guard.lost):
        return RestockOfPart(guard.left)
    return None


def _asked(
    snapshot: Snapshot, command: Refund, checkout: Checkout, attempt: Attempt, guard: Refundable, amount: int
) -> Decision:
    assert attempt.gateway_ref is not None, "a captured attempt has the gateway's reference"
    row = RefundRow(
        order_id=checkout.id,
        n=1 + len(snapshot.aftersale.refunds_of(checkout.id)),
        id=command.refund_id,
        state="requested",
        amount=amount,
        currency=attempt.currency,
        gateway=attempt.gateway,
        payment_ref=attempt.gateway_ref,
        reason=command.reason,
        restock=command.restock,
        asked_by=command.asked_by,
        asked_at=snapshot.now,
    )
    told = tell(checkout.id, "refund_requested", snapshot.now, f"{row.n}: {amount} by {command.asked_by}")
    task = _due(snapshot, checkout, row, command.takeover_s, tries=0)
    # The checkout is written too: a history is only ever appended by the write of its row.
    return Decision(RefundStored(row), (row, guard, checkout, task, told))


def _due(snapshot: Snapshot, checkout: Checkout, row: RefundRow, after_s: float, tries: int) -> Task:
    due_at = snapshot.now + timedelta(seconds=after_s)
    return Task(task_id(checkout.id, row.n, "refund"), "refund", checkout.drop_id, checkout.id, row.n, due_at, tries)


def refund_said(snapshot: Snapshot, command: RefundSaid) -> Decision:
    """The refund is done, has failed, or has to be asked about again. Late news of an ended one changes nothing."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    row = snapshot.aftersale.refunds.get((command.checkout_id, command.n))
    if checkout is None or row is None:
        raise Stale(f"refund {command.n} of order {command.checkout_id}")
    match command.verdict:
        case Refunded(amount=amount) if row.state in REFUND_OPEN and amount == row.amount:
            return _done(snapshot, checkout, row)
        case Declined(code=code) if row.state in REFUND_OPEN:
            return _failed(snapshot, checkout, row, code)
        case RefundFailed(ref=ref, code=code) if row.state != "failed":
            return _failed(snapshot, checkout, replace(row, gateway_ref=ref), code)
        case RefundPending(ref=ref) if row.state in REFUND_OPEN:
            return _wait(snapshot, command, checkout, replace(row, gateway_ref=ref), "accept")
        case NoAnswer() if row.state in REFUND_OPEN:
            return _wait(snapshot, command, checkout, row, "lose")
        case NotSent() | Absent() if row.state in REFUND_OPEN:
            return _wait(snapshot, command, checkout, row, None)
        case verdict if row.state in REFUND_OPEN:
            raise TypeError(f"{verdict} is no answer to a refund of {row.amount}")
        case _:
            return Decision(RefundStored(row))


def _wait(
    snapshot: Snapshot, command: RefundSaid, checkout: Checkout, row: RefundRow, event: RefundEvent | None
) -> Decision:
    state = row.state if event is None else move_refund(row.state, event)
    task = _due(snapshot, checkout, row, command.again_s, tries=1)
    waiting = replace(row, state=state)
    return Decision(RefundStored(waiting), (waiting, task))


def _done(snapshot: Snapshot, checkout: Checkout, row: RefundRow) -> Decision:
    """The buyer has the money; the order ends with the refund that gives back the last of it."""
    guard = snapshot.aftersale.guards[checkout.id]
    after = replace(guard, pending=guard.pending - row.amount, refunded=guard.refunded + row.amount)
    ended = replace(row, state=move_refund(row.state, "finish"), ended_at=snapshot.now)
    ended = replace(ended, answer=answers.refund_body(ended))
    rows: list[Row] = [
        ended,
        after,
        _entry(snapshot, row, "refund", guard.refunded, after.refunded),
        TaskDone(task_id(checkout.id, row.n, "refund")),
        tell(checkout.id, "refunded", snapshot.now, f"{row.n}: {row.amount}"),
    ]
    if after.refunded == after.captured and checkout.state in ("paid", "fulfilled"):
        rows += _given_back(snapshot, checkout, restock=row.restock)
    else:
        rows.append(checkout)
    return Decision(RefundStored(ended), tuple(rows))


def _given_back(snapshot: Snapshot, checkout: Checkout, *, restock: bool) -> list[Row]:
    """All of it: nothing is delivered any more, and what was sold goes back on sale where that was wished."""
    restock = restock or any(row.restock for row in _finished(snapshot, checkout.id))
    ended = with_state(checkout, move_checkout(checkout.state, "return" if restock else "refund"), fence=1)
    rows: list[Row] = [ended, TaskDone(task_id(checkout.id, checkout.live_n, "deliver"))]
    if restock:
        rows += each(snapshot, {**checkout.claims.hold, **checkout.claims.commit}, pools.take_back)
    return rows


def _finished(snapshot: Snapshot, order_id: str) -> list[RefundRow]:
    return [row for row in snapshot.aftersale.refunds_of(order_id) if row.state == "done"]


def _failed(snapshot: Snapshot, checkout: Checkout, row: RefundRow, code: str) -> Decision:
    """The buyer has not got it, or no longer: the amount may be refunded again, in another way."""
    guard = snapshot.aftersale.guards[checkout.id]
    ended = replace(row, state=move_refund(row.state, "fail"), failure=code, ended_at=snapshot.now)
    ended = replace(ended, answer=row.answer or answers.refund_body(ended))
    rows: list[Row] = [ended, checkout, tell(checkout.id, "refund_failed", snapshot.now, f"{row.n}: {code}")]
    if row.state == "done":
        after = replace(guard, refunded=guard.refunded - row.amount)
        rows.append(_entry(snapshot, row, "refund_failed", guard.refunded, after.refunded))
    else:
        after = replace(guard, pending=guard.pending - row.amount)
        rows.append(TaskDone(task_id(checkout.id, row.n, "refund")))
    return Decision(RefundStored(ended), (*rows, after))


def _entry(snapshot: Snapshot, row: RefundRow, kind: str, before: int, after: int) -> Entry:
    booked = booked_of(snapshot, row.order_id)
    booking = (snapshot.now, booked.entries, kind)
    return ledger_after.refund(booked.sale, row.gateway, booking, before=before, after=after)


def booked_of(snapshot: Snapshot, order_id: str) -> Posted:
    """What the journal has of an order, with what this batch has added: its next entry's number is `entries`."""
    found = snapshot.aftersale.booked[order_id]
    added = sum(entry.order_id == order_id for entry in snapshot.entries)
    return replace(found, entries=found.entries + added)
