"""A second look at what is open: a finding that is not there any more is closed, and says so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from race_to_purchase import books
from race_to_purchase.checks import CHECKS, Rows
from race_to_purchase.commit.committer import Committer
from race_to_purchase.loops.reconcile.gateway import AtGateway
from race_to_purchase.loops.reconcile.rows import MISCOUNTED, asked
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.ports import Findings, Gateway, GatewayUnanswered, Reads
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.checkout import HOLDING, SOLD
from race_to_purchase.rules.commands import CloseFinding
from race_to_purchase.rules.decide.waiting import UNRESOLVED
from race_to_purchase.rules.rows import Finding, Task, task_id

log = logging.getLogger("race.reconcile")

WHO = "reconcile"
GONE = "not there any more"
PAGE = 200

_BY_NAME = {check.name: check for check in CHECKS}


class Again:
    """See the module. `rows` are set by whoever leads."""

    def __init__(
        self,
        committer: Committer,
        reads: Reads,
        findings: Findings,
        purchase: Purchase,
        gateways: Mapping[str, tuple[Gateway, AtGateway]],
    ) -> None:
        self._committer = committer
        self._reads = reads
        self._purchase = purchase
        self._findings = findings
        self._gateways = gateways
        self.rows: Rows | None = None

    async def look(self, *, insist: bool = False) -> int:
        """Look at every open finding; how many are open still. Who insists has gateways asked that fell silent."""
        left, after = 0, ""
        while page := await self._findings.unended(after, PAGE, "open"):
            for finding in page:
                if await self._gone(finding, insist=insist):
                    await self._committer.submit(CloseFinding(finding.drop_id, finding.id, GONE, WHO))
                else:
                    left += 1
            after = page[-1].id
        return left

    async def _gone(self, finding: Finding, *, insist: bool) -> bool:
        if finding.kind == MISCOUNTED:
            return await self._counts_agree(finding)
        if finding.kind == UNRESOLVED:
            return await self._resolved(finding, insist=insist)
        if "gateway" in finding.detail:
            return await self._agreed_at_gateway(finding)
        return await self._check_holds(finding)

    async def _resolved(self, finding: Finding, *, insist: bool) -> bool:
        """Whether the attempt is decided by now: by a message, by another finding, or because somebody asks again."""
        checkout_id, n = str(finding.detail["checkout"]), int(finding.detail["n"])
        if insist:
            now, name = await self._reads.now(), task_id(checkout_id, n)
            await self._purchase.take_over(Task(name, "resolve", finding.drop_id, checkout_id, n, now))
        attempt = await self._reads.attempt(checkout_id, n)
        return attempt is not None and attempt.state not in OPEN

    async def _counts_agree(self, finding: Finding) -> bool:
        assert self.rows is not None
        counted = await self.rows.fetch("pool_difference", finding.subject, sorted(HOLDING), sorted(SOLD))
        return bool(counted) and not any(counted[0])

    async def _check_holds(self, finding: Finding) -> bool:
        check, checkout_id = _BY_NAME.get(finding.kind), str(finding.detail.get("checkout", ""))
        if check is None or not checkout_id:
            return False
        assert self.rows is not None
        before = str(UUID(int=max(0, UUID(checkout_id).int - 1)))
        found = await asked(self.rows, check, before, checkout_id)
        return all(subject != finding.subject for subject, _, _ in found)

    async def _agreed_at_gateway(self, finding: Finding) -> bool:
        """A payment is listed again; one that was missing is looked up."""
        known = self._gateways.get(str(finding.detail["gateway"]))
        if known is None:
            return False
        gateway, at_gateway = known
        checkout_id = str(finding.detail["checkout"])
        listed_at = await self._reads.now()
        booked = await self._findings.booked([checkout_id] if checkout_id else [])
        if "created_at" not in finding.detail:
            rows = booked.get(checkout_id)
            attempt = None if rows is None else rows.attempts.get(int(finding.detail["n"]))
            return attempt is not None and not await at_gateway.absent(attempt)
        made = datetime.fromisoformat(str(finding.detail["created_at"]))
        try:
            async for payment in gateway.payments(made, made + timedelta(seconds=1)):
                if payment.ref == finding.detail["ref"]:
                    difference = books.compare(payment, booked, gateway.name, listed_at)
                    return difference is None or difference.kind != finding.kind
        except GatewayUnanswered as error:
            log.warning("%s %s stays open: %s", finding.kind, finding.subject, error)
        return False
