"""Each check finds what it is there to find: something is broken in the rows, and that check fires and no other.

The constraints of the database are the first guard, so some plants have to take one away. Where breaking one thing
breaks another truth too, both are named.
"""

import asyncpg
import msgspec
import pytest

from race_to_purchase.checks import CHECKS, audit
from race_to_purchase.store.audit import AuditRows
from tests.checks.line_plants import LINE_PLANTS
from tests.checks.scene import PATIENT

COPY_OF_ATTEMPT = """
    INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at, gateway_ref,
                         answer_status, answer)
    SELECT checkout_id, {n}, {gateway}, {state}, {key}, method, amount, currency, fence, began_at, 'elsewhere',
           200, 'told'
    FROM attempt WHERE checkout_id = {of} AND n = 1"""
MISSED = "UPDATE attempt SET capture_before = now() - interval '1 hour' WHERE checkout_id = '{committed}'"
UNTOLD = "UPDATE attempt SET answer = NULL, answer_status = NULL WHERE checkout_id = '{declined}'"
PAYMENT = """
    INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state, captured)
    VALUES ({ref}, {reference}, 15900, 'EUR', 'pm_approved', {state}, {captured})"""


def copy_of_attempt(of: str, *, n: int = 2, gateway: str = "other", state: str = "captured", key: str = "k") -> str:
    """Another attempt for the checkout `of`."""
    return COPY_OF_ATTEMPT.format(of=f"'{{{of}}}'", n=n, gateway=f"'{gateway}'", state=f"'{state}'", key=f"'{key}'")


def payment(reference: str = "nobody/1", *, ref: str = "sbx_k", captured: int = 0) -> str:
    """A payment in the gateway's books."""
    state = "captured" if captured else "authorized"
    return PAYMENT.format(ref=f"'{ref}'", reference=f"'{reference}'", state=f"'{state}'", captured=captured)


class Plant(msgspec.Struct, frozen=True):
    """`fires` are all checks that do, the one that it is about first; `{name}` in `sql` is a checkout of the sale."""

    fires: str
    sql: tuple[str, ...]
    subject: str
    amount: int = 1


PLANTS = [
    *(Plant(*plant) for plant in LINE_PLANTS),
    Plant(
        "pool_bounds",
        (
            "ALTER TABLE pool DROP CONSTRAINT pool_bounds",
            "UPDATE pool SET capacity = held + sold - 3 WHERE id = 'aurora/item/shoe'",
        ),
        "aurora/item/shoe",
        3,
    ),
    Plant(
        "pool_held_matches_claims",
        ("UPDATE pool SET held = held + 2 WHERE id = 'aurora/item/shoe'",),
        "aurora/item/shoe",
        2,
    ),
    Plant(
        "pool_held_matches_claims",
        ("UPDATE pool SET held = held - 1 WHERE id = 'prepaid/buyer/prepaying'",),
        "prepaid/buyer/prepaying",
    ),
    Plant(
        "pool_sold_matches_claims",
        ("UPDATE pool SET sold = sold - 2 WHERE id = 'prepaid/item/shoe'",),
        "prepaid/item/shoe",
        2,
    ),
    Plant(
        "pool_sold_matches_claims", ("DELETE FROM pool WHERE id = 'aurora/buyer/captured'",), "aurora/buyer/captured", 2
    ),
    Plant(
        "buyer_limit_exceeded pool_bounds",
        (
            "ALTER TABLE pool DROP CONSTRAINT pool_bounds",
            "UPDATE pool SET capacity = 1 WHERE id = 'aurora/buyer/captured'",
        ),
        "aurora/buyer/captured",
    ),
    Plant(
        "oversold",
        ("UPDATE drops SET definition = jsonb_set(definition, '{{items,0,stock}}', '3') WHERE id = 'aurora'",),
        "aurora/item/shoe",
        2,
    ),
    Plant(
        "duplicate_orders",
        (
            copy_of_attempt("captured", state="authorized"),
            "INSERT INTO task SELECT checkout_id || '/2/payment', 'resolve', drop_id, checkout_id, 2, now(), 0"
            " FROM task WHERE checkout_id = '{captured}'",
        ),
        "{captured}",
    ),
    Plant(
        "order_without_paid_checkout",
        (
            "UPDATE checkout SET state = 'expired' WHERE id = '{committed}'",
            "UPDATE pool SET sold = sold - 1 WHERE id IN ('aurora/item/shoe', 'aurora/buyer/committed')",
        ),
        "{committed}",
    ),
    Plant(
        "paid_checkout_without_order",
        (
            "INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at)"
            " SELECT gen_random_uuid(), drop_id, buyer, 'paid', quote, '{{\"hold\": {{}}, \"commit\": {{}}}}',"
            " deadline, created_at FROM checkout WHERE id = '{captured}'",
        ),
        "",
    ),
    Plant("captured_without_order", (copy_of_attempt("declined"),), "{declined}/2", 15_900),
    Plant(
        "orders_without_capture",
        ("UPDATE orders SET placed_at = placed_at - interval '2 hours' WHERE id = '{committed}'",),
        "{committed}",
        15_900,
    ),
    Plant("capture_missed", (MISSED,), "{committed}/1", 15900),
    Plant("two_open_attempts owed_without_task", (copy_of_attempt("paying", state="sent"),), "{paying}"),
    Plant("end_without_answer", (UNTOLD,), "{declined}/1"),
    Plant(
        "doomed_committed",
        ("UPDATE attempt SET state = 'voided' WHERE checkout_id = '{delivered}'",),
        "{delivered}",
    ),
    Plant(
        "attempt_differs_from_quote",
        ("UPDATE checkout SET quote = jsonb_set(quote::jsonb, '{{total}}', '15000') WHERE id = '{committed}'",),
        "{committed}/1",
        900,
    ),
    Plant(
        "order_differs_from_attempt",
        ("UPDATE orders SET gateway_ref = 'sbx_other' WHERE id = '{committed}'",),
        "{committed}",
        0,
    ),
    Plant(
        "ledger_imbalance trial_balance",
        (
            "ALTER TABLE journal DROP CONSTRAINT journal_balance",
            "UPDATE journal SET amounts[2] = amounts[2] - 7 WHERE order_id = '{back}'",
        ),
        "{back}",
        7,
    ),
    Plant(
        "ledger_imbalance sealed_entry_changed sealed_total_differs",
        (
            "ALTER TABLE journal DROP CONSTRAINT journal_balance",
            "UPDATE journal SET amounts[2] = amounts[2] - 7 WHERE order_id = '{captured}'",
        ),
        "{captured}",
        7,
    ),
    Plant(
        "entry_without_order",
        (
            "INSERT INTO journal SELECT '00000000-0000-7000-8000-000000000001', entry, kind, at, currency, accounts,"
            " amounts FROM journal WHERE order_id = '{captured}'",
        ),
        "00000000-0000-7000-8000-000000000001/0",
    ),
    Plant(
        "order_without_sale sealed_entry_changed sealed_total_differs",
        ("DELETE FROM journal WHERE order_id = '{committed}'",),
        "{committed}",
        15_900,
    ),
    Plant(
        "booked_amount_differs sealed_entry_changed sealed_total_differs",
        ("DELETE FROM journal WHERE order_id = '{undone}' AND entry = 1",),
        "{undone}",
        15_900,
    ),
    Plant(
        "booked_amount_differs sealed_entry_changed sealed_total_differs",
        ("UPDATE journal SET currency = 'USD' WHERE order_id = '{committed}'",),
        "{committed}",
        15_900,
    ),
    Plant(
        "sealed_entry_changed",
        ("UPDATE journal SET at = at + interval '1 s' WHERE order_id = '{captured}'",),
        "{captured}/0",
    ),
    Plant(
        "sealed_entry_changed sealed_total_differs",
        (
            "INSERT INTO journal SELECT order_id, 9, 'fee', at, currency, '{{fees:sandbox,receivable:sandbox}}',"
            " '{{0,0}}', place FROM journal WHERE order_id = '{captured}'",
        ),
        "{captured}/9",
    ),
    Plant("seal_chain_broken", ("UPDATE seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2",), "2"),
    Plant("seal_chain_broken sealed_total_differs", ("UPDATE seal SET entries = entries + 1 WHERE number = 1",), "1"),
    Plant("seal_chain_broken balance_differs", ("DELETE FROM seal WHERE number = 1",), "2"),
    Plant(
        "sealed_total_differs seal_chain_broken balance_differs",
        ("UPDATE seal SET totals = jsonb_set(totals, '{{0,2}}', '1') WHERE number = 1",),
        "1",
    ),
    Plant(
        "balance_differs trial_balance",
        ("UPDATE balance SET debit = debit + 5 WHERE account = 'receivable:sandbox'",),
        "receivable:sandbox EUR",
        5,
    ),
    Plant(
        "balance_differs trial_balance",
        ("DELETE FROM balance WHERE account = 'revenue:house'",),
        "revenue:house",
        134_060,
    ),
    Plant(
        "trial_balance balance_differs",
        ("UPDATE balance SET credit = credit - 3 WHERE account = 'revenue:house'",),
        "EUR",
        3,
    ),
    Plant(
        "key_points_nowhere",
        ("UPDATE idempotency SET attempt_n = 7 WHERE checkout_id = '{committed}'",),
        "",
    ),
    Plant(
        "stuck_checkout",
        ("UPDATE checkout SET deadline = now() - interval '2 hours' WHERE id = '{reserved}'",),
        "{reserved}",
    ),
    Plant(
        "waiting_for_nothing end_without_answer",
        (
            "UPDATE attempt SET state = 'declined' WHERE checkout_id = '{paying}'",
            "DELETE FROM task WHERE checkout_id = '{paying}'",
        ),
        "{paying}",
    ),
    Plant("owed_without_task", ("DELETE FROM task WHERE checkout_id = '{committed}'",), "{committed}/1"),
    Plant("owed_without_task", ("UPDATE task SET kind = 'resolve' WHERE checkout_id = '{doomed}'",), "{doomed}/1"),
    Plant(
        "task_without_step",
        ("UPDATE task SET kind = 'capture' WHERE checkout_id = '{captured}'",),
        "{captured}/1/deliver",
    ),
    Plant(
        "task_overdue",
        ("UPDATE task SET due_at = now() - interval '2 hours' WHERE checkout_id = '{committed}'",),
        "{committed}/1/payment",
    ),
    Plant(
        "booked_amount_differs",
        ("DELETE FROM journal WHERE order_id = '{part refunded}' AND kind = 'refund'",),
        "{part refunded}",
        200,
    ),
    Plant(
        "booked_amount_differs",
        ("DELETE FROM journal WHERE order_id = '{disputed}' AND kind = 'dispute_opened'",),
        "{disputed}",
        515,
    ),
    Plant(
        "given_back_too_much guard_differs booked_amount_differs refunds_differ_at_gateway",
        (
            "ALTER TABLE refundable DROP CONSTRAINT refundable_bounds",
            "UPDATE refundable SET refunded = 600 WHERE order_id = '{refunded}'",
        ),
        "{refunded}",
        100,
    ),
    Plant("guard_differs", ("UPDATE refundable SET lost = lost - 7 WHERE order_id = '{lost}'",), "{lost}", 7),
    Plant("guard_differs", ("DELETE FROM refundable WHERE order_id = '{disputed}'",), "{disputed}"),
    Plant("guard_differs", ("UPDATE refundable SET disputes = 0 WHERE order_id = '{disputed}'",), "{disputed}"),
    Plant(
        "refunded_order_stands",
        ("UPDATE checkout SET state = 'fulfilled' WHERE id = '{refunded}'",),
        "{refunded}",
        500,
    ),
    Plant("refund_without_task", ("DELETE FROM task WHERE kind = 'refund'",), "{refunding}/1", 500),
    Plant(
        "refund_undecided",
        (
            "UPDATE refund SET state = 'unknown', asked_at = asked_at - interval '2 days'"
            " WHERE order_id = '{refunding}'",
        ),
        "{refunding}/1",
        500,
    ),
    Plant(
        "task_without_step",
        ("UPDATE task SET n = 9 WHERE kind = 'refund'",),
        "{refunding}/1/refund",
    ),
    Plant(
        "refunds_differ_at_gateway",
        ("UPDATE sandbox.payment SET refunded = refunded + 1 WHERE reference = '{part refunded}/1'",),
        "{part refunded}",
    ),
    Plant(
        "message_overdue",
        (
            "INSERT INTO inbox (id, gateway, kind, ref, created_at, data, body, due_at)"
            " VALUES ('sandbox/evt_1', 'sandbox', 'payment', 'p', now(), '{{}}', '', now() - interval '2 hours')",
        ),
        "sandbox/evt_1",
    ),
    Plant("charged_without_order", (payment(captured=500),), "nobody/1", 500),
    Plant(
        "charged_without_order",
        ("UPDATE sandbox.payment SET state = 'captured', captured = amount WHERE reference = '{doomed}/1'",),
        "{doomed}/1",
        100,
    ),
    Plant(
        "charged_twice charged_without_order",
        (
            copy_of_attempt("captured", gateway="sandbox", state="declined"),
            payment("{captured}/2", captured=15_900),
        ),
        "{captured}",
    ),
    Plant(
        "capture_missing_at_gateway",
        ("UPDATE sandbox.payment SET state = 'authorized', captured = 0 WHERE reference = '{delivered}/1'",),
        "{delivered}/1",
        28_620,
    ),
    Plant(
        "captured_amount_differs",
        ("UPDATE sandbox.payment SET captured = captured - 100 WHERE reference = '{delivered}/1'",),
        "{delivered}/1",
        100,
    ),
    Plant(
        "paid_by_another",
        (
            "UPDATE attempt SET gateway_ref = (SELECT gateway_ref FROM orders WHERE id = '{delivered}')"
            " WHERE checkout_id = '{committed}'",
            "UPDATE orders SET gateway_ref = (SELECT gateway_ref FROM orders WHERE id = '{delivered}')"
            " WHERE id = '{committed}'",
        ),
        "{committed}",
        15_900,
    ),
    Plant("authorization_left_open", (payment(),), "nobody/1", 15_900),
    Plant(
        "authorization_left_open",
        ("UPDATE sandbox.payment SET state = 'authorized' WHERE reference = '{voided}/1'",),
        "{voided}/1",
        100,
    ),
]


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{plant.fires.split()[0]}-{i}" for i, plant in enumerate(PLANTS)])
async def test_a_plant_fires_its_check_and_no_other(
    plant: Plant, connection: asyncpg.Connection, rows: AuditRows, ids: dict[str, str]
) -> None:
    for sql in plant.sql:
        text = sql.format(**ids)
        assert not (await connection.execute(text)).endswith(" 0"), f"nothing was planted by {text}"
    found = await audit(rows, PATIENT)
    assert {finding.check for finding in found.findings} == set(plant.fires.split())
    (finding,) = found.of(plant.fires.split()[0])
    assert finding.amount == plant.amount
    assert plant.subject.format(**ids) in finding.subject
    assert finding.detail


def test_every_check_has_its_plant() -> None:
    assert {plant.fires.split()[0] for plant in PLANTS} == {check.name for check in CHECKS}


def test_every_check_has_a_sentence_of_its_own() -> None:
    sentences = [check.sentence for check in CHECKS]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)


async def test_figures_count_what_was_planted(connection: asyncpg.Connection, rows: AuditRows) -> None:
    await connection.execute(payment(captured=500))
    await connection.execute("UPDATE drops SET definition = jsonb_set(definition, '{items,0,stock}', '3')")
    await connection.execute("ALTER TABLE journal DROP CONSTRAINT journal_balance")
    await connection.execute("UPDATE journal SET amounts[1] = amounts[1] - 7, amounts[2] = amounts[2] + 5")
    figures = (await audit(rows, PATIENT)).figures()
    entries = await connection.fetchval("SELECT count(*) FROM journal")
    assert (figures["captured_without_order"], figures["oversold"]) == (1, 2)
    assert figures["ledger_imbalance_minor"] == 2 * entries
