"""Findings: written before a repair and after it, never repaired twice, and left to people where there is a doubt."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.rules import ledger
from race_to_purchase.rules.commands import Book, CloseFinding, Found, Mended, Owe, Recount
from race_to_purchase.rules.decide import Decision, decide
from race_to_purchase.rules.outcomes import Done, Ignored, Noted, Unknown
from race_to_purchase.rules.rows import Event, Finding, Happened, Pool, Repair, Task
from race_to_purchase.rules.snapshot import Snapshot, Table
from race_to_purchase.rules.verdicts import Absent, Captured, Declined, NoAnswer, NotSent, Refunded, Verdict, Voided
from tests.samples import NOON, a_checkout, a_finding, a_pool, an_attempt

POOL = "aurora/item/shoe"


def holding(*findings: Finding, **rows: Any) -> Snapshot:
    snapshot = Snapshot(NOON, **rows)
    snapshot.findings = Table({finding.id: finding for finding in findings})
    return snapshot


def seen(finding: Finding, repair: Repair = "void", **changes: Any) -> Found:
    command = Found(
        finding.drop_id, finding.id, finding.kind, finding.subject, repair, finding.detail, NOON + timedelta(seconds=1)
    )
    return replace(command, **changes)


def after(decision: Decision) -> Finding:
    assert isinstance(decision.outcome, Noted)
    assert decision.outcome.finding in decision.rows
    return decision.outcome.finding


def mend(finding: Finding, verdict: Verdict | None, how: str = "") -> Decision:
    return decide(holding(finding), Mended(finding.drop_id, finding.id, verdict=verdict, how=how))


@pytest.mark.parametrize(("repair", "state"), [("void", "repairing"), ("", "open")])
def test_what_has_a_right_answer_is_to_be_repaired_and_the_rest_is_open(repair: Repair, state: str) -> None:
    finding = after(decide(holding(), seen(a_finding(), repair)))
    assert (finding.state, finding.seen, finding.first_seen) == (state, 1, NOON)


def test_what_is_seen_again_is_one_finding() -> None:
    finding = after(decide(holding(a_finding("x", state="open", repair="")), seen(a_finding("x"), "")))
    assert (finding.state, finding.seen) == ("open", 2)


def test_money_that_is_seen_again_after_its_repair_is_for_people() -> None:
    ended = a_finding(state="repaired", how="voided", ended_at=NOON)
    finding = after(decide(holding(ended), seen(ended)))
    assert (finding.state, finding.how, finding.ended_at) == ("open", "seen again after its repair", None)
    assert after(decide(holding(finding), seen(finding))).state == "open"


def test_rows_that_go_wrong_again_are_repaired_again() -> None:
    ended = a_finding("pool_miscounted", state="repaired", repair="recount", how="counted", ended_at=NOON)
    assert after(decide(holding(ended), seen(ended, "recount"))).state == "repairing"


def test_a_look_from_before_the_repair_says_nothing() -> None:
    ended = a_finding(state="repaired", how="voided", ended_at=NOON)
    decision = decide(holding(ended), seen(ended, looked_at=NOON))
    assert isinstance(decision.outcome, Ignored)
    assert decision.rows == ()


def test_what_people_have_closed_stays_closed() -> None:
    closed = a_finding(state="closed", repair="", how="ops: known", ended_at=NOON)
    assert after(decide(holding(closed), seen(closed, ""))).state == "closed"


@pytest.mark.parametrize(
    ("repair", "verdict", "how"),
    [
        ("void", Voided("r"), "voided"),
        ("void", Absent(), "voided"),
        ("refund", Refunded("r", 5), "refunded 5"),
        ("expire", None, "released"),
    ],
)
def test_a_repair_that_is_done_is_ended_with_an_event(repair: Repair, verdict: Verdict | None, how: str) -> None:
    decision = mend(a_finding(repair=repair), verdict, how)
    finding = after(decision)
    assert (finding.state, finding.how, finding.ended_at) == ("repaired", how, NOON)
    (event,) = [row for row in decision.rows if isinstance(row, Event)]
    assert event.kind == "finding_repaired"


@pytest.mark.parametrize("verdict", [NoAnswer("?"), NotSent("?")])
def test_a_repair_without_an_answer_is_tried_again(verdict: Verdict) -> None:
    decision = mend(a_finding(), verdict)
    assert isinstance(decision.outcome, Ignored)
    assert decision.rows == ()


def test_a_void_that_came_too_late_becomes_a_refund() -> None:
    finding = after(mend(a_finding(), Captured("r", 700)))
    assert (finding.state, finding.repair, finding.detail["amount"]) == ("repairing", "refund", 700)


def test_a_void_that_came_too_late_is_turned_into_a_refund_once() -> None:
    """Decided again after a COMMIT of unknown fate, it had counted as a refusal of the refund, which nobody made."""
    turned = after(mend(a_finding(), Captured("r", 700)))
    assert mend(turned, Captured("r", 700)) == Decision(Noted(turned))


def test_a_refusal_is_for_people_and_not_tried_again() -> None:
    finding = after(mend(a_finding(repair="refund"), Declined("charge_disputed", retryable=False)))
    assert (finding.state, finding.how) == ("open", "refund refused: charge_disputed")
    assert after(decide(holding(finding), seen(finding, "refund"))).state == "open"


def test_what_is_ended_is_not_ended_again() -> None:
    decision = mend(a_finding(state="repaired", ended_at=NOON), Voided("r"))
    assert isinstance(decision.outcome, Ignored)
    assert decision.rows == ()


def test_the_history_of_the_attempt_tells_of_it() -> None:
    checkout = a_checkout(live_n=1)
    attempt = an_attempt(checkout, state="declined")
    finding = a_finding()
    snapshot = holding(finding, checkouts={checkout.id: checkout}, attempts={(checkout.id, 1): attempt})
    decision = decide(snapshot, Mended("aurora", finding.id, checkout.id, 1, Voided("r")))
    assert attempt in decision.rows
    (told,) = [row for row in decision.rows if isinstance(row, Happened)]
    assert (told.subject, told.what, told.detail) == (f"{checkout.id}/1", "reconciled", "voided")


@pytest.mark.parametrize(
    ("state", "kind"),
    [("sent", "resolve"), ("unknown", "resolve"), ("committed", "capture"), ("doomed", "void"), ("declined", None)],
)
def test_an_attempt_gets_the_task_of_the_step_that_it_owes(state: Any, kind: str | None) -> None:
    checkout = a_checkout(live_n=1)
    attempts = {(checkout.id, 1): an_attempt(checkout, state=state, gateway_ref="ref")}
    decision = decide(holding(checkouts={checkout.id: checkout}, attempts=attempts), Owe("aurora", checkout.id, (), 1))
    assert [row.kind for row in decision.rows if isinstance(row, Task)] == ([] if kind is None else [kind])
    assert isinstance(decision.outcome, Ignored if kind is None else Done)


def count(finding: Finding, pool: Pool, held_by: int, sold_by: int, version: int = 0) -> Decision:
    command = Recount("aurora", (pool.id,), finding.id, version, held_by, sold_by)
    return decide(holding(finding, pools={pool.id: pool}), command)


COUNTING = a_finding("pool_miscounted", repair="recount", subject=POOL)


def test_counts_move_by_what_they_were_wrong_by() -> None:
    decision = count(COUNTING, a_pool(held=4, sold=1), -2, 3)
    assert a_pool(held=2, sold=4) in decision.rows
    assert after(decision).how == "held 4 to 2, sold 1 to 4"


def test_a_count_that_another_one_came_before_changes_nothing() -> None:
    for finding in (replace(COUNTING, version=1), replace(COUNTING, state="repaired", ended_at=NOON)):
        decision = count(finding, a_pool(held=4), -2, 0)
        assert isinstance(decision.outcome, Ignored)
        assert decision.rows == ()


@pytest.mark.parametrize(("held_by", "sold_by"), [(-5, 0), (0, -1), (4, 3)])
def test_counts_that_no_pool_can_have_are_for_people(held_by: int, sold_by: int) -> None:
    decision = count(COUNTING, a_pool(held=4), held_by, sold_by)
    assert after(decision).state == "open"
    assert not [row for row in decision.rows if isinstance(row, Pool)]


def test_people_close_what_is_open_and_nothing_else() -> None:
    finding = a_finding(state="open", repair="")
    closed = after(decide(holding(finding), CloseFinding("aurora", finding.id, "paid by hand", "ops")))
    assert (closed.state, closed.how, closed.ended_at) == ("closed", "ops: paid by hand", NOON)
    busy = decide(holding(a_finding()), CloseFinding("aurora", finding.id, "paid by hand", "ops"))
    assert busy.rows == ()
    assert decide(holding(), CloseFinding("aurora", "none", "x", "ops")).outcome == Unknown("finding", "none")


def test_what_stands_for_itself_in_the_journal_is_booked_once() -> None:
    first, second = (ledger.fee(f"{n}", 0, "bank", 30, "EUR", NOON) for n in (1, 2))
    snapshot = holding()
    command = Book("-", (first, second, first))
    decision = decide(snapshot, command)
    assert (decision.outcome, decision.rows) == (Done("2 booked"), (first, second))
    snapshot.put(first)
    assert decide(snapshot, command).rows == (second,)
    snapshot.booked = frozenset({"1", "2"})
    assert decide(snapshot, command).outcome == Done("0 booked")
