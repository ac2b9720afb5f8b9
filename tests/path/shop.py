"""Processes of an engine without HTTP, on a real database, with the sandbox as their gateway.

A process that is lost in the middle of a payment is one whose gateway never answers: what it had begun stands in the
rows, and `make_due` lets another process take it over at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Self

import asyncpg

from race_to_purchase.commit.committer import Committer
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.loops.expire import Expire, Sweep
from race_to_purchase.loops.owed import Owed
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Refunds
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.path.route import Router
from race_to_purchase.ports import GatewayPayment, GatewayUnanswered, PaymentRequest, Publisher
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.outcomes import Outcome, Reserved
from race_to_purchase.rules.rows import Attempt, Checkout, TaskKind
from race_to_purchase.rules.verdicts import NoAnswer, Verdict
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.sale import a_key_use, open_sale

PATIENCE = Patience(gateway_s=20.0, answer_s=30.0, takeover_s=40.0)


class Wire:
    """The way to a gateway. What a test names in `hold` reaches the gateway, and its answer waits for `opened`.

    What it names in `lose` reaches the gateway once, and its answer never comes back. `calls` are all that were made.
    """

    separate_capture = True
    two_step = False

    def __init__(self, gateway: SandboxGateway) -> None:
        self.gateway = gateway
        self.name = gateway.name
        self.hold: set[str] = set()
        self.lose: set[str] = set()
        self.opened = asyncio.Event()
        self.reached = asyncio.Event()
        self.calls: list[str] = []

    async def _through(self, what: str, verdict: Verdict) -> Verdict:
        self.calls.append(what)
        if what in self.lose:
            self.lose.remove(what)
            return NoAnswer("the wire was cut")
        if what in self.hold:
            self.reached.set()
            await self.opened.wait()
        return verdict

    async def prepare(self, request: PaymentRequest) -> Verdict:
        return await self._through("prepare", await self.gateway.prepare(request))

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._through("authorize", await self.gateway.authorize(request, ref))

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        return await self._through("look_up", await self.gateway.look_up(request, ref))

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._through("capture", await self.gateway.capture(ref, amount, key))

    async def void(self, ref: str, key: str) -> Verdict:
        return await self._through("void", await self.gateway.void(ref, key))

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        return await self._through("refund", await self.gateway.refund(ref, amount, key))

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        return await self._through("look_up_refund", await self.gateway.look_up_refund(ref, key))

    async def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        if "payments" in self.lose:
            raise GatewayUnanswered("the wire was cut")
        async for payment in self.gateway.payments(since, until):
            yield payment

    async def reference_of(self, ref: str) -> str | None:
        self.calls.append("reference_of")
        if "reference_of" in self.lose:
            self.lose.remove("reference_of")
            raise GatewayUnanswered("the wire was cut")
        return await self.gateway.reference_of(ref)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        return self.gateway.verify_webhook(headers, body)


class Process:
    """One process; made by `start` alone."""

    def __init__(self, store: PostgresStore, wire: Wire, publisher: Publisher | None, patience: Patience) -> None:
        self.store = store
        self.wire = wire
        self.drop_id = "aurora"
        self.reads = PostgresReads(store.pool)
        self.committer = Committer(store)
        self.purchase = Purchase(
            self.committer,
            self.reads,
            {wire.name: wire},
            Router([PacedGateway(wire)]),
            publisher=publisher,
            patience=patience,
        )
        self.refunds = Refunds(self.committer, self.reads, {wire.name: wire}, patience=patience)
        self.expire = Expire(self.committer, self.reads)
        self.sweep = Sweep(self.committer, self.reads)

    @classmethod
    async def start(cls, dsn: str, publisher: Publisher | None = None, patience: Patience = PATIENCE) -> Self:
        """Connect, as a process does that is started."""
        wire = Wire(SandboxGateway(dsn, slow_s=0.2))
        await wire.gateway.make_books()
        return cls(await PostgresStore.open(dsn, connections=4), wire, publisher, patience)

    async def open(self, **changes: object) -> None:
        """Store the sample sale."""
        await open_sale(self.committer, **changes)

    async def reserve(self, buyer: str = "ada", quantity: int = 1, item: str = "shoe") -> Checkout:
        """A reservation that must succeed."""
        outcome = await self.try_reserve(buyer, quantity, item)
        assert isinstance(outcome, Reserved), outcome
        return outcome.checkout

    async def try_reserve(self, buyer: str = "ada", quantity: int = 1, item: str = "shoe") -> Outcome:
        """What a wish comes to."""
        return await self.purchase.reserve(ReserveRequest(self.drop_id, buyer, (Line(item, quantity),)))

    async def pay(self, checkout: Checkout, method: str = "pm_approved", key: str | None = None) -> Outcome:
        """What a payment request comes to; each is of its own, unless a key is given."""
        use = None if key is None else a_key_use(key, f"pay {checkout.id}")
        return await self.purchase.pay(checkout.id, checkout.buyer, method, use)

    def paying(self, checkout: Checkout, method: str = "pm_approved", key: str | None = None) -> asyncio.Task[Outcome]:
        """The same, under way."""
        return asyncio.create_task(self.pay(checkout, method, key))

    async def held(
        self, checkout: Checkout, what: str = "authorize", method: str = "pm_approved"
    ) -> asyncio.Task[Outcome]:
        """A payment whose call `what` has reached the gateway, and waits for its answer until `opened`."""
        self.wire.hold.add(what)
        task = self.paying(checkout, method)
        await self.wire.reached.wait()
        return task

    async def settle(self) -> None:
        """Until what follows payments here has come to its end."""
        await self.purchase.drain(10)

    async def owed(self, kind: TaskKind) -> None:
        """Take over what is due of one kind, and what follows from it."""
        await Owed(kind, self.refunds if kind == "refund" else self.purchase, self.reads).tick()
        await self.settle()

    async def checkout(self, checkout: Checkout) -> Checkout:
        """As it stands now."""
        found = await self.reads.checkout(checkout.id)
        assert found is not None
        return found

    async def attempt(self, checkout: Checkout, n: int = 1) -> Attempt:
        """As it stands now."""
        found = await self.reads.attempt(checkout.id, n)
        assert found is not None
        return found

    async def counts(self, item: str = "shoe") -> tuple[int, int]:
        """Held and sold of an item."""
        pools = {pool.id: pool for pool in await self.reads.shared_pools(self.drop_id)}
        pool = pools[f"{self.drop_id}/item/{item}"]
        return pool.held, pool.sold

    async def stop(self) -> None:
        """In order, as far as the gateway answers."""
        await self.purchase.drain(0.1)
        await self.wire.gateway.close()
        await self.store.close()


async def make_due(dsn: str) -> None:
    """Let every task be due now, as if its time had passed."""
    await _execute(dsn, "UPDATE race.task SET due_at = clock_timestamp()")


async def pass_deadline(dsn: str, checkout: Checkout) -> None:
    """Let the deadline of a checkout lie in the past."""
    late = "UPDATE race.checkout SET deadline = clock_timestamp() - interval '1 s' WHERE id = $1::text::uuid"
    await _execute(dsn, late, checkout.id)


async def age(dsn: str, minutes: int) -> None:
    """Let every attempt have begun, and every deadline have been, so long ago."""
    await _execute(dsn, "UPDATE race.attempt SET began_at = began_at - make_interval(mins => $1)", minutes)
    await _execute(dsn, "UPDATE race.checkout SET deadline = deadline - make_interval(mins => $1)", minutes)


async def _execute(dsn: str, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()
