"""Our rows against each other: the invariants of `checks`, over the checkouts of a window, and the counts of pools."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from race_to_purchase.checks import CHECKS, ROWS_AT_ONCE, Check, Patience, Rows, recount
from race_to_purchase.loops.reconcile.note import NO_DROP, Detail, Notes
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.loops import StockChecked
from race_to_purchase.observe.request import NOBODY
from race_to_purchase.ports import Findings, Reads
from race_to_purchase.rules.rows import Repair

RANGES = frozenset({"range_attempt", "range_orders", "range_checkout", "range_journal"})
"""Tables whose rows are found by the id of their checkout."""

REPAIRS: dict[str, Repair] = {"stuck_checkout": "expire", "owed_without_task": "owe"}
COMPARED = tuple(check for check in CHECKS if check.ranges in RANGES and not check.books)
MISCOUNTED = "pool_miscounted"

_SUBJECT = re.compile(r"([0-9a-f-]{36})(?:/([0-9]+))?")


class OfCheckouts:
    """Compares attempts, orders, journal and tasks of the checkouts of a window."""

    def __init__(self, reads: Reads, findings: Findings, notes: Notes) -> None:
        self._reads = reads
        self._findings = findings
        self._notes = notes
        self.rows: Rows | None = None

    async def compare(self, since: datetime, until: datetime) -> int:
        """All checks that are led by a checkout's id; ids begin with the time at which they were made."""
        assert self.rows is not None, "only the process that leads compares"
        looked_at = await self._reads.now()
        compared = 0
        async for after, last, count in _pieces(self.rows, first_id(since), first_id(until)):
            compared += count
            for check in COMPARED:
                await self._ask(self.rows, check, after, last, looked_at)
        self._notes.compared["checkouts"] += compared
        return compared

    async def _ask(self, rows: Rows, check: Check, after: str, last: str, looked_at: datetime) -> None:
        for subject, what, amount in await asked(rows, check, after, last):
            detail: Detail = {"what": what, "amount": int(amount)}
            name = _SUBJECT.fullmatch(subject)
            booked = None
            if name is not None:
                detail |= {"checkout": name[1], "n": int(name[2] or 0)}
                booked = (await self._findings.booked([name[1]])).get(name[1])
            drop_id = booked.checkout.drop_id if booked is not None else NO_DROP
            await self._notes.note(drop_id, check.name, subject, REPAIRS.get(check.name, ""), detail, looked_at)

    async def pools(self) -> None:
        """Count every pool again."""
        assert self.rows is not None, "only the process that leads counts"
        looked_at = await self._reads.now()
        counted: Counter[str] = Counter()
        findings = await recount(self.rows, looked_at=counted)
        self._notes.counted(counted["pools"], len({finding.subject for finding in findings}))
        emit(StockChecked(not findings, len(findings), cause=NOBODY))
        for finding in findings:
            (drop_id, *_) = finding.subject.split("/", 1)
            missing = "is missing" in finding.detail
            detail: Detail = {"what": finding.detail, "amount": finding.amount}
            repair: Repair = "" if missing else "recount"
            await self._notes.note(drop_id, MISCOUNTED, finding.subject, repair, detail, looked_at)


async def asked(rows: Rows, check: Check, after: str, last: str) -> list[tuple[str, str, int]]:
    """What a check finds among checkouts with `after < id <= last`: subject, detail, amount."""
    waits = (getattr(Patience(), check.patience),) if check.patience else ()
    return [(row[0], row[1], row[2]) for row in await rows.fetch(check.name, after, last, *waits)]


async def _pieces(rows: Rows, after: str, end: str) -> AsyncIterator[tuple[str, str, int]]:
    """Checkouts with `after < id <= end`, some thousands at a time: after which, the last, and how many."""
    while found := await rows.fetch("window_checkout", after, end, ROWS_AT_ONCE):
        last, count = found[0]
        yield after, last, count
        after = last


def first_id(at: datetime) -> str:
    """The smallest id that a checkout made at `at` can have: a UUIDv7 begins with milliseconds."""
    return str(UUID(int=(int(at.timestamp() * 1000) << 80)))
