"""Plans of the hot statements on large tables: every row is found by an index, analysed or not.

The engine's sessions keep the plans that they made while the tables were empty, so those are looked at, too.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from race_to_purchase.store.postgres import SESSION_SETTINGS
from race_to_purchase.store.statements import statement, together, unlocked
from tests.databases import Server, apart

ROWS = 40_000
FILL = [
    """
    INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at)
    SELECT md5(i::text)::uuid, 'aurora', 'buyer-' || i, CASE WHEN i % 50 = 0 THEN 'reserved' ELSE 'paid' END, '{}',
           '{"hold": {}, "commit": {}}', now() + (i - 38000) * interval '1 s', now()
    FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at)
    SELECT md5(i::text)::uuid, 1, 'sandbox', 'sent', 'k', 'pm', 1, 'EUR', 0, now()
    FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO pool (id, drop_id, kind, capacity)
    SELECT 'aurora/buyer/' || i, 'aurora', 'buyer', 2 FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO idempotency (scope, key, fingerprint, created_at, answer)
    SELECT 'shop', 'key-' || i, '\\x00', now() - i * interval '1 s', '\\x00' FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO task (id, kind, drop_id, checkout_id, n, due_at)
    SELECT 'task-' || i, 'deliver', 'aurora', md5(i::text)::uuid, 1, now() + i * interval '1 s'
    FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO buyer (id, email) SELECT 'buyer-' || i, 'nobody@example.org' FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO orders (id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at)
    SELECT md5(i::text)::uuid, 'aurora', 'b', 1, 'EUR', 'sandbox', 'ref', 1, now()
    FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts, place)
    SELECT md5(i::text)::uuid, 0, 'sale', now(), 'EUR', '{a,b}', '{1,-1}', i FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO inbox (id, gateway, kind, ref, created_at, received_at, data, body, state, due_at)
    SELECT 'stripe/evt_' || i, 'stripe', 'payment', 'pi_' || i, now(), now() - i * interval '1 s', '{}', '',
           CASE WHEN i % 100 = 0 THEN 'waiting' ELSE 'done' END, now() + i * interval '1 s'
    FROM generate_series(1, $1::int) AS i""",
]
FILL += [
    """
    INSERT INTO refundable (order_id, currency, captured)
    SELECT md5(i::text)::uuid, 'EUR', 1 FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO refund (order_id, n, id, state, amount, currency, gateway, payment_ref, reason, restock, asked_by,
                        asked_at)
    SELECT md5(i::text)::uuid, 1, md5(i::text)::uuid, 'requested', 1, 'EUR', 'sandbox', 'ref', '', false, 'shop', now()
    FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO dispute (gateway, id, order_id, state, amount, fee, currency, reason, status, told_at, opened_at)
    SELECT 'sandbox', 'dp-' || i, md5(i::text)::uuid, 'open', 1, 0, 'EUR', '', '', now(), now()
    FROM generate_series(1, $1::int) AS i""",
]
FILL += [
    """
    INSERT INTO late_comer (drop_id, tid, number)
    SELECT 'aurora', decode(md5(i::text), 'hex'), i - 1 FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO pass (drop_id, tid, n, browser, expires_at)
    SELECT 'aurora', md5(i::text), 1, '00', now() + i * interval '1 s' FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO registration (drop_id, tids)
    SELECT 'aurora', decode(md5(i::text), 'hex') FROM generate_series(1, $1::int) AS i""",
    """
    INSERT INTO line_grant (drop_id, id, tid, lane, valid_from, valid_until, issued_by, issued_at)
    SELECT 'aurora', md5(i::text), md5(i::text), 'vip', now(), now(), 'ops', now()
    FROM generate_series(1, $1::int) AS i""",
]
LARGE = {"checkout", "attempt", "pool", "idempotency", "task", "buyer", "orders", "journal", "inbox"} | {
    "refundable",
    "refund",
    "dispute",
    "late_comer",
    "pass",
    "registration",
    "line_grant",
}
"""Tables that grow with every buyer. The others hold a row a drop, and may be read whole."""

SMALL = ("gateway_pkey",)
"""Indexes of tables with a few rows, which may be walked."""

HOT = [
    "read_batch",
    "write_batch",
    "overdue",
    "take_tasks",
    "next_deadline",
    "first_deadline",
    "shared_pools",
    "read_checkout",
    "read_attempt",
    "read_order",
    "read_history",
    "read_after",
    "write_after",
    "forget_keys",
    "seal_block",
    "ledger_balance",
    "inbox_keep",
    "inbox_take",
    "inbox_put",
    "inbox_forget",
    "read_line",
    "write_line",
    "line_seen",
    "passes_due",
    "register",
    "registrations",
    "late_numbers",
    "grants_of",
    "ticket_used",
    "console_rows",
    "console_by_id",
    "console_by_buyer",
    "console_by_key",
    "console_by_reference",
    "console_attempts",
    "console_entries",
    "console_tasks",
    "console_messages",
]
ARGUMENTS = {
    "read_batch": ["'{}'"] * 5,
    "write_batch": ["'{}'"] * 13,
    "overdue": ["now()", "now()", "500"],
    "take_tasks": ["'{capture}'", "50", "60"],
    "next_deadline": ["'aurora'"],
    "shared_pools": ["'aurora'"],
    "read_attempt": ["gen_random_uuid()", "1"],
    "read_checkout": ["gen_random_uuid()"],
    "read_order": ["gen_random_uuid()"],
    "read_history": ["gen_random_uuid()"],
    "read_after": ["'{}'"],
    "write_after": ["'[]'"] * 6,
    "forget_keys": ["1000", "100"],
    "console_rows": ["'aurora'", "30"],
    "console_by_id": ["'{}'"],
    "console_by_buyer": ["'buyer-7'", "now() - interval '1 h'", "20"],
    "console_by_key": ["'key-7'", "now() - interval '1 h'", "20"],
    "console_by_reference": ["'ref'", "now() - interval '1 h'", "20"],
    "console_attempts": ["gen_random_uuid()"],
    "console_entries": ["gen_random_uuid()"],
    "console_tasks": ["gen_random_uuid()"],
    "console_messages": ["gen_random_uuid()", "now() - interval '1 h'", "'{}'"],
    "seal_block": ["10000"],
    "inbox_keep": ["'{}'"] * 8,
    "inbox_take": ["'stripe'", "50", "60"],
    "inbox_put": ["'{}'"] * 4,
    "inbox_forget": ["1000", "2000", "100"],
    "read_line": ["'{}'"] * 5,
    "write_line": ["'[]'"] * 7,
    "write_batch_and_line": ["'{}'"] * 13 + ["'[]'"] * 7,
    "line_seen": ["'aurora'"],
    "passes_due": ["100"],
    "register": ["'aurora'", "''"],
    "registrations": ["'aurora'", "0", "100"],
    "late_numbers": ["'aurora'", "'{}'"],
    "grants_of": ["'aurora'", "''", "100"],
    "ticket_used": ["'aurora/ticket/00'"],
}


@pytest.fixture(scope="module", params=["server", "server analysed", "debian_server"])
def large(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database whose tables have grown; whether anybody has analysed them must not matter."""
    name, _, analysed = request.param.partition(" ")
    server: Server = request.getfixturevalue(name)
    dsn = server.fresh()
    apart(fill(dsn, analyse=bool(analysed)))
    yield dsn
    server.drop(dsn)


async def fill(dsn: str, *, analyse: bool) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "race", "synchronous_commit": "off"})
    for table in LARGE:
        await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    for insert in FILL:
        await connection.execute(insert.replace("$1", str(ROWS)))
    if analyse:
        await connection.execute("ANALYZE")
    await connection.close()


@pytest.fixture
async def session(large: str) -> AsyncIterator[Any]:
    """A connection as the engine's are."""
    connection = await asyncpg.connect(large, server_settings=SESSION_SETTINGS)
    yield connection
    await connection.close()


async def plan(session: Any, name: str, text: str) -> Iterator[dict[str, Any]]:
    """Every node of the generic plan, from the top."""
    await session.execute(f"PREPARE {name} AS {text}")
    arguments = f"({', '.join(ARGUMENTS[name])})" if name in ARGUMENTS else ""
    explained = await session.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {name}{arguments}")
    return nodes(json.loads(explained)[0]["Plan"])


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from nodes(below)


def faults(found: Iterator[dict[str, Any]]) -> list[str]:
    """Nodes that read a large table otherwise than by a condition on an index, or join as large sets are joined."""
    wrong = []
    for node in found:
        kind, table = node["Node Type"], node.get("Relation Name")
        reads = table in LARGE and kind not in ("ModifyTable", "Bitmap Heap Scan", "Tid Scan")
        if reads and (kind not in ("Index Scan", "Index Only Scan") or not node.get("Index Cond")):
            wrong.append(f"{kind} on {table} by {node.get('Index Cond')}, filter {node.get('Filter')}")
        whole = kind == "Bitmap Index Scan" and not node.get("Index Cond")
        if kind in ("Hash Join", "Merge Join") or (whole and node["Index Name"] not in SMALL):
            wrong.append(kind)
    return wrong


@pytest.mark.parametrize("name", HOT)
async def test_every_row_is_found_by_an_index(session: Any, name: str) -> None:
    found = list(await plan(session, name, statement(name)))
    if name == "first_deadline":
        assert {node["Node Type"] for node in found} <= {"Limit", "Index Scan", "Index Only Scan"}, "its first entry"
        return
    assert faults(iter(found)) == []


async def test_a_look_for_deadlines_reads_its_window_and_no_more(session: Any) -> None:
    """Bounded on one side alone it would walk everything that ever was."""
    (scan,) = [node for node in await plan(session, "overdue", statement("overdue")) if "Relation Name" in node]
    assert "$1" in scan["Index Cond"]
    assert "$2" in scan["Index Cond"]


async def test_without_its_locks_too(session: Any) -> None:
    assert faults(await plan(session, "read_batch", unlocked("read_batch"))) == []


async def test_two_that_write_in_one_statement_find_their_rows_as_each_alone(session: Any) -> None:
    assert faults(await plan(session, "write_batch_and_line", together("write_batch", "write_line"))) == []


async def test_control_the_look_at_a_plan_sees_a_scan(session: Any) -> None:
    scan = "SELECT id FROM checkout WHERE buyer = 'ada' ORDER BY deadline"
    assert len(faults(await plan(session, "scan", scan))) == 1
