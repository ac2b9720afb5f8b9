"""What reconciliation has left to people: look at it, close it with a reason, and see how far behind it is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import Findings, Reads
from race_to_purchase.rules.commands import CloseFinding
from race_to_purchase.rules.outcomes import Outcome, Unknown
from race_to_purchase.rules.rows import Finding

SHOWN_MAX = 500

NEWEST = "/new"
"""How the walks are named that compare what is just old enough to be judged."""


class OpenFindings(msgspec.Struct, frozen=True):
    """Findings that are open or being repaired, by id, at most 500, and whether there are `more`.

    `lag_s` is how long ago that should have been compared which is the next to be; None before the first walk.
    """

    findings: tuple[Finding, ...]
    more: bool
    lag_s: float | None


class FindingsDesk:
    """The findings of this engine; `after_s` is the age at which something is first compared."""

    def __init__(self, committer: Committer, reads: Reads, findings: Findings, after_s: float) -> None:
        self._committer = committer
        self._reads = reads
        self._findings = findings
        self._after_s = after_s

    async def unended(self) -> OpenFindings:
        """What is open, and the lag."""
        found = await self._findings.unended("", SHOWN_MAX + 1)
        return OpenFindings(tuple(found[:SHOWN_MAX]), len(found) > SHOWN_MAX, await self.lag_s())

    async def lag_s(self) -> float | None:
        """How far the slowest walk over what is new is behind."""
        reached = [at for walk, at in (await self._findings.reached()).items() if walk.endswith(NEWEST)]
        if not reached:
            return None
        behind = await self._reads.now() - min(datetime.fromisoformat(at) for at in reached)
        return max(0.0, behind.total_seconds() - self._after_s)

    async def state(self) -> tuple[float | None, int]:
        """The lag, and how many findings have not ended, as far as they are shown."""
        return await self.lag_s(), len(await self._findings.unended("", SHOWN_MAX + 1))

    async def close(self, finding_id: str, reason: str, who: str) -> Outcome:
        """Close an open finding; what is being repaired, or has ended, stays as it is."""
        finding = await self._findings.finding(finding_id)
        if finding is None:
            return Unknown("finding", finding_id)
        return await self._committer.submit(CloseFinding(finding.drop_id, finding_id, reason, who))
