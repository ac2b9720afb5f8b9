"""A sale that went right has no findings, however it is read; and time alone makes some."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from race_to_purchase import checks
from race_to_purchase.checks import CHECKS, Patience, audit
from race_to_purchase.rules.aftersale import DISPUTE, REFUND
from race_to_purchase.rules.attempt import TRANSITIONS as ATTEMPT
from race_to_purchase.rules.checkout import TRANSITIONS as CHECKOUT
from race_to_purchase.store.audit import AuditRows
from tests.checks.scene import PATIENT
from tests.databases import Server


async def test_a_sale_that_went_right_is_clean(rows: AuditRows) -> None:
    found = await audit(rows, PATIENT)
    assert found.findings == ()
    assert found.violations == 0
    assert found.checked == tuple(check.name for check in CHECKS)


async def test_the_sale_has_everything_in_it(connection: asyncpg.Connection) -> None:
    """So that a clean audit means something. What is left out is stored by nobody yet."""
    states = {row[0] for row in await connection.fetch("SELECT DISTINCT state FROM checkout")}
    assert set(CHECKOUT) - states == {"review"}
    states = {row[0] for row in await connection.fetch("SELECT DISTINCT state FROM attempt")}
    assert set(ATTEMPT) - states == {"authorized"}
    states = {row[0] for row in await connection.fetch("SELECT DISTINCT state FROM refund")}
    assert set(REFUND) - states == {"requested", "unknown"}
    states = {row[0] for row in await connection.fetch("SELECT DISTINCT state FROM dispute")}
    assert set(DISPUTE) - states == {"inquiry", "closed"}


async def test_figures_count_pieces_and_orders(rows: AuditRows) -> None:
    assert (await audit(rows, PATIENT)).figures() == {
        "violations": 0,
        "sold": 15,
        "orders": 12,
        "oversold": 0,
        "duplicate_orders": 0,
        "captured_without_order": 0,
        "orders_without_capture": 0,
        "ledger_imbalance_minor": 0,
    }


@pytest.mark.parametrize("rows_at_once", [1, 2, 7])
async def test_reading_in_small_ranges_sees_the_same(
    connection: asyncpg.Connection, rows: AuditRows, rows_at_once: int
) -> None:
    assert (await audit(rows, PATIENT, rows_at_once=rows_at_once)).violations == 0
    wrong = ["aurora/buyer/committed", "aurora/item/lace"]
    await connection.execute("UPDATE pool SET held = held + 1 WHERE id = ANY ($1)", wrong)
    broken = await audit(rows, PATIENT, rows_at_once=rows_at_once)
    assert sorted(finding.subject for finding in broken.findings) == wrong


async def test_many_pools_are_counted_in_several_passes(
    connection: asyncpg.Connection, rows: AuditRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "POOLS_AT_ONCE", 10)
    assert (await audit(rows, PATIENT, rows_at_once=10)).violations == 0
    wrong = await connection.fetch("UPDATE pool SET held = held + 1 WHERE capacity > held + sold RETURNING id")
    found = await audit(rows, PATIENT, rows_at_once=10)
    assert sorted(finding.subject for finding in found.findings) == sorted(row["id"] for row in wrong)


async def test_old_checkouts_are_counted_like_new_ones(connection: asyncpg.Connection, rows: AuditRows) -> None:
    await connection.execute(
        "UPDATE checkout SET deadline = deadline - interval '1 day' WHERE state NOT IN ('open', 'reserved', 'paying')"
    )
    assert (await audit(rows, PATIENT, rows_at_once=3)).violations == 0
    await connection.execute("UPDATE pool SET sold = sold + 1 WHERE id = 'aurora/item/shoe'")
    (finding,) = (await audit(rows, PATIENT, rows_at_once=3)).findings
    assert (finding.check, finding.subject, finding.amount) == ("pool_sold_matches_claims", "aurora/item/shoe", 1)


async def test_without_patience_what_is_under_way_is_told(connection: asyncpg.Connection, rows: AuditRows) -> None:
    """As after a rehearsal, when everything should have come to rest; however long ago the sale of these tests was."""
    await connection.execute("UPDATE task SET due_at = due_at - interval '1 hour'")
    await connection.execute("UPDATE checkout SET deadline = deadline + interval '1 day' WHERE deadline < now()")
    found = await audit(rows, Patience(0, 0, 0))
    assert {finding.check for finding in found.findings} == {"orders_without_capture", "task_overdue"}


async def test_without_books_their_checks_are_left_out_and_named(server: Server) -> None:
    dsn = server.fresh()
    try:
        async with AuditRows.open(dsn) as rows:
            found = await audit(rows, PATIENT)
    finally:
        server.drop(dsn)
    assert found.violations == 0
    assert found.skipped == tuple(check.name for check in CHECKS if check.books)


@pytest.mark.parametrize("counts", [1, 3])
async def test_what_happens_between_two_statements_is_no_finding(
    connection: asyncpg.Connection, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch, counts: int
) -> None:
    """An old order is undone after it was counted and before its pools are read. Whoever counts once is deceived."""
    monkeypatch.setattr(checks, "COUNTS", counts)
    await connection.execute("UPDATE checkout SET deadline = deadline - interval '1 day' WHERE id = $1", ids["back"])
    rows = Interrupted(
        connection,
        "UPDATE checkout SET state = 'cancelled' WHERE drop_id = 'brief' AND buyer = 'back'",
        "UPDATE pool SET sold = sold - 1 WHERE id IN ('brief/item/shoe', 'brief/buyer/back')",
    )
    found = await audit(rows, PATIENT)
    assert rows.interruptions == []
    deceived = {finding.subject for finding in found.of("pool_sold_matches_claims")}
    assert deceived == ({"brief/item/shoe", "brief/buyer/back"} if counts == 1 else set())


class Interrupted(AuditRows):
    """Lets something happen once, after old checkouts were counted."""

    def __init__(self, connection: asyncpg.Connection, *interruptions: str) -> None:
        super().__init__(connection)
        self.interruptions = list(interruptions)

    async def fetch(self, name: str, *arguments: Any) -> Sequence[Sequence[Any]]:
        while name == "claims_recent" and self.interruptions:
            await self._connection.execute(self.interruptions.pop())
        return await super().fetch(name, *arguments)


async def test_an_audit_cannot_write(sale_dsn: str, ids: dict[str, str]) -> None:
    async with AuditRows.open(sale_dsn) as rows:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await rows._connection.execute("DELETE FROM task")
        assert (await audit(rows, PATIENT)).violations == 0
