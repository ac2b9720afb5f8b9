"""The audit of a demo: asked again until everything has come to rest, and then without any patience."""

from __future__ import annotations

import asyncio
import time

from msgspec.structs import replace

from race_to_purchase.app.commands.audit import audit_at
from race_to_purchase.checks import CHECKS, Audit, Patience
from race_to_purchase.rehearse.demo.gateway import Comparison
from race_to_purchase.rehearse.scorecard import Ledgers

AT_REST = Patience(capture_s=0.0, deadline_s=0.0, task_s=0.0)
AGAIN_S = 0.5
TOLD_MAX = 20
"""Findings that a scorecard tells; `race audit` has them all."""

OWED_CHECKS = tuple(check.name for check in CHECKS if check.patience)
"""Of what may take a while and is only a finding when it takes too long."""
STOCK_CHECKS = ("pool_bounds", "pool_held_matches_claims", "pool_sold_matches_claims", "oversold")
NOTHING_YET = Audit((), (), (), 0, 0)


async def come_to_rest(dsn: str, rest_s: float) -> Audit:
    """The first audit that finds no step still owed; or the last one, once `rest_s` have passed.

    Whatever else is found holds at any moment, and waiting does not mend it.
    """
    until_s = time.monotonic() + rest_s
    while True:
        found = await audit_at(dsn, AT_REST)
        if not found.of(*OWED_CHECKS) or time.monotonic() >= until_s:
            return found
        await asyncio.sleep(AGAIN_S)


def ledgers(found: Audit, before: Audit, still_held: int) -> Ledgers:
    """What was found, less what had been sold `before` where the database is not a new one."""
    figures = found.figures()
    told = [f"{finding.check}: {finding.subject}: {finding.detail}" for finding in found.findings[:TOLD_MAX]]
    hidden = found.violations - len(told)
    return Ledgers(
        sold=found.sold - before.sold,
        orders=found.orders - before.orders,
        oversold=figures["oversold"],
        duplicate_orders=figures["duplicate_orders"],
        captured_without_order=figures["captured_without_order"],
        orders_without_capture=figures["orders_without_capture"],
        ledger_imbalance_minor=figures["ledger_imbalance_minor"],
        stock_findings=len(found.of(*STOCK_CHECKS)),
        still_held=still_held,
        violations=(*told, f"and {hidden:,} findings more") if hidden else tuple(told),
    )


def with_books(found: Ledgers, books: Comparison) -> Ledgers:
    """The same, and what a gateway's own books say beside it."""
    return replace(
        found,
        captured_without_order=found.captured_without_order + books.captured_without_order,
        orders_without_capture=found.orders_without_capture + books.orders_without_capture,
        violations=(*found.violations, *books.sentences),
    )
