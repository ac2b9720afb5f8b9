"""What has no right answer of its own is shown to people, with its rows, and nothing is done about it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from race_to_purchase import books
from race_to_purchase.loops.reconcile.rows import COMPARED, MISCOUNTED, REPAIRS
from race_to_purchase.path.refund import RefundRequest
from race_to_purchase.rules.aftersale import RefundRow, RefundState
from race_to_purchase.rules.commands import CloseFinding
from race_to_purchase.rules.rows import Checkout, Finding
from tests.path.shop import pass_deadline
from tests.reconcile.reconciler import Reconciler

PAYMENT = """
    INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state, captured)
    VALUES ('sbx_by_hand', '{reference}', 15900, 'EUR', 'pm_approved', '{state}', {captured})"""
SECOND_ATTEMPT = """
    INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at, gateway_ref)
    SELECT checkout_id, n + 1, gateway, '{state}', 'by_hand', method, amount, currency, fence, began_at, 'sbx_by_hand'
    FROM attempt"""


class Plant(msgspec.Struct, frozen=True):
    """What is done to a sale with one order, and the kinds of findings that come of it, that of its name first."""

    kinds: str
    sql: tuple[str, ...]
    undecided: bool = False


def payment(reference: str, *, captured: int = 0) -> str:
    return PAYMENT.format(reference=reference, captured=captured, state="captured" if captured else "authorized")


PLANTS = [
    Plant("unknown_reference", (payment("nobody/1"),)),
    Plant("unknown_reference", (payment("{id}/7", captured=100),)),
    Plant("charged_twice", (payment("{id}/1", captured=500),)),
    Plant(
        "charged_twice duplicate_orders captured_without_order",
        (SECOND_ATTEMPT.format(state="captured"), payment("{id}/2", captured=500)),
    ),
    Plant("captured_amount_differs", ("UPDATE sandbox.payment SET captured = captured - 100",)),
    Plant("capture_missing_at_gateway", ("UPDATE sandbox.payment SET state = 'authorized', captured = 0",)),
    Plant("capture_missing_at_gateway", ("UPDATE sandbox.payment SET state = 'voided', captured = 0",)),
    Plant("capture_missing_at_gateway", ("DELETE FROM sandbox.payment",)),
    Plant("refunds_differ_at_gateway", ("UPDATE sandbox.payment SET refunded = 100",)),
    Plant("refunds_differ_at_gateway", ("UPDATE sandbox.payment SET refunded = captured",)),
    Plant(
        "charged_without_order captured_without_order paid_checkout_without_order entry_without_order",
        ("DELETE FROM orders",),
    ),
    Plant("duplicate_orders captured_without_order owed_without_task", (SECOND_ATTEMPT.format(state="committed"),)),
    Plant("order_without_paid_checkout pool_miscounted", ("UPDATE checkout SET state = 'cancelled'",)),
    Plant("paid_checkout_without_order captured_without_order entry_without_order", ("DELETE FROM orders",)),
    Plant("captured_without_order duplicate_orders", (SECOND_ATTEMPT.format(state="captured"),)),
    Plant(
        "orders_without_capture",
        (
            "UPDATE attempt SET state = 'committed'",
            "UPDATE orders SET placed_at = placed_at - interval '1 h'",
            "INSERT INTO task SELECT checkout_id || '/1/payment', 'capture', 'aurora', checkout_id, 1, now()"
            " FROM attempt",
            "UPDATE sandbox.payment SET state = 'authorized', captured = 0",
        ),
    ),
    Plant(
        "capture_missed",
        (
            "UPDATE attempt SET state = 'committed', capture_before = now() - interval '1 h'",
            "INSERT INTO task SELECT checkout_id || '/1/payment', 'capture', 'aurora', checkout_id, 1, now()"
            " FROM attempt",
            "UPDATE sandbox.payment SET state = 'authorized', captured = 0",
        ),
    ),
    Plant(
        "two_open_attempts owed_without_task",
        (SECOND_ATTEMPT.format(state="unknown"), SECOND_ATTEMPT.format(state="sent") + " WHERE n = 2"),
    ),
    Plant("end_without_answer", ("UPDATE attempt SET answer = NULL",)),
    Plant("doomed_committed", ("UPDATE attempt SET state = 'voided'", "DELETE FROM sandbox.payment")),
    Plant(
        "attempt_differs_from_quote captured_amount_differs order_differs_from_attempt",
        ("UPDATE attempt SET amount = amount + 1",),
    ),
    Plant("order_differs_from_attempt booked_amount_differs", ("UPDATE orders SET amount = amount + 1",)),
    Plant(
        "ledger_imbalance booked_amount_differs",
        ("ALTER TABLE journal DROP CONSTRAINT journal_balance", "UPDATE journal SET amounts[1] = amounts[1] + 1"),
    ),
    Plant("entry_without_order captured_without_order paid_checkout_without_order", ("DELETE FROM orders",)),
    Plant("order_without_sale", ("DELETE FROM journal",)),
    Plant("booked_amount_differs", ("UPDATE journal SET amounts = ARRAY[1, -1]",)),
    Plant("waiting_for_nothing order_without_paid_checkout", ("UPDATE checkout SET state = 'lapsed'",)),
]


async def planted(reconciler: Reconciler, plant: Plant) -> Checkout:
    checkout = await reconciler.bought()
    for sql in plant.sql:
        await reconciler.sql(sql.format(id=checkout.id))
    return checkout


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{plant.kinds.split()[0]}-{i}" for i, plant in enumerate(PLANTS)])
async def test_it_is_shown_and_nothing_is_done(reconciler: Reconciler, dsn: str, plant: Plant) -> None:
    await planted(reconciler, plant)
    calls = list(reconciler.process.wire.calls)
    figures = await reconciler.whole()
    found = {finding.kind: finding for finding in await reconciler.all()}
    assert set(plant.kinds.split()) <= found.keys()
    finding = found[plant.kinds.split()[0]]
    assert (finding.state, finding.seen, bool(finding.detail["what"])) == ("open", 1, True)
    assert {kind for kind, shown in found.items() if shown.state == "repaired"} <= {MISCOUNTED, *REPAIRS}
    assert figures.found.keys() >= set(plant.kinds.split())
    assert set(reconciler.process.wire.calls[len(calls) :]) <= {"look_up"}
    again = {finding.kind: finding for finding in (await reconciler.whole(), await reconciler.all())[1]}
    assert again.keys() == found.keys()
    assert again[finding.kind].seen == 2


def test_every_kind_has_its_plant() -> None:
    planted_here = {plant.kinds.split()[0] for plant in PLANTS}
    repaired = {"authorization_left_open", "undecided", MISCOUNTED, *REPAIRS}
    assert planted_here | repaired >= {check.name for check in COMPARED} | books.SENTENCES.keys()


async def only(reconciler: Reconciler) -> Finding:
    (finding,) = await reconciler.all()
    return finding


async def test_what_is_not_there_any_more_is_closed_by_itself(reconciler: Reconciler) -> None:
    await planted(reconciler, PLANTS[4])
    await reconciler.whole()
    await reconciler.sql("UPDATE sandbox.payment SET captured = amount")
    await reconciler.whole()
    assert (await only(reconciler)).how == "reconcile: not there any more"


async def test_an_order_that_is_in_the_journal_after_all_is_closed_by_itself(reconciler: Reconciler) -> None:
    await planted(reconciler, Plant("", ("CREATE TABLE kept AS TABLE journal", "DELETE FROM journal")))
    await reconciler.whole()
    assert (await only(reconciler)).state == "open"
    await reconciler.sql("INSERT INTO journal SELECT * FROM kept; DROP TABLE kept")
    await reconciler.whole()
    assert (await only(reconciler)).state == "closed"


async def test_a_gateway_that_does_not_answer_leaves_open_what_was_found_there(reconciler: Reconciler) -> None:
    """Asking once more about what is open had ended the whole pass, and all that comes after it."""
    await reconciler.sql(payment("nobody/1"))
    (finding,) = (await reconciler.whole(), await reconciler.all())[1]
    reconciler.process.wire.lose.add("payments")
    assert (await reconciler.whole()).lag_s > 0
    assert [row.state for row in await reconciler.all()] == [finding.state] == ["open"]


async def test_what_people_have_closed_is_not_opened_again(reconciler: Reconciler) -> None:
    await planted(reconciler, PLANTS[0])
    await reconciler.whole()
    finding = await only(reconciler)
    await reconciler.process.committer.submit(CloseFinding("-", finding.id, "a test of ours", "ops"))
    await reconciler.whole()
    assert (await only(reconciler)).how == "ops: a test of ours"
    assert await reconciler.findings.unended("", 10) == []


async def test_what_is_young_is_not_judged(reconciler: Reconciler, dsn: str) -> None:
    """Everything here began less than five minutes ago: it may still be under way."""
    await reconciler.too_late()
    await pass_deadline(dsn, await reconciler.process.reserve("bob"))
    patient = Reconciler(reconciler.process, dsn, pace=msgspec.structs.replace(reconciler.pace, after_s=300.0))
    figures = await patient.whole()
    assert (figures.found, figures.lag_s) == ({}, 0.0)
    assert figures.compared.get("payments at sandbox", 0) == 0
    assert (await reconciler.whole()).found.keys() == {"authorization_left_open"}


async def test_a_walk_goes_on_where_it_was(reconciler: Reconciler) -> None:
    await reconciler.bought()
    await reconciler.whole()
    await reconciler.sql("UPDATE walk SET reached = (reached::timestamptz - interval '1 s')::text")
    figures = await reconciler.reconcile.whole()
    assert figures is not None
    assert figures.compared["checkouts"] == 0


async def test_a_refund_that_the_gateway_does_not_have_is_shown_once_it_was_asked_for(reconciler: Reconciler) -> None:
    checkout = await reconciler.bought()
    wish = RefundRequest(checkout.id, 100, "asked for", restock=False, asked_by="shop")
    await reconciler.process.refunds.request(wish)
    await reconciler.sql("DELETE FROM sandbox.refund")
    await reconciler.sql("UPDATE sandbox.payment SET refunded = 0")
    await reconciler.whole()
    (finding,) = await reconciler.all()
    assert (finding.kind, finding.state) == ("refunds_differ_at_gateway", "open")
    assert finding.how == "the gateway says nothing else of our refunds"
    assert reconciler.process.wire.calls.count("refund") == 1


async def test_a_refund_that_ended_after_the_list_was_begun_is_no_difference(reconciler: Reconciler) -> None:
    checkout = await reconciler.bought()
    wish = RefundRequest(checkout.id, 100, "asked for", restock=False, asked_by="shop")
    await reconciler.process.refunds.request(wish)
    booked = await reconciler.findings.booked([checkout.id])
    now = await reconciler.process.reads.now()
    (listed,) = [payment async for payment in reconciler.process.wire.payments(checkout.created_at, now)]
    (refund,) = booked[checkout.id].refunds
    assert refund.ended_at is not None
    before = msgspec.structs.replace(listed, refunded=0)
    assert books.compare(before, booked, "sandbox", refund.ended_at - timedelta(seconds=1)) is None
    difference = books.compare(before, booked, "sandbox", refund.ended_at)
    assert difference is not None
    assert (difference.kind, difference.repair) == ("refunds_differ_at_gateway", "ask")
    failed = {checkout.id: msgspec.structs.replace(booked[checkout.id], refunds=(refund_of(refund, "failed"),))}
    assert books.compare(listed, failed, "sandbox", refund.ended_at - timedelta(seconds=1)) is None
    assert books.compare(listed, failed, "sandbox", refund.ended_at) is not None


def refund_of(refund: RefundRow, state: RefundState) -> RefundRow:
    return msgspec.structs.replace(refund, state=state)
