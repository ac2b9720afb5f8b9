"""Every column that a decision may change is stored by the statement that changes its row, and no other row is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from race_to_purchase.ports import Store
from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.line.controller import Control, Load
from race_to_purchase.rules.line.rows import Called, GrantRow, LineRow, PassRow
from race_to_purchase.rules.rows import Attempt, Checkout, DropRow, Finding, Pool, Row
from race_to_purchase.rules.snapshot import Keys, Snapshot
from tests.conformance.batches import change, insert, look
from tests.samples import NOON, a_checkout, a_drop_row, a_finding, a_pool, a_refund, an_attempt, new_id

LATER = NOON + timedelta(days=1)
CHECKOUT = a_checkout(new_id(), live_n=2)
ATTEMPT = an_attempt(CHECKOUT)
DROP = a_drop_row()
POOL = a_pool(capacity=10, held=1, sold=1)
GUARD = Refundable(CHECKOUT.id, "EUR", 100)
REFUND = a_refund(CHECKOUT)
DISPUTE = DisputeRow("sandbox", "dp", CHECKOUT.id, "open", 5, 0, "EUR", "fraudulent", "needs_response", NOON, NOON)
LINE = LineRow("aurora", 1, "00", "00" * 32)
PASS = PassRow("aurora", "11" * 16, 1, "aa", NOON)
GRANT = GrantRow("aurora", "22" * 16, "11" * 16, "vip", NOON, LATER, "ops", NOON)
FINDING = a_finding()

OTHER = a_checkout(new_id(), live_n=1)

BESIDE: dict[str, list[Any]] = {
    "a drop": [a_drop_row("borealis")],
    "a pool": [a_pool("aurora/item/lace")],
    "a checkout": [OTHER],
    "an attempt": [an_attempt(CHECKOUT, 2), an_attempt(OTHER)],
    "a guard": [Refundable(OTHER.id, "EUR", 100)],
    "a refund": [a_refund(CHECKOUT, n=2), a_refund(OTHER)],
    "a dispute": [replace(DISPUTE, gateway="other"), replace(DISPUTE, id="dp_2")],
    "a line": [replace(LINE, drop_id="borealis")],
    "a pass": [replace(PASS, drop_id="borealis"), replace(PASS, tid="33" * 16)],
    "a grant that is used": [replace(GRANT, drop_id="borealis"), replace(GRANT, id="33" * 16)],
    "a grant that is revoked": [replace(GRANT, drop_id="borealis"), replace(GRANT, id="33" * 16)],
    "a finding": [a_finding("another kind")],
}
"""Rows that share a part of its key with what is changed, and its version."""

_BY_DROP = ("aurora", "borealis")
KEYS = Keys(
    set(_BY_DROP),
    {CHECKOUT.id, OTHER.id},
    {POOL.id, "aurora/item/lace"},
    findings={FINDING.id, a_finding("another kind").id},
    after={CHECKOUT.id, OTHER.id},
    lines=set(_BY_DROP),
    passes={(drop, tid) for drop in _BY_DROP for tid in (PASS.tid, "33" * 16)},
    grants={(drop, id_) for drop in _BY_DROP for id_ in (GRANT.id, "33" * 16)},
)

CHANGES: dict[str, tuple[Any, Any]] = {
    "a drop": (
        DROP,
        replace(DROP, definition=replace(DROP.definition, title="Aurora Two", opens_at=LATER), closed_at=LATER),
    ),
    "a pool": (POOL, replace(POOL, capacity=20, held=3, sold=4)),
    "a checkout": (
        CHECKOUT,
        replace(CHECKOUT, state="paying", deadline=LATER, fence=3, live_n=3),
    ),
    "an attempt": (
        ATTEMPT,
        replace(
            ATTEMPT,
            state="captured",
            gateway_ref="pi_1",
            capture_before=LATER,
            decline_code="none",
            answer_status=200,
            answer=b"{}",
            next_action="https://bank.example",
        ),
    ),
    "a guard": (
        GUARD,
        replace(GUARD, pending=1, refunded=2, lost=3, disputes=4),
    ),
    "a refund": (
        REFUND,
        replace(REFUND, state="failed", gateway_ref="re_1", failure="no", ended_at=LATER, answer="{}"),
    ),
    "a dispute": (
        DISPUTE,
        replace(
            DISPUTE,
            state="lost",
            amount=7,
            fee=15,
            reason="product_not_received",
            status="lost",
            told_at=LATER,
            due_by=LATER,
            closed_at=LATER,
            lost=7,
        ),
    ),
    "a line": (
        LINE,
        replace(
            LINE,
            closed_at=LATER,
            registered=2,
            root="01",
            beacon="02",
            secret="03",
            seed="04",
            drawn_at=LATER,
            cursor=5,
            calls=(Called(LATER, 0, 5, 1),),
            came=6,
            came_delay_s=0.5,
            lapsed=7,
            control=Control(3.0, 2.0),
            decided_at=LATER,
            bound="rate",
            leader="one",
            lease_until=LATER,
            load=Load(1_500.0, 0.0),
            rate_per_s=8.5,
            paused_at=LATER,
            message="soon",
        ),
    ),
    "a pass": (
        PASS,
        replace(PASS, n=2, browser="bb", expires_at=LATER),
    ),
    "a grant that is used": (
        GRANT,
        replace(GRANT, used_at=LATER),
    ),
    "a grant that is revoked": (
        GRANT,
        replace(GRANT, revoked_at=LATER),
    ),
    "a finding": (
        FINDING,
        replace(
            FINDING,
            state="repaired",
            repair="refund",
            detail={"what": "it differs", "amount": 5},
            last_seen=LATER,
            seen=FINDING.seen + 1,
            how="refunded",
            ended_at=LATER,
        ),
    ),
}

NEVER = {
    "a drop": "id",
    "a pool": "id drop_id kind",
    "a checkout": "id drop_id buyer quote claims created_at",
    "an attempt": "checkout_id n gateway key method amount currency fence began_at return_url country",
    "a guard": "order_id currency captured",
    "a refund": "order_id n id amount currency gateway payment_ref reason restock asked_by asked_at",
    "a dispute": "gateway id order_id currency opened_at",
    "a line": "drop_id key salt commitment",
    "a pass": "drop_id tid",
    "a grant that is used": "drop_id id tid lane valid_from valid_until issued_by issued_at revoked_at",
    "a grant that is revoked": "drop_id id tid lane valid_from valid_until issued_by issued_at used_at",
    "a finding": "id kind subject drop_id first_seen",
}
"""What no decision changes, of each."""


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_that_may_change_is_left_out_here(what: str) -> None:
    before, after = CHANGES[what]
    same = {name for name, value in asdict(before).items() if getattr(after, name) == value}
    assert same - {"version"} == set(NEVER[what].split())


def found(snapshot: Snapshot, row: Row) -> Row:
    """The same row as it was read."""
    match row:
        case DropRow(id=id_):
            return snapshot.drops[id_]
        case Pool(id=id_):
            return snapshot.pools[id_]
        case Checkout(id=id_):
            return snapshot.checkouts[id_]
        case Attempt(checkout_id=id_, n=n):
            return snapshot.attempt(id_, n)
        case Refundable(order_id=id_):
            return snapshot.aftersale.guards[id_]
        case RefundRow(order_id=id_, n=n):
            return snapshot.aftersale.refunds[id_, n]
        case DisputeRow(gateway=gateway, id=id_):
            return snapshot.aftersale.disputes[gateway, id_]
        case LineRow(drop_id=drop_id):
            return snapshot.lines.lines[drop_id]
        case PassRow(drop_id=drop_id, tid=tid):
            return snapshot.lines.passes[drop_id, tid]
        case GrantRow(drop_id=drop_id, id=id_):
            return snapshot.lines.grants[drop_id, id_]
        case Finding(id=id_):
            return snapshot.findings[id_]
    raise AssertionError(row)


@pytest.fixture
async def stored(store: Store) -> Store:
    """A store in which the checkouts are that everything is about."""
    await insert(store, CHECKOUT, OTHER)
    return store


def others(what: str) -> list[Any]:
    """The rows beside it, but for those that are there anyway."""
    return [row for row in BESIDE[what] if row is not OTHER]


@pytest.mark.parametrize("what", CHANGES)
async def test_what_is_changed_is_read_again_as_it_was_changed_and_what_is_beside_it_as_it_was(
    stored: Store, what: str
) -> None:
    before, after = CHANGES[what]
    await change(stored, KEYS, lambda _: [*others(what), *([] if before is CHECKOUT else [before])])
    await change(stored, KEYS, lambda _: [after])
    now = await look(stored, KEYS)
    assert found(now, after) == replace(after, version=1)
    assert [found(now, row) for row in BESIDE[what]] == BESIDE[what]


@pytest.mark.parametrize("what", CHANGES)
async def test_rows_of_different_versions_are_changed_in_one_batch(stored: Store, what: str) -> None:
    before, after = CHANGES[what]
    beside = BESIDE[what][0]
    await change(stored, KEYS, lambda _: [*others(what), *([] if before is CHECKOUT else [before])])
    await change(stored, KEYS, lambda _: [after], lock=True)
    await change(stored, KEYS, lambda now: [found(now, after), beside], lock=True)
    now = await look(stored, KEYS)
    assert [found(now, after), found(now, beside)] == [replace(after, version=2), replace(beside, version=1)]
