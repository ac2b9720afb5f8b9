"""A process that works off the inbox by hand, and what there is to say to it."""

from __future__ import annotations

import asyncio

from race_to_purchase.loops.inbox import ReadInbox
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.outcomes import StillPaying
from race_to_purchase.rules.rows import Checkout
from race_to_purchase.store.inbox import PostgresInbox
from tests.messages import a_message
from tests.path.shop import Process, make_due
from tests.sale import value


class Reader:
    """A process that works off the inbox, one tick after the other."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.inbox = PostgresInbox(process.store.pool)
        self.work = ReadInbox(process.wire, self.inbox, process.purchase, process.refunds)

    async def keep(self, *events: WebhookEvent) -> None:
        """As the edge does."""
        for event in events:
            await self.inbox.keep(self.process.wire.name, event, b"{}")

    async def read(self) -> None:
        """Work off what is due, and what follows from it."""
        while await self.work.tick():
            pass
        await self.rest()

    async def rest(self) -> None:
        """Until nothing is asked any more."""
        while self.work._asking:
            await asyncio.wait(self.work._asking)
        wire = self.process.wire
        if wire.opened.is_set() or not wire.hold:  # A payment that a test holds back would be waited for.
            await self.process.settle()


def about(checkout: Checkout, said: str | None, n: int = 1, id_: str = "") -> WebhookEvent:
    """A message about the attempt `n` of a checkout."""
    return a_message(f"{checkout.id}/{n}", said, id_=id_)


async def hasten(dsn: str) -> None:
    """Let every message and every task be due now, as if its time had passed."""
    await make_due(dsn)
    await value(dsn, "UPDATE race.inbox SET due_at = clock_timestamp() WHERE due_at < 'infinity' RETURNING 1")


async def outcomes(dsn: str) -> list[tuple[str, str]]:
    """State and outcome of every message."""
    found = await value(dsn, "SELECT array_agg(state || ': ' || outcome ORDER BY received_at, id) FROM race.inbox")
    return list(found or [])


async def unanswered(shop: Process, method: str = "pm_answer_lost") -> Checkout:
    """A payment that was authorized, and nobody here knows."""
    checkout = await shop.reserve()
    assert isinstance(await shop.pay(checkout, method), StillPaying)
    return checkout
