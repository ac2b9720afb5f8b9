"""The whole purchase: the only place that puts the stages in order, for requests and for what is taken over.

A payment runs detached from the request that asked for it: when the buyer's connection goes, the payment goes on,
and whoever asks next gets its answer. What this process does not finish, `take_over` finishes in another, from the
rows alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from time import monotonic
from typing import Any

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.commit.waiting import Alive
from race_to_purchase.path import capture, fulfil, pay, undo
from race_to_purchase.path.admit import admit
from race_to_purchase.path.ahead import Ahead
from race_to_purchase.path.choice import Choice, Only, queue_of
from race_to_purchase.path.ids import uuid7
from race_to_purchase.path.known import Entrance, Known, KnownCheckout
from race_to_purchase.path.patience import PATIENT, Patience
from race_to_purchase.path.reserve import ReserveRequest, reserve
from race_to_purchase.path.retry import NextDeadlines
from race_to_purchase.path.route import Facts, facts_of
from race_to_purchase.path.served import Served
from race_to_purchase.ports import Gateway, Publisher, Reads
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.commands import Cancel, NextAttempt
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.decide.decision import already
from race_to_purchase.rules.outcomes import (
    AllReserved,
    Answered,
    Begun,
    InFlight,
    NoGateway,
    Outcome,
    Reserved,
    StillPaying,
    TriedNext,
    Unknown,
    WrongState,
)
from race_to_purchase.rules.rows import Attempt, Checkout, Order, Task
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Verdict,
)

log = logging.getLogger("race.path")


class Purchase:
    """See the module. Every method gives an outcome; Overloaded and DatabaseUnavailable are raised."""

    def __init__(
        self,
        committer: Committer,
        reads: Reads,
        gateways: Mapping[str, Gateway],
        *,
        default_gateway: str,
        choice: Choice | None = None,
        publisher: Publisher | None = None,
        patience: Patience = PATIENT,
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        assert default_gateway in gateways
        self._committer = committer
        self._reads = reads
        self._gateways = gateways
        self._choice = choice or Only(default_gateway)
        self._publisher = publisher
        self._patience = patience
        self._new_id = new_id
        self._known = Known(reads)
        self._next_deadlines = NextDeadlines(reads)
        self._ahead = Ahead(reads)
        self._served = Served()
        self._paying: dict[str, asyncio.Task[Outcome]] = {}
        self._behind: set[asyncio.Task[None]] = set()

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
        gateway_key = self._new_id()
        name = self._choice.choose(Facts(gateway_key, known.amount, known.currency, country))
        if name is None:
            return NoGateway(checkout_id)
        queue = queue_of(self._gateways[name])
        queue.enter(gateway_key)
        wait_s = queue.wait_s(gateway_key)
        request = pay.PayRequest(buyer, method, name, gateway_key, return_url, wait_s)
        try:
            begun = await pay.begin(self._committer, known, request, self._patience, key, alive)
        except BaseException:
            queue.leave(gateway_key)
            raise
        if isinstance(begun, Begun):
            work = self._detached_payment(known, begun.attempt, country, began_s)
        else:
            queue.leave(gateway_key)
            running = self._paying.get(checkout_id)
            if not isinstance(begun, InFlight) or running is None:
                return begun
            work = running
        patience_s = self._patience.answer_s if wait_s <= self._patience.queued_s else 0
        done, _ = await asyncio.wait([work], timeout=patience_s)
        return work.result() if done else await self._still(known)

    async def _still(self, known: KnownCheckout) -> Outcome:
        """What a buyer is told who does not wait any longer."""
        checkout = await self._reads.checkout(known.id)
        assert checkout is not None
        attempt = await self._reads.attempt(known.id, checkout.live_n)
        assert attempt is not None
        return await self._still_paying(attempt)

    async def _still_paying(self, attempt: Attempt) -> StillPaying:
        queued = await self._ahead.position(self._gateways[attempt.gateway], attempt)
        return StillPaying(attempt.checkout_id, attempt.n, attempt.next_action, queued)

    def _detached_payment(
        self, known: KnownCheckout, attempt: Attempt, country: str | None, began_s: float | None = None
    ) -> asyncio.Task[Outcome]:
        work = asyncio.create_task(self._payment(known, attempt, country))
        self._paying[known.id] = work

        def forget(_: asyncio.Task[Outcome]) -> None:
            if self._paying.get(known.id) is work:
                del self._paying[known.id]
            if began_s is not None:
                self._served.ended(known, work, monotonic() - began_s)

        work.add_done_callback(forget)
        return work

    @property
    def under_way(self) -> int:
        """Payments that this process is working on."""
        return len(self._paying)

    async def _payment(self, known: KnownCheckout, attempt: Attempt, country: str | None) -> Outcome:
        if attempt.state == "prepared":
            queue = queue_of(self._gateways[attempt.gateway])
            begun = await pay.send(self._committer, known, queue, attempt, self._patience.takeover_s)
            if not isinstance(begun, Begun):
                return begun
            attempt = begun.attempt
        return await self._send(known, attempt, tries=0, country=country)

    async def _send(
        self,
        known: KnownCheckout,
        attempt: Attempt,
        tries: int,
        country: str | None = None,
        *,
        first: bool = True,
    ) -> Outcome:
        """Send the stored request, by as many steps as its gateway takes, and commit what is said to it.

        Only who sends it `first` knows by a NotSent that it was never sent: others may have, before or meanwhile.
        """
        gateway, timeout_s = self._gateways[attempt.gateway], self._patience.gateway_s
        # Who may go elsewhere at once does not wait for a gateway that refuses.
        again = self._choice.choose(facts_of(attempt, country), [attempt.gateway]) is None
        if gateway.two_step and attempt.gateway_ref is None:
            verdict = await pay.prepare(gateway, attempt, timeout_s, again=again)
            outcome = await self._settle(known, attempt, verdict, tries, country)
            if not isinstance(outcome, Begun):
                return outcome
            attempt = outcome.attempt
        verdict = await pay.authorize(gateway, attempt, timeout_s, again=again)
        if isinstance(verdict, NotSent) and not first:
            verdict = NoAnswer(verdict.reason)
        return await self._settle(known, attempt, verdict, tries, country)

    async def _settle(
        self, known: KnownCheckout, attempt: Attempt, verdict: Verdict, tries: int, country: str | None = None
    ) -> Outcome:
        """The pivot, and what follows it at once."""
        then = await self._next(attempt, verdict, country)
        outcome = None
        try:
            outcome = await pay.settle(self._committer, known, attempt.n, verdict, tries, self._patience, then)
        finally:
            if then is not None and not isinstance(outcome, TriedNext):
                queue_of(self._gateways[then.gateway]).leave(then.key)
        if isinstance(verdict, Prepared | Authorized | ActionRequired | Captured):
            attempt = msgspec.structs.replace(attempt, gateway_ref=verdict.ref)
        match outcome:
            case Answered(end="paid", n=attempt.n) if isinstance(verdict, Authorized | Captured):
                self._afterwards(self._capture(known, attempt, tries=0))
            case Answered(void=True) | TriedNext(void=True) if attempt.gateway_ref is not None:
                self._afterwards(self._void(known, attempt, tries=0))
        if isinstance(outcome, TriedNext):
            return await self._payment(known, outcome.attempt, country)
        return outcome

    async def _next(self, attempt: Attempt, verdict: Verdict, country: str | None) -> NextAttempt | None:
        """Where the payment may go from here, with a place in the queue there.

        What only another card, or the buyer, can mend goes nowhere; nor does, but by policy, what nobody knows.
        """
        match verdict:
            case Declined(elsewhere=True) | NotSent():
                pass
            case NoAnswer() if self._patience.unknown_fails_over or self._choice.gives_up(attempt.gateway):
                pass
            case _:
                return None
        name = self._choice.choose(facts_of(attempt, country), await self._tried(attempt))
        if name is None:
            return None
        key, queue = self._new_id(), queue_of(self._gateways[name])
        queue.enter(key)
        return NextAttempt(name, key, self._patience.takeover_s, queue.wait_s(key))

    async def _tried(self, attempt: Attempt) -> list[str]:
        """The gateways that this payment has been at: those of attempts before it that ended without an answer."""
        tried = [attempt.gateway]
        for n in range(attempt.n - 1, 0, -1):
            before = await self._reads.attempt(attempt.checkout_id, n)
            if before is None or before.answer is not None:
                break
            tried.append(before.gateway)
        return tried

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
            again_s=self._patience.again_s(tries),
        )

    async def _void(self, known: KnownCheckout, attempt: Attempt, tries: int) -> Outcome:
        return await undo.void(
            self._committer,
            known,
            self._gateways[attempt.gateway],
            attempt,
            timeout_s=self._patience.gateway_s,
            again_s=self._patience.again_s(tries),
        )

    async def take_over(self, task: Task) -> Outcome | None:
        """Do the step that an overdue task asks for, from the rows alone; None where there is nothing left to do."""
        checkout = await self._reads.checkout(task.checkout_id)
        attempt = await self._reads.attempt(task.checkout_id, task.n)
        assert checkout is not None and attempt is not None, f"task {task.id} without its rows"
        known = self._known.remember(checkout)
        match task.kind:
            case "resolve" if attempt.state in OPEN:
                return await self._find_out(known, checkout, attempt, task.tries)
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

    async def _find_out(self, known: KnownCheckout, checkout: Checkout, attempt: Attempt, tries: int) -> Outcome:
        """What became of an attempt: ask, and send the same request again only while it is wanted."""
        if attempt.state == "prepared":
            if known.id not in self._paying:  # Else it waits for its turn here, and longer than was thought.
                queue_of(self._gateways[attempt.gateway]).enter(attempt.key)
                self._detached_payment(known, attempt, None)
            return await self._still_paying(attempt)
        verdict = await pay.look_up(self._gateways[attempt.gateway], attempt, self._patience.gateway_s)
        if isinstance(verdict, Absent) and pay.wanted(attempt, checkout, await self._reads.now()):
            return await self._send(known, attempt, tries, first=False)
        return await self._settle(known, attempt, verdict, tries)

    async def resolve(self, checkout_id: str, n: int) -> Outcome:
        """Ask the gateway about an attempt now, and commit what it says; sends nothing, and keeps no silence."""
        checkout = await self._reads.checkout(checkout_id)
        attempt = await self._reads.attempt(checkout_id, n)
        if checkout is None or attempt is None:
            return Unknown("checkout", checkout_id)
        if attempt.state not in OPEN:
            return already(attempt)
        if attempt.state == "prepared":
            return await self._still_paying(attempt)
        verdict = await pay.look_up(self._gateways[attempt.gateway], attempt, self._patience.gateway_s)
        match verdict:
            case NoAnswer() | NotSent() | Absent():
                return await self._still_paying(attempt)
            case ActionRequired(url=url) if attempt.state == "action_required" and url == attempt.next_action:
                if checkout.state == "paying":
                    return await self._still_paying(attempt)
        return await self._settle(self._known.remember(checkout), attempt, verdict, tries=0)

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
        return None if attempt is None else await self._still_paying(attempt)

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
