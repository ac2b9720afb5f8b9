"""The whole purchase: the only place that puts the stages in order, for requests and for what is taken over.

A payment runs detached from the request that asked for it: when the buyer's connection goes, the payment goes on,
and whoever asks next gets its answer. What this process does not finish, `take_over` finishes in another, from the
rows alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec
import uuid_utils

from race_to_purchase.commit.committer import Committer
from race_to_purchase.commit.waiting import Alive
from race_to_purchase.path import capture, fulfil, pay, undo
from race_to_purchase.path.admit import admit
from race_to_purchase.path.known import Known, KnownCheckout
from race_to_purchase.path.reserve import ReserveRequest, reserve
from race_to_purchase.path.retry import NextDeadlines
from race_to_purchase.ports import Gateway, Publisher, Reads
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.commands import Cancel
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import (
    AllReserved,
    Answered,
    Begun,
    InFlight,
    Outcome,
    Reserved,
    StillPaying,
    Unknown,
)
from race_to_purchase.rules.rows import Attempt, Checkout, Order, Task
from race_to_purchase.rules.verdicts import Authorized, Verdict

log = logging.getLogger("race.path")


class Patience(msgspec.Struct, frozen=True):
    """How long things may take, in seconds."""

    gateway_s: float = 10.0
    """One call of a gateway."""
    answer_s: float = 20.0
    """A payment request, before its buyer is told 202 and asks again."""
    takeover_s: float = 15.0
    """A begun payment, before another process may take it over."""

    def __post_init__(self) -> None:
        if self.takeover_s <= self.gateway_s:
            raise ValueError("takeover_s must be longer than gateway_s: the call under way would be made twice")


PATIENT = Patience()


def uuid7() -> str:
    """A new id; ids of one moment are neighbours in an index."""
    return str(uuid_utils.uuid7())


class Purchase:
    """See the module. Every method gives an outcome; Overloaded and DatabaseUnavailable are raised."""

    def __init__(
        self,
        committer: Committer,
        reads: Reads,
        gateways: Mapping[str, Gateway],
        *,
        default_gateway: str,
        publisher: Publisher | None = None,
        patience: Patience = PATIENT,
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        assert default_gateway in gateways
        self._committer = committer
        self._reads = reads
        self._gateways = gateways
        self._default_gateway = default_gateway
        self._publisher = publisher
        self._patience = patience
        self._new_id = new_id
        self._known = Known(reads)
        self._next_deadlines = NextDeadlines(reads)
        self._paying: dict[str, asyncio.Task[Outcome]] = {}
        self._behind: set[asyncio.Task[None]] = set()

    async def reserve(self, request: ReserveRequest, key: KeyUse | None = None, alive: Alive | None = None) -> Outcome:
        """Reserved, or why not; AllReserved says when the next reservation may lapse."""
        flow = await admit(self._known, request.drop_id)
        if isinstance(flow, Unknown):
            return flow
        outcome = await reserve(self._committer, flow, request, key, alive, new_id=self._new_id)
        if isinstance(outcome, Reserved):
            self._known.remember(outcome.checkout)
        elif isinstance(outcome, AllReserved):
            return AllReserved(outcome.item, await self._next_deadlines.of(request.drop_id))
        return outcome

    async def cancel(self, checkout_id: str, buyer: str | None, key: KeyUse | None = None) -> Outcome:
        """Cancelled, or why not."""
        known = await self._known.checkout(checkout_id)
        if known is None:
            return Unknown("checkout", checkout_id)
        return await self._committer.submit(Cancel(known.drop_id, known.id, known.pools, buyer), key)

    async def pay(
        self,
        checkout_id: str,
        buyer: str | None,
        method: str,
        key: KeyUse | None = None,
        alive: Alive | None = None,
    ) -> Outcome:
        """How the payment ended; StillPaying or InFlight once the buyer has waited long enough."""
        known = await self._known.checkout(checkout_id)
        if known is None:
            return Unknown("checkout", checkout_id)
        gateway = self._gateways[self._default_gateway]
        request = pay.PayRequest(buyer, method, gateway.name, self._new_id())
        begun = await pay.begin(self._committer, known, request, self._patience.takeover_s, key, alive)
        match begun:
            case Begun(attempt=attempt):
                work = self._detached_payment(known, gateway, attempt)
            case InFlight():
                running = self._paying.get(checkout_id)
                if running is None:
                    return begun
                work = running
            case _:
                return begun
        done, _ = await asyncio.wait([work], timeout=self._patience.answer_s)
        return work.result() if done else StillPaying(checkout_id, 0)

    def _detached_payment(self, known: KnownCheckout, gateway: Gateway, attempt: Attempt) -> asyncio.Task[Outcome]:
        work = asyncio.create_task(self._payment(known, gateway, attempt))
        self._paying[known.id] = work

        def forget(_: asyncio.Task[Outcome]) -> None:
            if self._paying.get(known.id) is work:
                del self._paying[known.id]

        work.add_done_callback(forget)
        return work

    async def _payment(self, known: KnownCheckout, gateway: Gateway, attempt: Attempt) -> Outcome:
        verdict = await pay.authorize(gateway, attempt, self._patience.gateway_s)
        return await self._settle(known, attempt, verdict, tries=0)

    async def _settle(self, known: KnownCheckout, attempt: Attempt, verdict: Verdict, tries: int) -> Outcome:
        """The pivot, and what follows it at once."""
        outcome = await pay.settle(self._committer, known, attempt.n, verdict, tries)
        if isinstance(outcome, Answered) and isinstance(verdict, Authorized):
            attempt = msgspec.structs.replace(attempt, gateway_ref=verdict.ref)
            if outcome.end == "paid":
                self._afterwards(self._capture(known, attempt, tries=0))
            elif outcome.void:
                self._afterwards(self._void(known, attempt, tries=0))
            elif outcome.end == "declined":
                gateway = self._gateways[attempt.gateway]
                self._afterwards(undo.give_back(gateway, attempt, self._patience.gateway_s))
        return outcome

    def _afterwards(self, step: Coroutine[Any, Any, object]) -> None:
        """Do a step that nobody waits for. If it is lost with this process, its task falls due elsewhere."""

        async def run() -> None:
            try:
                await step
            except Exception:
                log.exception("a step after a payment failed; its task will be taken over")

        task = asyncio.create_task(run())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _capture(self, known: KnownCheckout, attempt: Attempt, tries: int) -> Outcome:
        return await capture.capture(
            self._committer,
            known,
            self._gateways[attempt.gateway],
            attempt,
            deliver=self._publisher is not None,
            timeout_s=self._patience.gateway_s,
            again_s=pay.again_s(tries),
        )

    async def _void(self, known: KnownCheckout, attempt: Attempt, tries: int) -> Outcome:
        return await undo.void(
            self._committer,
            known,
            self._gateways[attempt.gateway],
            attempt,
            timeout_s=self._patience.gateway_s,
            again_s=pay.again_s(tries),
        )

    async def take_over(self, task: Task) -> Outcome | None:
        """Do the step that an overdue task asks for, from the rows alone; None where there is nothing left to do."""
        checkout = await self._reads.checkout(task.checkout_id)
        attempt = await self._reads.attempt(task.checkout_id, task.n)
        assert checkout is not None and attempt is not None, f"task {task.id} without its rows"
        known = self._known.remember(checkout)
        match task.kind:
            case "resolve" if attempt.state in OPEN:
                gateway = self._gateways[attempt.gateway]
                now = await self._reads.now()
                verdict = await pay.find_out(gateway, attempt, checkout, now, self._patience.gateway_s)
                return await self._settle(known, attempt, verdict, task.tries)
            case "capture" if attempt.state == "committed":
                return await self._capture(known, attempt, task.tries)
            case "void" if attempt.state == "doomed":
                return await self._void(known, attempt, task.tries)
            case "deliver" if self._publisher is not None:
                order = await self._reads.order(task.checkout_id)
                assert order is not None, f"task {task.id} without its order"
                return await fulfil.fulfil(self._committer, known, self._publisher, order, checkout, tries=task.tries)
            case _:
                return None

    async def checkout(self, checkout_id: str, buyer: str | None) -> Checkout | None:
        """The checkout, if it is this buyer's (None: anybody's)."""
        checkout = await self._reads.checkout(checkout_id)
        return checkout if checkout is not None and buyer in (None, checkout.buyer) else None

    async def order(self, order_id: str, buyer: str | None) -> tuple[Order, Checkout] | None:
        """The order and its checkout, if it is this buyer's (None: anybody's)."""
        order = await self._reads.order(order_id)
        if order is None or buyer not in (None, order.buyer):
            return None
        checkout = await self._reads.checkout(order_id)
        assert checkout is not None, "an order has the id of its checkout"
        return order, checkout

    async def drain(self, grace_s: float) -> None:
        """Let payments under way, and what follows from them, come to their end, for `grace_s` at most."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + grace_s
        while under_way := [*self._paying.values(), *self._behind]:
            left_s = deadline_s - loop.time()
            if left_s <= 0:
                return
            await asyncio.wait(under_way, timeout=left_s)
