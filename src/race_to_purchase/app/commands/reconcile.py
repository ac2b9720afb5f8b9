"""`race reconcile`: one whole pass over everything that was not compared yet, and its result for people."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from race_to_purchase.app.commands.database import Found, configured
from race_to_purchase.app.commands.results import write_json
from race_to_purchase.app.engine import Engine
from race_to_purchase.errors import RaceError
from race_to_purchase.loops.reconcile.loop import Figures
from race_to_purchase.operate.findings import OpenFindings
from race_to_purchase.rules.rows import Finding
from race_to_purchase.settings import Settings

AGAIN_S = 0.5
BUSY_S_MAX = 120.0
"""How long another process may keep us waiting; a pass of the loop takes some seconds."""


class AnotherReconciles(RaceError):
    """Another process has been reconciling this database for {waited_s:g} s. Wait for it, or stop it, and run this
    again."""

    code = "another_reconciles"


class Reconciled(msgspec.Struct, frozen=True):
    """What one pass came to, and what is left."""

    figures: Figures
    left: OpenFindings


def run_reconcile(settings: Settings, out: Console, json_file: Path | None) -> int:
    """Reconcile once and tell; the exit status: 1 where a finding is open or its repair under way, else 0."""
    with configured(settings, "race reconcile") as database:
        done = asyncio.run(reconcile_at(settings, database.dsn))
    _tell(done, out)
    write_json(json_file, _document(done))
    return 1 if done.left.findings else 0


async def reconcile_at(settings: Settings, dsn: str, *, busy_s: float = BUSY_S_MAX) -> Reconciled:
    """One whole pass on the database at `dsn`, which may be sold from meanwhile; AnotherReconciles after `busy_s`."""
    engine = await Engine.open(settings, await Found(dsn, True).prepare())
    try:
        for _ in range(1 + int(busy_s / AGAIN_S)):
            figures = await engine.reconcile.whole()
            if figures is not None:
                return Reconciled(figures, await engine.findings.unended())
            await asyncio.sleep(AGAIN_S)
        raise AnotherReconciles(waited_s=busy_s)
    finally:
        await engine.stop(settings.stop_grace_s)


def _document(done: Reconciled) -> dict[str, Any]:
    figures = done.figures
    return {
        "compared": figures.compared,
        "found": figures.found,
        "repaired": figures.repaired,
        "open": [finding for finding in done.left.findings if finding.state == "open"],
        "repairing": [finding for finding in done.left.findings if finding.state == "repairing"],
        "more": done.left.more,
        "inventory_checks": figures.inventory.checks,
        "inventory_consistent": figures.inventory.consistent,
        "inventory_consistency_rate": figures.inventory.rate,
        "lag_s": figures.lag_s,
        "seconds": round(figures.seconds, 3),
    }


def _tell(done: Reconciled, out: Console) -> None:
    compared = ", ".join(f"{count:,} {what}" for what, count in sorted(done.figures.compared.items()))
    out.print(f"compared: {compared or 'nothing that was not compared before'}", markup=False)
    inventory = done.figures.inventory
    if inventory.rate is not None:
        out.print(f"inventory: {inventory.consistent:,} of {inventory.checks:,} pools as counted, {inventory.rate:.2%}")
    _list("repaired", done.figures.repaired, out)
    _list("left", done.left.findings, out)
    count = len(done.left.findings)
    verdict = f"findings left: {count:,}{'+' if done.left.more else ''}" if count else "nothing is left"
    out.print(f"{verdict}; {done.figures.seconds:.1f} s", style="bold")


def _list(title: str, findings: tuple[Finding, ...], out: Console) -> None:
    if not findings:
        return
    table = Table(title, "kind", "subject", "what", "how", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(finding.id, finding.kind, finding.subject, str(finding.detail.get("what", "")), finding.how)
    out.print(table)
