"""Where differences go: each is noted once, and repaired at once where there is one right answer."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from race_to_purchase.books import Difference
from race_to_purchase.commit.committer import Committer
from race_to_purchase.loops.reconcile.mend import Mend
from race_to_purchase.ports import Booked, Findings, GatewayPayment
from race_to_purchase.rules.commands import Found
from race_to_purchase.rules.outcomes import Noted
from race_to_purchase.rules.rows import Finding, Repair, attempt_id, finding_id

NO_DROP = "-"
"""Partition of what belongs to no drop."""

Detail = dict[str, str | int]


class Inventory(msgspec.Struct):
    """M4: how often a pool was counted again, and how often it said what the checkouts say that claim of it."""

    checks: int = 0
    consistent: int = 0

    @property
    def rate(self) -> float | None:
        """The inventory consistency rate; None where nothing was counted."""
        return self.consistent / self.checks if self.checks else None


class Notes:
    """Counts what was compared, and writes down what differs. `inventory` has all that this process ever counted."""

    def __init__(self, committer: Committer, findings: Findings, mend: Mend) -> None:
        self._committer = committer
        self._findings = findings
        self._mend = mend
        self.compared: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.inventory = Inventory()

    def counted(self, pools: int, miscounted: int) -> None:
        """All pools were counted again, of which so many were wrong."""
        self.inventory.checks += pools
        self.inventory.consistent += pools - miscounted

    async def payment(
        self, difference: Difference, gateway: str, payment: GatewayPayment | None, booked: Booked | None, at: datetime
    ) -> None:
        """A payment that differs from our rows, or, where it is None, one that the gateway does not have."""
        detail: Detail = {
            "what": difference.detail,
            "gateway": gateway,
            "ref": difference.ref,
            "amount": difference.amount,
            "checkout": difference.checkout_id or "",
            "n": difference.n,
        }
        if payment is not None:
            detail |= {"currency": payment.currency, "created_at": payment.created_at.isoformat()}
        drop_id = booked.checkout.drop_id if booked is not None else NO_DROP
        subject = f"{gateway}/{difference.ref}"
        if payment is None and difference.checkout_id is not None:
            subject = attempt_id(difference.checkout_id, difference.n)
        await self.note(drop_id, difference.kind, subject, difference.repair, detail, at)

    async def note(
        self, drop_id: str, kind: str, subject: str, repair: Repair, detail: Detail, looked_at: datetime
    ) -> Finding | None:
        """Write it down, then repair it; the finding as it was written, None where it had been dealt with."""
        self.found[kind] += 1
        name = finding_id(kind, subject)
        found = Found(drop_id, name, kind, subject, repair, detail, looked_at)
        outcome = await self._committer.submit(found)
        if not isinstance(outcome, Noted):
            return None
        if outcome.finding.state == "repairing":
            await self.mend(name)
        return outcome.finding

    async def mend(self, finding_id: str) -> None:
        """Do the step that a repair under way needs next."""
        finding = await self._findings.finding(finding_id)
        if finding is not None and finding.state == "repairing":
            await self._mend.step(finding)
