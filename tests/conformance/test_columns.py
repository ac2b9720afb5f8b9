"""Every column that a decision may change is stored by the statement that changes its row, and others are let be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from race_to_purchase.ports import Store
from race_to_purchase.rules.aftersale import DisputeRow, Refundable
from race_to_purchase.rules.line.controller import Control, Load
from race_to_purchase.rules.line.rows import Called, GrantRow, LineRow, PassRow
from race_to_purchase.rules.rows import Row
from race_to_purchase.rules.snapshot import Keys, Snapshot
from tests.conformance.batches import change, insert, look
from tests.samples import NOON, a_checkout, a_drop_row, a_finding, a_pool, a_refund, an_attempt, new_id

LATER = NOON + timedelta(days=1)
CHECKOUT = a_checkout(new_id(), live_n=1)
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

KEYS = Keys(
    {"aurora"},
    {CHECKOUT.id},
    {POOL.id},
    findings={FINDING.id},
    after={CHECKOUT.id},
    lines={"aurora"},
    passes={("aurora", PASS.tid)},
    grants={("aurora", GRANT.id)},
)

Find = Callable[[Any], Any]

CHANGES: dict[str, tuple[Row, Row, Find]] = {
    "a drop": (
        DROP,
        replace(DROP, definition=replace(DROP.definition, title="Aurora Two", opens_at=LATER), closed_at=LATER),
        lambda snapshot: snapshot.drops["aurora"],
    ),
    "a pool": (POOL, replace(POOL, capacity=20, held=3, sold=4), lambda snapshot: snapshot.pools[POOL.id]),
    "a checkout": (
        CHECKOUT,
        replace(CHECKOUT, state="paying", deadline=LATER, fence=3, live_n=2),
        lambda snapshot: snapshot.checkouts[CHECKOUT.id],
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
        lambda snapshot: snapshot.attempt(CHECKOUT.id, 1),
    ),
    "a guard": (
        GUARD,
        replace(GUARD, pending=1, refunded=2, lost=3, disputes=4),
        lambda snapshot: snapshot.after.guards[CHECKOUT.id],
    ),
    "a refund": (
        REFUND,
        replace(REFUND, state="failed", gateway_ref="re_1", failure="no", ended_at=LATER, answer="{}"),
        lambda snapshot: snapshot.after.refunds[CHECKOUT.id, 1],
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
        lambda snapshot: snapshot.after.disputes["sandbox", "dp"],
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
        lambda snapshot: snapshot.line.lines["aurora"],
    ),
    "a pass": (
        PASS,
        replace(PASS, n=2, browser="bb", expires_at=LATER),
        lambda snapshot: snapshot.line.passes["aurora", PASS.tid],
    ),
    "a grant that is used": (
        GRANT,
        replace(GRANT, used_at=LATER),
        lambda snapshot: snapshot.line.grants["aurora", GRANT.id],
    ),
    "a grant that is revoked": (
        GRANT,
        replace(GRANT, revoked_at=LATER),
        lambda snapshot: snapshot.line.grants["aurora", GRANT.id],
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
        lambda snapshot: snapshot.findings[FINDING.id],
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
    before, after, _ = CHANGES[what]
    same = {name for name, value in asdict(before).items() if getattr(after, name) == value}
    assert same - {"version"} == set(NEVER[what].split())


@pytest.mark.parametrize("lock", [False, True], ids=["unlocked", "locked"])
@pytest.mark.parametrize("what", CHANGES)
async def test_what_is_changed_is_read_again_as_it_was_changed(store: Store, what: str, lock: bool) -> None:
    before, after, find = CHANGES[what]
    await insert(store, CHECKOUT, *([ATTEMPT] if what == "an attempt" else []))
    if before is not CHECKOUT and before is not ATTEMPT:
        await change(store, KEYS, lambda _: [before])

    def changed(_: Snapshot) -> list[Row]:
        return [after]

    await change(store, KEYS, changed, lock=lock)
    assert find(await look(store, KEYS)) == replace(after, version=1)
