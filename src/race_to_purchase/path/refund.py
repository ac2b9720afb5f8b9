"""Refund: give back money of an order, under a key that was stored before the gateway is asked.

A stage like the others, but for after the sale: `Refunds` drives it for requests and for what is taken over, and
brings in what gateways tell of disputes. It is all that follows an order, as `purchase` is all that leads to one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.ids import uuid7
from race_to_purchase.path.known import Known, KnownCheckout
from race_to_purchase.path.patience import PATIENT, Patience
from race_to_purchase.ports import AftersaleReads, Gateway, Reads
from race_to_purchase.rules.aftersale import REFUND_OPEN, RefundRow
from race_to_purchase.rules.commands import Dispute, DisputeNews, Refund, RefundSaid
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Outcome, RefundStored, Unknown
from race_to_purchase.rules.rows import Task
from race_to_purchase.rules.verdicts import Absent, NoAnswer, Verdict

log = logging.getLogger("race.path")


class Asked(Reads, AftersaleReads, Protocol):
    """A store that answers both kinds of questions."""


class RefundRequest(msgspec.Struct, frozen=True):
    """What the merchant wants: `amount` minor units, or (None) all that is left; `asked_by` is whose key it was."""

    order_id: str
    amount: int | None
    reason: str
    restock: bool
    asked_by: str


class Refunds:
    """See the module. Every method gives an outcome; Overloaded and DatabaseUnavailable are raised."""

    def __init__(
        self,
        committer: Committer,
        reads: Asked,
        gateways: Mapping[str, Gateway],
        *,
        patience: Patience = PATIENT,
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        self._committer = committer
        self._reads = reads
        self._gateways = gateways
        self._patience = patience
        self._new_id = new_id
        self._known = Known(reads)
        self._sending: set[asyncio.Task[Outcome]] = set()

    async def request(self, wish: RefundRequest, key: KeyUse | None = None) -> Outcome:
        """RefundStored as far as it has come when its asker has waited long enough, or why there is none."""
        known = await self._known.checkout(wish.order_id)
        if known is None:
            return Unknown("order", wish.order_id)
        command = Refund(
            known.drop_id,
            known.id,
            known.pools,
            self._new_id(),
            wish.amount,
            wish.reason,
            wish.restock,
            wish.asked_by,
            frozenset(self._gateways),
            self._patience.takeover_s,
        )
        outcome = await self._committer.submit(command, key)
        if not (isinstance(outcome, RefundStored) and outcome.refund.id == command.refund_id):
            return outcome
        work = asyncio.create_task(self._carry_out(known, outcome.refund))
        self._sending.add(work)
        work.add_done_callback(self._ended)
        done, _ = await asyncio.wait([work], timeout=self._patience.answer_s)
        # Where it went wrong, the refund is stored all the same, and its task falls due elsewhere.
        return work.result() if done and work.exception() is None else outcome

    def _ended(self, work: asyncio.Task[Outcome]) -> None:
        self._sending.discard(work)
        if not work.cancelled() and work.exception() is not None:
            log.error("a refund failed; its task will be taken over", exc_info=work.exception())

    async def _carry_out(self, known: KnownCheckout, row: RefundRow) -> Outcome:
        return await self._record(known, row, await self._send(row), tries=0)

    async def _send(self, row: RefundRow) -> Verdict:
        try:
            async with asyncio.timeout(self._patience.gateway_s):
                return await self._gateways[row.gateway].refund(row.payment_ref, row.amount, row.id)
        except TimeoutError:
            return NoAnswer(f"no answer within {self._patience.gateway_s:g} s")

    async def _look_up(self, row: RefundRow) -> Verdict:
        try:
            async with asyncio.timeout(self._patience.gateway_s):
                return await self._gateways[row.gateway].look_up_refund(row.payment_ref, row.id)
        except TimeoutError:
            return NoAnswer(f"no answer to a look-up within {self._patience.gateway_s:g} s")

    async def _record(self, known: KnownCheckout, row: RefundRow, verdict: Verdict, tries: int) -> Outcome:
        command = RefundSaid(known.drop_id, known.id, known.pools, row.n, verdict, self._patience.again_s(tries))
        return await self._committer.submit(command)

    async def take_over(self, task: Task) -> Outcome | None:
        """Bring an overdue refund to its end, from the rows alone; None where there is nothing left to do.

        It is asked about first, and sent only where the gateway does not know it: gateways forget old keys.
        """
        known = await self._known.checkout(task.checkout_id)
        row = (await self._reads.after(task.checkout_id)).refunds.get((task.checkout_id, task.n))
        assert known is not None and row is not None, f"task {task.id} without its rows"
        if row.state not in REFUND_OPEN:
            return None
        verdict = await self._look_up(row)
        if isinstance(verdict, Absent):
            verdict = await self._send(row)
        return await self._record(known, row, verdict, task.tries)

    async def look_again(self, order_id: str) -> list[Outcome]:
        """Ask about every refund of an order that may have changed: a gateway has said that one did."""
        known = await self._known.checkout(order_id)
        if known is None:
            return [Unknown("order", order_id)]
        rows = (await self._reads.after(order_id)).refunds_of(order_id)
        return [
            await self._record(known, row, await self._look_up(row), tries=0) for row in rows if row.state != "failed"
        ]

    async def disputed(
        self,
        order_id: str,
        gateway: str,
        kind: Literal["opened", "updated", "closed"],
        news: DisputeNews,
        told_at: datetime,
    ) -> Outcome:
        """What a gateway's message about a dispute comes to; Unknown where there is no such order, or not yet."""
        known = await self._known.checkout(order_id)
        if known is None:
            return Unknown("order", order_id)
        command = Dispute(known.drop_id, known.id, known.pools, gateway, kind, news, told_at)
        return await self._committer.submit(command)

    async def drain(self, grace_s: float) -> None:
        """Let refunds under way come to their end, for `grace_s` at most."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=grace_s)
