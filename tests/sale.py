"""A small sale on any store: a drop that is open, and the commands that buyers' wishes come to.

Shared by the tests of the committer, of contention, of the path and of the loops. `recount` judges the rows of a
database by queries of its own, so that no test of the product rests on the product's own audit.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from race_to_purchase.commit.committer import Committer
from race_to_purchase.rules.commands import Authorization, BeginPayment, Capture, Expire, Line, PutDrop, Reserve
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import Drop, Item, buyer_pool, item_pool, shared_pools
from race_to_purchase.rules.outcomes import DropStored
from race_to_purchase.rules.verdicts import Authorized, Captured, Verdict
from tests.samples import PRICE, new_id

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BROKEN = {
    "a pool counts other than the checkouts that hold of it": """
        SELECT p.id, p.held, coalesce(c.held, 0) FROM race.pool p LEFT JOIN (
            SELECT claim.key AS pool, sum(claim.value::bigint) AS held
            FROM race.checkout, jsonb_each_text(claims -> 'hold') AS claim
            WHERE state IN ('reserved', 'paying', 'review') GROUP BY claim.key
        ) c ON c.pool = p.id WHERE p.held <> coalesce(c.held, 0) AND p.kind NOT IN ('passes', 'ticket', 'reserved')""",
    "a pool counts other than the orders that were sold of it": """
        SELECT p.id, p.sold, coalesce(c.sold, 0) FROM race.pool p LEFT JOIN (
            SELECT claim.key AS pool, sum(claim.value::bigint) AS sold
            FROM race.checkout, jsonb_each_text((claims -> 'hold') || coalesce(claims -> 'commit', '{}')) AS claim
            WHERE state IN ('paid', 'fulfilled', 'refunded') GROUP BY claim.key
        ) c ON c.pool = p.id WHERE p.sold <> coalesce(c.sold, 0) AND p.kind NOT IN ('passes', 'ticket', 'reserved')""",
    "passes are counted other than those that are out": """
        SELECT p.id, p.held, t.held FROM race.pool p, LATERAL (
            SELECT coalesce(sum(held), 0) AS held FROM race.pool AS t WHERE t.kind = 'ticket' AND t.drop_id = p.drop_id
        ) AS t WHERE p.kind = 'passes' AND p.held <> t.held""",
    "a ticket with more than one pass out": "SELECT id FROM race.pool WHERE kind = 'ticket' AND held > 1",
    "more than there is": "SELECT id FROM race.pool WHERE held + sold > capacity OR held < 0 OR sold < 0",
    "an order without a paid checkout": """
        SELECT o.id FROM race.orders o LEFT JOIN race.checkout c ON c.id = o.id
        WHERE c.id IS NULL OR c.state NOT IN ('paid', 'fulfilled', 'refunded', 'returned', 'cancelled')""",
    "a paid checkout without its order": """
        SELECT c.id FROM race.checkout c LEFT JOIN race.orders o ON o.id = c.id
        WHERE c.state IN ('paid', 'fulfilled') AND o.id IS NULL""",
    "two attempts that may both take money": """
        SELECT checkout_id FROM race.attempt
        WHERE state IN ('prepared', 'sent', 'unknown', 'action_required', 'authorized', 'committed', 'captured')
        GROUP BY checkout_id HAVING count(*) > 1""",
    "an order without its journal entry": """
        SELECT o.id FROM race.orders o LEFT JOIN race.journal j ON j.order_id = o.id AND j.entry = 0
        WHERE j.order_id IS NULL""",
    "a journal that does not balance": """
        SELECT order_id, entry FROM race.journal WHERE (SELECT sum(amount) FROM unnest(amounts) AS amount) <> 0""",
    "an attempt that waits for something that no task asks for": """
        SELECT a.checkout_id, a.n, a.state FROM race.attempt a
        LEFT JOIN race.task t ON t.checkout_id = a.checkout_id AND t.n = a.n
        WHERE a.state IN ('sent', 'unknown', 'action_required', 'committed', 'doomed') AND t.id IS NULL""",
}
"""What must never be, with a query for the rows where it is; true at every moment between transactions."""

BOOKS = {
    "captured without an order": """
        SELECT p.ref FROM sandbox.payment p LEFT JOIN race.orders o ON o.gateway_ref = p.ref
        WHERE p.captured > p.refunded AND o.id IS NULL""",
    "an order whose money was not captured, or not all of it": """
        SELECT o.id FROM race.orders o JOIN race.checkout c ON c.id = o.id
        LEFT JOIN sandbox.payment p ON p.ref = o.gateway_ref
        WHERE c.state IN ('paid', 'fulfilled') AND coalesce(p.captured, 0) <> o.amount""",
    "an authorization that is neither captured nor given back": """
        SELECT ref FROM sandbox.payment WHERE state = 'authorized'""",
    "a task that nobody has done": "SELECT id, kind, due_at, tries FROM race.task",
    "a payment without its end": """
        SELECT checkout_id, n, state FROM race.attempt
        WHERE state NOT IN ('declined', 'captured', 'capture_failed', 'voided')""",
}
"""The same between the shop's books and the gateway's, once everything has come to rest."""


def a_sale(**changes: Any) -> Drop:
    """Ten shoes and a hundred laces, open since long, without a limit."""
    fields: dict[str, Any] = {
        "id": "aurora",
        "title": "Aurora One",
        "opens_at": LONG_AGO,
        "currency": "EUR",
        "items": (Item("shoe", "Shoe", PRICE, 10), Item("lace", "Lace", 500, 100)),
    }
    return Drop(**fields | changes)


def shoes(stock: int) -> tuple[Item, ...]:
    """The items of a sale with so many shoes and nothing else."""
    return (Item("shoe", "Shoe", PRICE, stock),)


async def open_sale(committer: Committer, **changes: Any) -> Drop:
    """A sale that is stored and open."""
    drop = a_sale(**changes)
    assert isinstance(await committer.submit(PutDrop(drop.id, drop, tuple(shared_pools(drop)))), DropStored)
    return drop


def a_wish(buyer: str = "ada", quantity: int = 1, *, drop_id: str = "aurora", **lines: int) -> Reserve:
    """Reserve `quantity` shoes, or what `lines` say: a quantity an item."""
    wanted = tuple(Line(item, number) for item, number in (lines or {"shoe": quantity}).items())
    pools = (*(item_pool(drop_id, line.item) for line in wanted), buyer_pool(drop_id, buyer))
    return Reserve(drop_id, new_id(), buyer, wanted, pools)


def a_key_use(key: str, what: str = "reserve") -> KeyUse:
    """An Idempotency-Key of one client, for one and the same request."""
    return KeyUse(f"{what} shop", key, b"the same body")


def begin(wish: Reserve, method: str = "pm_approved") -> BeginPayment:
    """Begin to pay what was reserved by `wish`, as the first attempt."""
    return BeginPayment(wish.drop_id, wish.checkout_id, wish.pools, wish.buyer, "sandbox", new_id(), method, 15.0)


def answered(wish: Reserve, verdict: Verdict | None = None, n: int = 1) -> Authorization:
    """What the gateway said of attempt `n`: authorized, if nothing else is given."""
    total = sum(line.quantity for line in wish.lines) * PRICE
    given = verdict or Authorized(f"ref-{wish.checkout_id}-{n}", total)
    return Authorization(wish.drop_id, wish.checkout_id, wish.pools, n, given)


def captured(wish: Reserve, n: int = 1) -> Capture:
    """The money of attempt `n` has arrived."""
    total = sum(line.quantity for line in wish.lines) * PRICE
    verdict = Captured(f"ref-{wish.checkout_id}-{n}", total)
    return Capture(wish.drop_id, wish.checkout_id, wish.pools, n, verdict, deliver=False)


def expired(wish: Reserve) -> Expire:
    """End it, if its deadline has passed."""
    return Expire(wish.drop_id, wish.checkout_id, wish.pools)


async def recount(dsn: str, *, at_rest: bool = False) -> list[str]:
    """What is broken in a database; `at_rest` compares with the sandbox's books too, where nothing may be open."""
    queries = BROKEN | BOOKS if at_rest else BROKEN
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            found = [(what, await connection.fetch(query)) for what, query in queries.items()]
    finally:
        await connection.close()
    return [f"{what}: {[tuple(row) for row in rows[:5]]} ({len(rows)})" for what, rows in found if rows]


async def value(dsn: str, query: str, *arguments: object) -> Any:
    """The one value that a query gives, asked on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


def ago(**span: float) -> datetime:
    """That long before now."""
    return datetime.now(UTC) - timedelta(**span)
