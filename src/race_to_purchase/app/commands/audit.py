"""`race audit`: checks every invariant on the configured database, wherever it runs, and prints what was found."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from race_to_purchase.app.commands.audit_gateways import audit_gateways
from race_to_purchase.app.commands.database import Found, configured
from race_to_purchase.app.commands.results import write_json
from race_to_purchase.checks import CHECKS, Audit, Patience, audit
from race_to_purchase.settings import Settings
from race_to_purchase.store.audit import AuditRows

SHOWN_MAX = 20
"""Findings of one check that a terminal shows; the JSON file has all."""


AT_REST = Patience(capture_s=1e9, deadline_s=1e9, task_s=1e9)
"""Where no engine runs, nothing can be expected to have been done in time."""


def run_audit(settings: Settings, out: Console, json_file: Path | None, *, gateways: bool = False) -> int:
    """Audit and tell, with `gateways` against their own lists too; the exit status: 1 where an invariant is broken."""
    there: dict[str, int] = {}
    with configured(settings, "race audit") as database:
        found = asyncio.run(audit_at(database.dsn, Patience() if database.in_use else AT_REST))
        if gateways:
            more = asyncio.run(audit_gateways(settings, database.dsn, in_use=database.in_use))
            there = more.payments
            found = msgspec.structs.replace(found, findings=(*found.findings, *more.findings))
    _tell(found, out)
    for name, payments in there.items():
        out.print(f"{name}: {payments:,} payments of its own list compared", markup=False)
    if not database.in_use:
        out.print("The engine is not running: what it would do in time is not asked for.", style="dim")
    write_json(json_file, _document(found))
    return 1 if found.violations else 0


async def audit_at(dsn: str, patience: Patience | None = None) -> Audit:
    """The audit of the migrated database at `dsn`; it may be in use meanwhile."""
    async with AuditRows.open(await Found(dsn, True).prepare()) as rows:
        return await audit(rows, patience)


def _document(found: Audit) -> dict[str, Any]:
    return {**found.figures(), "checked": found.checked, "skipped": found.skipped, "findings": found.findings}


def _tell(found: Audit, out: Console) -> None:
    table = Table("", "check", "what must hold", box=None, pad_edge=False)
    for check in CHECKS:
        if check.name in found.skipped:
            mark = "[dim]–[/dim]"
        else:
            mark = "[red]✗[/red]" if found.of(check.name) else "[green]✓[/green]"
        table.add_row(mark, check.name, check.sentence)
    out.print(table)
    for name in dict.fromkeys(finding.check for finding in found.findings):
        for finding in found.of(name)[:SHOWN_MAX]:
            out.print(f"{name}: {finding.subject}: {finding.detail}", style="red", markup=False)
        hidden = len(found.of(name)) - SHOWN_MAX
        if hidden > 0:
            out.print(f"{name}: and {hidden} more; --json FILE has them all", style="red")
    if found.skipped:
        out.print("– not asked: this database has no gateway's books to compare with", style="dim")
    verdict = "clean" if not found.violations else f"invariants are broken in {found.violations:,} places"
    out.print(f"orders {found.orders:,}, pieces sold {found.sold:,}: {verdict}", style="bold")
