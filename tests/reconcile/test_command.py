"""`race reconcile --once`: what it says, what it writes, and how it exits."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from race_to_purchase.app.commands.reconcile import AnotherReconciles, reconcile_at, run_reconcile
from race_to_purchase.rules.commands import CloseFinding
from race_to_purchase.settings import Settings
from race_to_purchase.store.findings import leading
from tests.reconcile.reconciler import Reconciler

NOBODYS = """
    INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state, created_at)
    VALUES ('sbx_by_hand', 'nobody/1', 15900, 'EUR', 'pm_approved', 'authorized', now() - interval '1 min')"""


def settings(dsn: str) -> Settings:
    return Settings(database_url=dsn, gateway_timeout_s=0.5, takeover_s=1.0, reconcile_after_s=1.5)


async def run(dsn: str, folder: Path) -> tuple[int, str, Any]:
    """Exit status, what people see, and the JSON."""
    out, file = io.StringIO(), folder / "out.json"
    status = await asyncio.to_thread(run_reconcile, settings(dsn), Console(file=out, width=200), file)
    return status, out.getvalue(), json.loads(file.read_bytes())


async def test_it_says_what_it_compared_repaired_and_left(reconciler: Reconciler, dsn: str, tmp_path: Path) -> None:
    await reconciler.bought()
    await reconciler.too_late("bob")
    await reconciler.sql(NOBODYS)
    await asyncio.sleep(1.6)
    status, told, written = await run(dsn, tmp_path)
    assert status == 1
    assert "findings left: 1" in told
    assert "unknown_reference" in told
    assert "authorization_left_open" in told
    assert written["compared"] == {"checkouts": 2, "payments at sandbox": 3}
    assert [finding["kind"] for finding in written["repaired"]] == ["authorization_left_open"]
    assert [finding["kind"] for finding in written["open"]] == ["unknown_reference"]
    assert written["repairing"] == []
    assert written["lag_s"] < 60
    pools = await reconciler.value("SELECT count(*) FROM pool")
    assert (written["inventory_checks"], written["inventory_consistent"]) == (pools, pools)
    assert written["inventory_consistency_rate"] == 1.0
    assert f"{pools} of {pools} pools as counted" in told

    await reconciler.sql("UPDATE pool SET held = held + 2 WHERE id = 'aurora/item/shoe'")
    _, told, written = await run(dsn, tmp_path)
    assert (written["inventory_checks"], written["inventory_consistent"]) == (pools, pools - 1)

    (left,) = written["open"]
    await reconciler.process.committer.submit(CloseFinding("-", left["id"], "by hand", "ops"))
    status, told, written = await run(dsn, tmp_path)
    assert (status, written["repaired"], written["open"]) == (0, [], [])
    assert "nothing is left" in told


async def test_it_waits_for_the_one_that_reconciles_already(reconciler: Reconciler, dsn: str) -> None:
    async with leading(dsn):
        with pytest.raises(AnotherReconciles):
            await reconcile_at(settings(dsn), dsn, busy_s=0.1)
