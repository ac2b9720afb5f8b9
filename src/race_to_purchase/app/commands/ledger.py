"""`race ledger`: what every account has, every posting as CSV, and whether the journal is as it was sealed."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec
from rich.console import Console
from rich.table import Table

from race_to_purchase.app.commands.database import Found, configured
from race_to_purchase.app.commands.results import write_json
from race_to_purchase.checks import Finding, verify
from race_to_purchase.rules.ledger import Balance, Frozen, trial
from race_to_purchase.rules.moments import rfc3339
from race_to_purchase.rules.money import decimal, display
from race_to_purchase.settings import Settings
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.ledger import Head, LedgerReader, Posting, Wanted

SHOWN_MAX = 50
"""Findings that a terminal shows; the JSON file has all."""

HEADER = ("at", "entry", "kind", "drop", "account", "currency", "amount_minor", "amount")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Shown(msgspec.Struct, frozen=True):
    """Which accounts `race ledger balance` shows: those whose name begins so, of one currency, as of a moment."""

    account: str = ""
    currency: str | None = None
    at: datetime | None = None

    def of(self, balances: Sequence[Balance]) -> list[Balance]:
        """Those that are shown."""
        return [
            balance
            for balance in balances
            if balance.account.startswith(self.account) and self.currency in (None, balance.currency)
        ]


def run_balance(settings: Settings, out: Console, shown: Shown, json_file: Path | None) -> int:
    """Show the balances, and the trial balance below them; the exit status: 1 where debits and credits differ."""

    async def read(found: Found) -> tuple[Sequence[Balance], Sequence[Frozen]]:
        async with LedgerReader.open(await found.prepare()) as ledger:
            return await ledger.balances(shown.at), await ledger.frozen() if shown.at is None else ()

    with configured(settings, "race ledger") as found:
        balances, frozen = asyncio.run(read(found))
    sums = trial(balances)
    balanced = all(debit == credit for debit, credit in sums.values())
    out.print(_table(shown.of(balances)))
    for currency, (debit, credit) in sums.items():
        verdict = "balanced" if debit == credit else f"WRONG by {decimal(debit - credit, currency)}"
        line = f"{currency} of all accounts: debits {decimal(debit, currency)}, credits {decimal(credit, currency)}"
        out.print(f"{line}: {verdict}", style="bold" if debit == credit else "bold red")
    for held in frozen:
        out.print(f"{held.seller}: {display(held.amount, held.currency)} frozen by open disputes", markup=False)
    write_json(
        json_file,
        {
            "balanced": balanced,
            "at": shown.at,
            "accounts": [_described(balance) for balance in shown.of(balances)],
            "totals": {currency: {"debit": debit, "credit": credit} for currency, (debit, credit) in sums.items()},
            "frozen": frozen,
        },
    )
    return 0 if balanced else 1


def run_export(settings: Settings, stream: TextIO, **which: Any) -> int:
    """Write the postings as CSV by RFC 4180, a block at a time, so that any number of them fits in memory.

    `which` are the fields of `Wanted`.
    """
    wanted = Wanted(**which)

    async def write(found: Found) -> None:
        rows = csv.writer(stream)
        rows.writerow(HEADER)
        async with LedgerReader.open(await found.prepare()) as ledger:
            async for postings in ledger.postings(wanted):
                rows.writerows(cells(posting) for posting in postings)

    with configured(settings, "race ledger") as found:
        asyncio.run(write(found))
    stream.flush()
    return 0


def run_verify(settings: Settings, out: Console, noted: tuple[int, str] | None, json_file: Path | None) -> int:
    """Compare the journal with its seals, and those with a hash that was `noted` elsewhere; the exit status."""

    async def read(found: Found) -> tuple[list[Finding], Head | None]:
        dsn = await found.prepare()
        async with AuditRows.open(dsn) as rows, LedgerReader.open(dsn) as ledger:
            findings = await verify(rows)
            if noted is not None and await ledger.hash_of(noted[0]) != noted[1]:
                sentence = "The chain of seals is the one that was noted."
                findings.append(Finding("noted_hash_differs", sentence, str(noted[0]), "the block has another hash"))
            return findings, await ledger.head()

    with configured(settings, "race ledger") as found:
        findings, head = asyncio.run(read(found))
    for finding in findings[:SHOWN_MAX]:
        out.print(f"{finding.check}: {finding.subject}: {finding.detail}", style="red", markup=False)
    if len(findings) > SHOWN_MAX:
        out.print(f"and {len(findings) - SHOWN_MAX} more; --json FILE has them all", style="red")
    verdict = f"wrong in {len(findings)} places" if findings else "as it was sealed"
    if head is None:
        out.print(f"Nothing is sealed yet. What there is: {verdict}.", style="bold")
    else:
        out.print(f"{head.sealed:,} entries in {head.number:,} blocks: {verdict}", style="bold")
        out.print(f"newest block, for your notes: {head.number}:{head.hash}")
    write_json(json_file, {"violations": len(findings), "head": head, "findings": findings})
    return 1 if findings else 0


def cells(posting: Posting) -> tuple[str | int, ...]:
    """A line of the export. No text begins as a formula does, since spreadsheets would run it; numbers may."""
    return (
        rfc3339(posting.at),
        f"{posting.order_id}/{posting.entry}",
        _text(posting.kind),
        _text(posting.drop_id),
        _text(posting.account),
        _text(posting.currency),
        posting.amount,
        decimal(posting.amount, posting.currency),
    )


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _table(balances: Sequence[Balance]) -> Table:
    table = Table("account", "currency", box=None, pad_edge=False)
    for name in ("debit", "credit", "balance"):
        table.add_column(name, justify="right")
    for balance in balances:
        amounts = (balance.debit, balance.credit, balance.amount)
        table.add_row(balance.account, balance.currency, *(decimal(amount, balance.currency) for amount in amounts))
    return table


def _described(balance: Balance) -> dict[str, Any]:
    return {**msgspec.to_builtins(balance), "amount": balance.amount}
