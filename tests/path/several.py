"""A process with several gateways, sandboxes that behave as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import asyncpg
import pytest

from race_to_purchase.commit.committer import Committer
from race_to_purchase.gateways.sandbox.behaviour import BEHAVIOURS
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.path.breaker import BreakerRule
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.path.route import Router, Rule
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.outcomes import Answered, Outcome, Reserved
from race_to_purchase.rules.rows import Attempt, Checkout
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.sale import open_sale, shoes

PATIENCE = Patience(gateway_s=5.0, answer_s=20.0, takeover_s=6.0, queued_s=0.05)
LIMITED = BreakerRule(calls_min=2, pause_s=1000, pause_max_s=1000)


class Shop:
    """A process with several sandboxes; `start` makes it."""

    def __init__(self, dsn: str, store: PostgresStore, sandboxes: Sequence[SandboxGateway], router: Router) -> None:
        self.dsn = dsn
        self.store = store
        self.sandboxes = sandboxes
        self.router = router
        self.reads = PostgresReads(store.pool)
        self.committer = Committer(store)
        self.gateways = Gateways(self.committer, self.reads, router)
        self.purchase = Purchase(
            self.committer,
            self.reads,
            router.gateways,
            router,
            patience=PATIENCE,
        )

    async def reserve(self, buyer: str = "ada") -> Checkout:
        outcome = await self.purchase.reserve(ReserveRequest("aurora", buyer, (Line("shoe", 1),)))
        assert isinstance(outcome, Reserved), outcome
        return outcome.checkout

    async def pay(self, checkout: Checkout, method: str = "pm_approved", country: str | None = None) -> Outcome:
        return await self.purchase.pay(checkout.id, checkout.buyer, method, country=country)

    async def attempts(self, checkout: Checkout) -> list[tuple[str, str]]:
        """Gateway and state of each attempt, the first first, once everything has come to rest."""
        await self.purchase.drain(10)
        now = await self.reads.checkout(checkout.id)
        assert now is not None
        found = [await self.reads.attempt(checkout.id, n) for n in range(1, now.live_n + 1)]
        return [(attempt.gateway, attempt.state) for attempt in found if attempt is not None]

    async def attempt(self, checkout: Checkout, n: int = 1) -> Attempt:
        found = await self.reads.attempt(checkout.id, n)
        assert found is not None
        return found

    async def captured(self) -> list[int]:
        """What all sandboxes together captured."""
        connection = await asyncpg.connect(self.dsn)
        try:
            rows = await connection.fetch("SELECT captured FROM sandbox.payment WHERE captured > 0")
            return [row["captured"] for row in rows]
        finally:
            await connection.close()

    def die(self) -> None:
        """Whoever waits here for a turn never gets it."""
        for task in [*self.purchase._payments._paying.values()]:
            task.cancel()

    async def stop(self) -> None:
        await self.purchase.drain(10)
        for sandbox in self.sandboxes:
            await sandbox.close()
        await self.store.close()


Start = Callable[..., Awaitable[Shop]]


@pytest.fixture
async def start(dsn: str) -> AsyncIterator[Start]:
    """Makes shops on one database; a gateway by name and behaviour, the first preferred to the others."""
    shops: list[Shop] = []

    async def make(
        limits: Limits = Limits(),  # noqa: B008
        rules: Sequence[Rule] = (),
        **behaviours: str,
    ) -> Shop:
        sandboxes = [BEHAVIOURS[behaviour](dsn, name=name) for name, behaviour in behaviours.items()]
        await sandboxes[0].make_books()
        usual = [Rule(name, cost_fixed=n) for n, name in enumerate(behaviours)]
        router = Router([PacedGateway(sandbox, limits, LIMITED) for sandbox in sandboxes], rules or usual)
        shops.append(Shop(dsn, await PostgresStore.open(dsn, connections=4), sandboxes, router))
        if len(shops) == 1:
            await open_sale(shops[0].committer, items=shoes(50))
        return shops[-1]

    yield make
    for shop in shops:
        await shop.stop()


def paid(outcome: Outcome) -> bool:
    return isinstance(outcome, Answered) and outcome.end == "paid"
