"""`decide(snapshot, command, key)`: the one entrance to every rule.

It gives a `Decision`: the outcome, and the rows that make it true. It changes nothing itself, so it can be run again
whenever a batch has to be.
"""

from __future__ import annotations

from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.commands import (
    Authorization,
    BeginPayment,
    Cancel,
    Capture,
    CloseDrop,
    Command,
    Deliver,
    Dispute,
    DrainGateway,
    Expire,
    PutDrop,
    Refund,
    RefundSaid,
    Reserve,
    Send,
    Void,
)
from race_to_purchase.rules.decide import lining, mending
from race_to_purchase.rules.decide.decision import Decision, KeyUse, Rule
from race_to_purchase.rules.decide.disputing import dispute
from race_to_purchase.rules.decide.drops import close_drop, put_drop
from race_to_purchase.rules.decide.ending import cancel, expire
from race_to_purchase.rules.decide.gateways import drain_gateway
from race_to_purchase.rules.decide.paying import authorization, begin_payment
from race_to_purchase.rules.decide.queueing import send
from race_to_purchase.rules.decide.refunding import refund, refund_said
from race_to_purchase.rules.decide.reserving import reserve
from race_to_purchase.rules.decide.settling import capture, deliver, void
from race_to_purchase.rules.decide.touching import touch
from race_to_purchase.rules.outcomes import (
    Begun,
    Cancelled,
    KeyInFlight,
    KeyReused,
    Outcome,
    RefundStored,
    Replayed,
    Reserved,
    StillPaying,
)
from race_to_purchase.rules.rows import StoredKey
from race_to_purchase.rules.snapshot import Snapshot, Stale

__all__ = ["Decision", "KeyUse", "decide", "touch"]

RULES: dict[type, Rule] = {
    Reserve: reserve,
    BeginPayment: begin_payment,
    Send: send,
    Authorization: authorization,
    Capture: capture,
    Void: void,
    Expire: expire,
    Cancel: cancel,
    Deliver: deliver,
    Refund: refund,
    RefundSaid: refund_said,
    Dispute: dispute,
    PutDrop: put_drop,
    CloseDrop: close_drop,
    DrainGateway: drain_gateway,
    **mending.RULES,
    **lining.RULES,
}
"""What decides each command, by its type."""


def decide(snapshot: Snapshot, command: Command, key: KeyUse | None = None) -> Decision:
    """What `command` comes to on `snapshot`, and the rows to write; with `key`, at most once for that key."""
    rule = RULES[type(command)]
    if key is None:
        return rule(snapshot, command)
    stored = snapshot.stored.get((key.scope, key.key))
    if stored is not None:
        return Decision(_again(snapshot, stored, key))
    decision = rule(snapshot, command)
    row = _stored(snapshot, decision.outcome, key)
    return decision if row is None else Decision(decision.outcome, (*decision.rows, row))


def _again(snapshot: Snapshot, stored: StoredKey, key: KeyUse) -> Outcome:
    if stored.fingerprint != key.fingerprint:
        return KeyReused()
    if stored.answer is not None and stored.status is not None:
        return Replayed(stored.status, stored.answer)
    assert stored.checkout_id is not None and stored.attempt_n is not None
    if stored.attempt_n < 0:
        return _refund_again(snapshot, stored.checkout_id, -stored.attempt_n)
    attempt = snapshot.attempt(stored.checkout_id, stored.attempt_n)
    while attempt.answer is None and attempt.state not in OPEN:
        # It failed over: its answer is that of the attempt that followed.
        attempt = snapshot.attempt(attempt.checkout_id, attempt.n + 1)
    if attempt.state in OPEN and attempt.next_action is not None:
        return StillPaying(attempt.checkout_id, attempt.n, attempt.next_action)
    if attempt.answer is None or attempt.answer_status is None:
        return KeyInFlight()
    return Replayed(attempt.answer_status, attempt.answer)


def _refund_again(snapshot: Snapshot, order_id: str, n: int) -> Outcome:
    row = snapshot.aftersale.refunds.get((order_id, n))
    if row is None:
        raise Stale(f"refund {n} of order {order_id}")
    return RefundStored(row) if row.answer is None else Replayed(201, row.answer.encode())


def _stored(snapshot: Snapshot, outcome: Outcome, key: KeyUse) -> StoredKey | None:
    """Successes are stored with their answer, what a gateway decides as a pointer; refusals leave the key unused."""
    match outcome:
        case Begun(attempt=attempt):
            return StoredKey(
                key.scope,
                key.key,
                key.fingerprint,
                snapshot.now,
                checkout_id=attempt.checkout_id,
                attempt_n=attempt.n,
            )
        case RefundStored(refund=row):
            return StoredKey(
                key.scope, key.key, key.fingerprint, snapshot.now, checkout_id=row.order_id, attempt_n=-row.n
            )
        case Reserved() | Cancelled():
            told = answer(outcome)
            return StoredKey(key.scope, key.key, key.fingerprint, snapshot.now, told.status, told.body)
        case _:
            return None
