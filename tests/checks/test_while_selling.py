"""An audit of a sale that is running has no findings either: what changes while it reads is not a violation."""

import asyncio

from race_to_purchase.checks import audit
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.ports import Conflict
from race_to_purchase.rules.drop import Item
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.postgres import PostgresStore
from tests.checks.scene import OPENED, Sale
from tests.rules import world
from tests.samples import a_drop

AUDITS = 8


async def test_audits_of_a_running_sale_are_clean(database_dsn: str) -> None:
    store, gateway = await PostgresStore.open(database_dsn), SandboxGateway(database_dsn)
    await gateway.make_books()
    sale = Sale(store, gateway)
    await sale.open(a_drop(opens_at=OPENED, items=(Item("shoe", "Shoe", 15_900, 1_000_000),)))
    buyers = [asyncio.create_task(buy_on(sale, f"buyer-{number}")) for number in range(4)]
    async with AuditRows.open(database_dsn) as rows:
        found = [await audit(rows, rows_at_once=5) for _ in range(AUDITS)]
    for buyer in buyers:
        buyer.cancel()
    await asyncio.gather(*buyers, return_exceptions=True)
    await gateway.close()
    await store.close()
    assert [audited.findings for audited in found] == [()] * AUDITS
    assert found[-1].orders > found[0].orders, "nothing was sold meanwhile"


async def buy_on(sale: Sale, name: str) -> None:
    """One purchase after the other, now and then one that is given up; each by another buyer."""
    number = 0
    while True:
        number += 1
        try:
            checkout = await sale.reserve(f"{name}-{number}", ("shoe", 1))
            if number % 4 == 0:
                await sale.ask(world.cancel(checkout))
            else:
                await sale.capture(checkout, await sale.pay(checkout))
        except Conflict:  # A buyer who came at the very moment of another; the committer would try again.
            continue
