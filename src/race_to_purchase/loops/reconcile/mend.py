"""The repairs: one step each, from what the finding says alone, so that any process can do it after any crash.

Whatever a gateway is asked, it is asked under a key that is made of the finding's id; whatever our rows need goes
through the command that always does it. A step without an answer is done again by the next pass.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping

from race_to_purchase.checks import Rows
from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Asked
from race_to_purchase.ports import Gateway
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.checkout import EXPIRING, HOLDING, SOLD
from race_to_purchase.rules.commands import Expire, Mended, Owe, Recount, RefundSaid
from race_to_purchase.rules.outcomes import Done, Ignored, Noted, Outcome
from race_to_purchase.rules.rows import Finding, Task, task_id
from race_to_purchase.rules.verdicts import Absent, NoAnswer, NotSent, RefundFailed, Verdict

log = logging.getLogger("race.reconcile")


class Mend:
    """See the module. `rows` are for counting, and are set by whoever leads."""

    def __init__(
        self,
        committer: Committer,
        reads: Asked,
        purchase: Purchase,
        gateways: Mapping[str, Gateway],
        timeout_s: float,
    ) -> None:
        self._committer = committer
        self._reads = reads
        self._purchase = purchase
        self._gateways = gateways
        self._timeout_s = timeout_s
        self.rows: Rows | None = None
        self.repaired: list[Finding] = []

    async def step(self, finding: Finding) -> None:
        """Bring the repair one step on; Noted findings that ended are kept in `repaired`."""
        outcome = await self._step(finding)
        match outcome:
            case Noted(finding=after) if after.state == "repairing":
                await self.step(after)
            case Noted(finding=after):
                log.warning("%s %s: %s (%s)", after.kind, after.subject, after.state, after.how)
                if after.state == "repaired":
                    self.repaired.append(after)
            case _:
                log.warning("%s %s is not repaired yet: %s", finding.kind, finding.subject, outcome)

    async def _step(self, finding: Finding) -> Outcome:
        match finding.repair:
            case "void" | "refund":
                return await self._at_gateway(finding)
            case "resolve":
                return await self._resolve(finding)
            case "owe":
                return await self._owe(finding)
            case "expire":
                return await self._expire(finding)
            case "ask":
                return await self._ask(finding)
            case "recount":
                return await self._recount(finding)
            case _:
                return Ignored("there is nothing to repair")

    async def _mended(self, finding: Finding, verdict: Verdict | None, how: str = "") -> Outcome:
        checkout_id, n = str(finding.detail.get("checkout", "")), int(finding.detail.get("n", 0))
        return await self._committer.submit(Mended(finding.drop_id, finding.id, checkout_id, n, verdict, how))

    async def _at_gateway(self, finding: Finding) -> Outcome:
        gateway = self._gateways.get(str(finding.detail["gateway"]))
        if gateway is None:
            return Ignored(f"there is no gateway {finding.detail['gateway']!r} in the settings")
        ref, key = str(finding.detail["ref"]), f"reconcile-{finding.id}-{finding.repair}"
        call = (
            gateway.void(ref, key)
            if finding.repair == "void"
            else gateway.refund(ref, int(finding.detail["amount"]), key)
        )
        return await self._mended(finding, await self._asked(call))

    async def _asked(self, call: Awaitable[Verdict]) -> Verdict:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await call
        except TimeoutError:
            return NoAnswer(f"no answer within {self._timeout_s:g} s")

    async def _ask(self, finding: Finding) -> Outcome:
        """Ask for each refund that is done by our rows: a bank may have sent one back, and nobody has heard of it."""
        checkout = await self._reads.checkout(str(finding.detail["checkout"]))
        assert checkout is not None, "an order has a checkout"
        gateway = self._gateways.get(str(finding.detail["gateway"]))
        if gateway is None:
            return Ignored(f"there is no gateway {finding.detail['gateway']!r} in the settings")
        failed: list[str] = []
        for row in (await self._reads.after(checkout.id)).refunds_of(checkout.id):
            if row.state != "done":
                continue
            verdict = await self._asked(gateway.look_up_refund(row.payment_ref, row.id))
            if isinstance(verdict, NoAnswer | NotSent):
                return Ignored("no answer; it is tried again")
            if isinstance(verdict, RefundFailed):
                pools = checkout.claims.pools
                await self._committer.submit(RefundSaid(checkout.drop_id, checkout.id, pools, row.n, verdict, 0))
                failed.append(f"refund {row.n} has failed: {verdict.code}")
        return await self._mended(finding, None if failed else Absent(), "; ".join(failed))

    async def _resolve(self, finding: Finding) -> Outcome:
        """Ask the gateway and commit what it says, as the task of the attempt would at its time."""
        checkout_id, n = str(finding.detail["checkout"]), int(finding.detail["n"])
        attempt = await self._reads.attempt(checkout_id, n)
        assert attempt is not None, "an attempt is never deleted"
        if attempt.state in OPEN:
            await self._purchase.resolve(checkout_id, n)
        elif attempt.state == "committed":
            now, name = await self._reads.now(), task_id(checkout_id, n)
            await self._purchase.take_over(Task(name, "capture", finding.drop_id, checkout_id, n, now))
        attempt = await self._reads.attempt(checkout_id, n)
        assert attempt is not None
        if attempt.state in OPEN:
            return Ignored(f"attempt is {attempt.state}")
        return await self._mended(finding, None, f"attempt is {attempt.state}")

    async def _owe(self, finding: Finding) -> Outcome:
        checkout_id, n = str(finding.detail["checkout"]), int(finding.detail["n"])
        checkout = await self._reads.checkout(checkout_id)
        if checkout is None:
            return await self._mended(finding, None, "there is no such checkout")
        outcome = await self._committer.submit(Owe(checkout.drop_id, checkout.id, checkout.claims.pools, n))
        how = f"{outcome.what} task" if isinstance(outcome, Done) else "nothing is owed any more"
        return await self._mended(finding, None, how)

    async def _expire(self, finding: Finding) -> Outcome:
        checkout = await self._reads.checkout(str(finding.detail["checkout"]))
        if checkout is not None and checkout.state in EXPIRING:
            outcome = await self._committer.submit(Expire(checkout.drop_id, checkout.id, checkout.claims.pools))
            if not isinstance(outcome, Done):
                return outcome
        return await self._mended(finding, None, "released")

    async def _recount(self, finding: Finding) -> Outcome:
        if self.rows is None:
            return Ignored("only the process that leads counts")
        counted = await self.rows.fetch("pool_difference", finding.subject, sorted(HOLDING), sorted(SOLD))
        if not counted:
            return await self._mended(finding, None, "there is no such pool")
        held_by, sold_by = counted[0]
        if not (held_by or sold_by):
            return await self._mended(finding, None, "the counts agree")
        recount = Recount(finding.drop_id, (finding.subject,), finding.id, finding.version, held_by, sold_by)
        return await self._committer.submit(recount)
