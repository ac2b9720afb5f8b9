"""Plans of what reconciliation asks over and over: every row of a large table is found by an index."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from race_to_purchase.gateways.sandbox.connection import SESSION_SETTINGS as SANDBOX_SETTINGS
from race_to_purchase.gateways.sandbox.connection import statement as sandbox_statement
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.loops.reconcile.rows import COMPARED
from race_to_purchase.store.postgres import SESSION_SETTINGS, PostgresStore
from race_to_purchase.store.statements import statement
from tests.commit.test_plans import faults, nodes
from tests.databases import Server, apart
from tests.path.shop import PATIENCE, Process, Wire
from tests.reconcile.large import fill

WINDOW = ["'01a20780-0000-7000-8000-000000000000'", "'01a20790-0000-7000-8000-000000000000'"]
EMPTY = ("refundable", "refund", "dispute")
"""Tables that this sale has nothing in: there is no plan to be judged."""

ASKED = {
    "read_booked": ["'{}'"],
    "captured_attempts": ["'sandbox'", "now()", "now()"],
    "read_findings": ["'{}'"],
    "findings_unended": ["''", "500", "''"],
    "read_booked_ids": ["'{}'"],
    "checks/window_checkout": [*WINDOW, "20000"],
    "checks/settled_by_id": ["'{}'", "'sandbox'"],
    "checks/settled_orders": [*WINDOW, "5000"],
    **{f"checks/{check.name}": [*WINDOW, *(["60"] if check.patience else [])] for check in COMPARED},
}


@pytest.fixture(scope="module")
def large(server: Server) -> Iterator[str]:
    """Thirty thousand purchases."""
    dsn = server.fresh()
    apart(sold(dsn))
    yield dsn
    server.drop(dsn)


async def sold(dsn: str) -> None:
    process = Process(await PostgresStore.open(dsn), Wire(SandboxGateway(dsn)), None, PATIENCE)
    await process.wire.gateway.make_books()
    await process.open()
    await fill(dsn, 30_000, unknown=True)
    await process.stop()


@pytest.fixture
async def session(large: str) -> AsyncIterator[Any]:
    """A connection as the engine's are."""
    connection = await asyncpg.connect(large, server_settings=SESSION_SETTINGS)
    yield connection
    await connection.close()


async def found(session: Any, text: str, arguments: list[str]) -> list[dict[str, Any]]:
    await session.execute(f"PREPARE asked AS {text}")
    explained = await session.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked({', '.join(arguments)})")
    return list(nodes(json.loads(explained)[0]["Plan"]))


@pytest.mark.parametrize("name", ASKED)
async def test_every_row_is_found_by_an_index(session: Any, name: str) -> None:
    wrong = faults(iter(await found(session, statement(name), ASKED[name])))
    assert [fault for fault in wrong if not any(f" on {table} by" in fault for table in EMPTY)] == []


async def test_the_gateways_list_is_read_by_its_time(large: str) -> None:
    connection = await asyncpg.connect(large, server_settings=SANDBOX_SETTINGS)
    arguments = ["now()", "now()", "now()", "''", "1000", "'sbx_'"]
    plan = await found(connection, sandbox_statement("list_payments"), arguments)
    await connection.close()
    (scan,) = [node for node in plan if node["Node Type"] == "Bitmap Index Scan"]
    assert scan["Index Name"] == "payment_age"
