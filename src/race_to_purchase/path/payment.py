"""One payment, from its stored attempt to its end: sent, settled, taken elsewhere, captured or voided.

A payment runs detached from the request that asked for it: when the buyer's connection goes, the payment goes on, and
whoever asks next gets its answer. Everything it needs is in the rows, so that any process can go on with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from time import monotonic
from typing import Any

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path import capture, pay, undo
from race_to_purchase.path.choice import Choice, queue_of
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.positions import Positions
from race_to_purchase.path.route import facts_of
from race_to_purchase.path.served import Served
from race_to_purchase.path.within import Within
from race_to_purchase.ports import Gateway, Reads
from race_to_purchase.rules.commands import NextAttempt
from race_to_purchase.rules.outcomes import Answered, Begun, Outcome, StillPaying, TriedNext
from race_to_purchase.rules.rows import Attempt, Checkout
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


class Payments:
    """Those that this process works on. Every method that gives an outcome may raise DatabaseUnavailable."""

    def __init__(
        self,
        committer: Committer,
        reads: Reads,
        gateways: Mapping[str, Gateway],
        choice: Choice,
        patience: Patience,
        new_id: Callable[[], str],
        served: Served,
        *,
        deliver: bool,
    ) -> None:
        self._committer = committer
        self._reads = reads
        self._gateways = gateways
        self._choice = choice
        self._patience = patience
        self._new_id = new_id
        self._served = served
        self._deliver = deliver
        self._within = Within(patience.gateway_s)
        self._positions = Positions(reads)
        self._paying: dict[str, asyncio.Task[Outcome]] = {}
        self._behind: set[asyncio.Task[None]] = set()

    def start(self, known: KnownCheckout, attempt: Attempt, began_s: float | None = None) -> asyncio.Task[Outcome]:
        """Pay the stored attempt, as far as it goes without its buyer, who asked for it here at `began_s`."""
        work = asyncio.create_task(self._payment(known, attempt))
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

    def running(self, checkout_id: str) -> asyncio.Task[Outcome] | None:
        """The payment of a checkout, where this process is at it."""
        return self._paying.get(checkout_id)

    async def waits(self, attempt: Attempt) -> StillPaying:
        """What is told of an attempt that has no end yet."""
        queued = await self._positions.of(self._gateways[attempt.gateway], attempt)
        return StillPaying(attempt.checkout_id, attempt.n, attempt.next_action, queued)

    async def _payment(self, known: KnownCheckout, attempt: Attempt) -> Outcome:
        if attempt.state == "prepared":
            queue = queue_of(self._gateways[attempt.gateway])
            begun = await pay.send(self._committer, known, queue, attempt, self._patience.takeover_s)
            if not isinstance(begun, Begun):
                return begun
            attempt = begun.attempt
        return await self._send(known, attempt, tries=0)

    async def _send(
        self,
        known: KnownCheckout,
        attempt: Attempt,
        tries: int,
        *,
        first: bool = True,
    ) -> Outcome:
        """Send the stored request, by as many steps as its gateway takes, and commit what is said to it.

        Only who sends it `first` knows by a NotSent that it was never sent: others may have, before or meanwhile.
        """
        gateway = self._gateways[attempt.gateway]
        # Who may go elsewhere at once does not wait for a gateway that refuses.
        again = self._choice.choose(facts_of(attempt), [attempt.gateway]) is None
        if gateway.two_step and attempt.gateway_ref is None:
            verdict = await pay.prepare(gateway, attempt, self._within, again=again)
            outcome = await self.settle(known, attempt, verdict, tries)
            if not isinstance(outcome, Begun):
                return outcome
            attempt = outcome.attempt
        verdict = await pay.authorize(gateway, attempt, self._within, again=again)
        if isinstance(verdict, NotSent) and not first:
            verdict = NoAnswer(verdict.reason)
        return await self.settle(known, attempt, verdict, tries)

    async def settle(self, known: KnownCheckout, attempt: Attempt, verdict: Verdict, tries: int) -> Outcome:
        """The pivot, and what follows it at once."""
        then = await self._next(attempt, verdict)
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
                self._afterwards(self.capture(known, attempt, tries=0))
            case Answered(void=True) | TriedNext(void=True) if attempt.gateway_ref is not None:
                self._afterwards(self.void(known, attempt, tries=0))
        if isinstance(outcome, TriedNext):
            return await self._payment(known, outcome.attempt)
        return outcome

    async def _next(self, attempt: Attempt, verdict: Verdict) -> NextAttempt | None:
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
        name = self._choice.choose(facts_of(attempt), await self._tried(attempt))
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

    async def find_out(self, known: KnownCheckout, checkout: Checkout, attempt: Attempt, tries: int) -> Outcome:
        """What became of an attempt: ask, and send the same request again only while it is wanted."""
        if attempt.state == "prepared":
            if known.id not in self._paying:  # Else it waits for its turn here, and longer than was thought.
                queue_of(self._gateways[attempt.gateway]).enter(attempt.key)
                self.start(known, attempt)
            return await self.waits(attempt)
        verdict = await self.look_up(attempt)
        if isinstance(verdict, Absent) and pay.wanted(attempt, checkout, await self._reads.now()):
            return await self._send(known, attempt, tries, first=False)
        return await self.settle(known, attempt, verdict, tries)

    async def look_up(self, attempt: Attempt) -> Verdict:
        """How an attempt stands at its gateway."""
        return await pay.look_up(self._gateways[attempt.gateway], attempt, self._within)

    async def capture(self, known: KnownCheckout, attempt: Attempt, tries: int) -> Outcome:
        """Take the money of a committed attempt."""
        return await capture.capture(
            self._committer,
            known,
            self._gateways[attempt.gateway],
            attempt,
            deliver=self._deliver,
            within=self._within,
            again_s=self._patience.again_s(tries),
        )

    async def void(self, known: KnownCheckout, attempt: Attempt, tries: int) -> Outcome:
        """Undo a doomed attempt at its gateway."""
        return await undo.void(
            self._committer,
            known,
            self._gateways[attempt.gateway],
            attempt,
            within=self._within,
            again_s=self._patience.again_s(tries),
        )

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

    async def drain(self, grace_s: float) -> None:
        """Let payments under way, and what follows from them, come to their end, for `grace_s` at most."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + grace_s
        while under_way := [*self._paying.values(), *self._behind]:
            left_s = deadline_s - loop.time()
            if left_s <= 0:
                return
            await asyncio.wait(under_way, timeout=left_s)
