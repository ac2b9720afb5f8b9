"""A million postings: everything is sealed, everything adds up, and a balance does not read the journal for it."""

import json
from typing import Any

import pytest

from race_to_purchase.checks import verify
from race_to_purchase.rules.ledger import trial
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.statements import statement
from tests.ledger.books import connected, ledger_at, seal_all
from tests.ledger.measure import INSERT

pytestmark = pytest.mark.soak

ENTRIES = 1_000_000 // 3 + 1
AT_ONCE = 20_000
UNSEALED = 2_000


async def test_the_balance_of_a_million_postings_is_read_from_few_pages(database_dsn: str) -> None:
    async with ledger_at(database_dsn) as (ledger, pool):
        for begun in range(0, ENTRIES, AT_ONCE):
            await pool.execute(INSERT.format("journal"), min(AT_ONCE, ENTRIES - begun))
        await seal_all(ledger, 10_000)
        # As autovacuum does within a minute of an insert.
        await pool.execute("SELECT brin_summarize_new_values('journal_place')")
        await pool.execute(INSERT.format("journal"), UNSEALED)
        balances = await ledger.balances()
        booked = (ENTRIES + UNSEALED) * 119
        assert trial(balances) == {"EUR": (booked, booked)}
        assert len(balances) == 201
        pages = await pool.fetchval("SELECT pg_relation_size('journal') / 8192")
    async with connected(database_dsn) as connection:
        query = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement('ledger_balance')}"
        (explained,) = json.loads(await connection.fetchval(query))
    assert touched(explained["Plan"]) < pages / 20
    async with AuditRows.open(database_dsn) as rows:
        assert await verify(rows) == []


def touched(plan: dict[str, Any]) -> int:
    """Pages that the top of a plan counts, those below it included."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
