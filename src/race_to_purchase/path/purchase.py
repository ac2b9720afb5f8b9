"""The whole purchase: the only place that puts the stages in order, for requests and for what is taken over.

How one payment goes from its attempt to its end is said in `payment`; here it is begun, asked about, and, where the
process that was at it has died, taken over from the rows alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic

from msgspec.structs import replace

from race_to_purchase.commit.committer import Committer
from race_to_purchase.commit.waiting import Alive
from race_to_purchase.path import fulfil, pay
from race_to_purchase.path.admit import admit
from race_to_purchase.path.choice import NO_QUEUE, Choice, queue_of
from race_to_purchase.path.ids import uuid7
from race_to_purchase.path.known import Entrance, Known, KnownCheckout
from race_to_purchase.path.looks import Looks
from race_to_purchase.path.patience import PATIENT, Patience
from race_to_purchase.path.payment import Payments
from race_to_purchase.path.reserve import ReserveRequest, reserve
from race_to_purchase.path.route import Facts
from race_to_purchase.path.served import Served
from race_to_purchase.path.within import Within
from race_to_purchase.ports import Gateway, Publisher, Reads
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.commands import Cancel
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.decide.decision import already
from race_to_purchase.rules.outcomes import (
    AllReserved,
    Begun,
    InFlight,
    Outcome,
    Reserved,
    StillPaying,
    Unknown,
    WrongState,
)
from race_to_purchase.rules.rows import Checkout, Order, Task
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    NoAnswer,
    NotSent,
)

DEADLINE_FRESH_S = 0.5
"""In a rush nearly every request is told that all is reserved, and when to come again: finding the next deadline walks
over what was paid already, so one look answers a drop's refusals for so long."""


class Purchase:
    """See the module. Every method gives an outcome; Overloaded and DatabaseUnavailable are raised."""

    def __init__(
        self,
        committer: Committer,
        reads: Reads,
        gateways: Mapping[str, Gateway],
        choice: Choice,
        *,
        publisher: Publisher | None = None,
        patience: Patience = PATIENT,
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        self._committer = committer
        self._reads = reads
        self._gateways = gateways
        self._choice = choice
        self._publisher = publisher
        self._patience = patience
        self._new_id = new_id
        self._answers = Within(patience.answer_s)
        self._known = Known(reads)
        self._next_deadlines = Looks(reads.next_deadline, DEADLINE_FRESH_S)
        self._served = Served()
        self._payments = Payments(
            committer, reads, gateways, choice, patience, new_id, self._served, deliver=publisher is not None
        )

    async def reserve(self, request: ReserveRequest, key: KeyUse | None = None, alive: Alive | None = None) -> Outcome:
        """Reserved, or why not; AllReserved says when the next reservation may lapse."""
        began_s = monotonic()
        entrance = await admit(self._known, request.drop_id, request.admitted)
        if not isinstance(entrance, Entrance):
            return entrance
        outcome = await reserve(self._committer, entrance.flow, request, key, alive, new_id=self._new_id)
        if isinstance(outcome, Reserved):
            self._served.reserved(self._known.remember(outcome.checkout), monotonic() - began_s)
        elif isinstance(outcome, AllReserved):
            return replace(outcome, retry_at=await self._next_deadlines.of(request.drop_id))
        return outcome

    async def sells(self, drop_id: str) -> bool:
        """Whether there is such a drop."""
        return await self._known.entrance(drop_id) is not None

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
        return_url: str | None = None,
        country: str | None = None,
    ) -> Outcome:
        """How the payment ended; StillPaying or InFlight once the buyer has waited long enough, or has to act.

        `country` is the buyer's, by ISO 3166; gateways that are bound to countries are not chosen without it.
        """
        began_s = monotonic()
        known = await self._known.checkout(checkout_id)
        if known is None:
            return Unknown("checkout", checkout_id)
        facts = Facts(self._new_id(), known.amount, known.currency, country)
        name = self._choice.choose(facts)
        queue = NO_QUEUE if name is None else queue_of(self._gateways[name])
        queue.enter(facts.key)
        wait_s = queue.wait_s(facts.key) if name is not None else self._choice.pause_s(facts)
        request = pay.PayRequest(buyer, method, name, facts.key, return_url, wait_s, country)
        begun = None
        try:
            begun = await pay.begin(self._committer, known, request, self._patience, key, alive)
        finally:
            if not isinstance(begun, Begun):
                queue.leave(facts.key)
        if isinstance(begun, Begun):
            work = self._payments.start(known, begun.attempt, began_s)
        else:
            running = self._payments.running(checkout_id)
            if not isinstance(begun, InFlight) or running is None:
                return begun
            work = running
        if wait_s <= self._patience.queued_s:
            with suppress(TimeoutError):
                await self._answers.wait(asyncio.shield(work))
        return work.result() if work.done() else await self._still(known)

    async def _still(self, known: KnownCheckout) -> Outcome:
        """What a buyer is told who does not wait any longer."""
        checkout = await self._reads.checkout(known.id)
        assert checkout is not None
        attempt = await self._reads.attempt(known.id, checkout.live_n)
        assert attempt is not None
        return await self._payments.waits(attempt)

    async def take_over(self, task: Task) -> Outcome | None:
        """Do the step that an overdue task asks for, from the rows alone; None where there is nothing left to do."""
        checkout = await self._reads.checkout(task.checkout_id)
        attempt = await self._reads.attempt(task.checkout_id, task.n)
        assert checkout is not None and attempt is not None, f"task {task.id} without its rows"
        known = self._known.remember(checkout)
        match task.kind:
            case "resolve" if attempt.state in OPEN:
                return await self._payments.find_out(known, checkout, attempt, task.tries)
            case "capture" if attempt.state == "committed":
                return await self._payments.capture(known, attempt, task.tries)
            case "void" if attempt.state == "doomed":
                return await self._payments.void(known, attempt, task.tries)
            case "deliver" if self._publisher is not None:
                order = await self._reads.order(task.checkout_id)
                assert order is not None, f"task {task.id} without its order"
                return await fulfil.fulfil(self._committer, known, self._publisher, order, checkout, tries=task.tries)
            case _:
                return None

    async def resolve(self, checkout_id: str, n: int) -> Outcome:
        """Ask the gateway about an attempt now, and commit what it says; sends nothing, and keeps no silence."""
        checkout = await self._reads.checkout(checkout_id)
        attempt = await self._reads.attempt(checkout_id, n)
        if checkout is None or attempt is None:
            return Unknown("checkout", checkout_id)
        if attempt.state not in OPEN:
            return already(attempt)
        if attempt.state == "prepared":
            return await self._payments.waits(attempt)
        verdict = await self._payments.look_up(attempt)
        match verdict:
            case NoAnswer() | NotSent() | Absent():
                return await self._payments.waits(attempt)
            case ActionRequired(url=url) if attempt.state == "action_required" and url == attempt.next_action:
                if checkout.state == "paying":
                    return await self._payments.waits(attempt)
        return await self._payments.settle(self._known.remember(checkout), attempt, verdict, tries=0)

    async def returned(self, checkout_id: str, buyer: str | None) -> Outcome:
        """The buyer is back from where they had to act: what the payment would answer now."""
        checkout = await self.checkout(checkout_id, buyer)
        if checkout is None:
            return Unknown("checkout", checkout_id)
        if not checkout.live_n:
            return WrongState(checkout_id, checkout.state, "be returned to: no payment was begun")
        return await self.resolve(checkout_id, checkout.live_n)

    async def waits(self, checkout: Checkout) -> StillPaying | None:
        """What a checkout that is being paid waits for; None where it is not."""
        if checkout.state != "paying":
            return None
        attempt = await self._reads.attempt(checkout.id, checkout.live_n)
        return None if attempt is None else await self._payments.waits(attempt)

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
        await self._payments.drain(grace_s)

    @property
    def under_way(self) -> int:
        """Payments that this process is working on."""
        return self._payments.under_way
