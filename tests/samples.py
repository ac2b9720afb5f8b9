"""Rows as they come up in a small sale, for tests to change where it matters to them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from race_to_purchase.rules.aftersale import RefundRow
from race_to_purchase.rules.drop import Drop, Item, Promo, item_pool
from race_to_purchase.rules.rows import (
    Attempt,
    Checkout,
    Claims,
    DropRow,
    Entry,
    Finding,
    Order,
    Pool,
    Quote,
    QuoteLine,
    StoredKey,
    Task,
    finding_id,
    task_id,
)

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""When tests without a clock of their own take place. The sample drop has been open for an hour then."""

PRICE = 15_900


def new_id() -> str:
    """An id that no other test has."""
    return str(uuid.uuid4())


def a_drop(drop_id: str = "aurora", **changes: Any) -> Drop:
    """Two items, a promo, and a limit of two pieces a buyer."""
    drop = Drop(
        id=drop_id,
        title="Aurora One",
        opens_at=NOON - timedelta(hours=1),
        currency="EUR",
        items=(Item("shoe", "Shoe", PRICE, 10), Item("lace", "Lace", 500, 100)),
        limit_per_buyer=2,
        promos=(Promo("TEN", 3, percent_off=10),),
    )
    return replace(drop, **changes)


def a_drop_row(drop_id: str = "aurora", **changes: Any) -> DropRow:
    """A stored drop; `changes` are of its definition."""
    return DropRow(drop_id, a_drop(drop_id, **changes))


def a_pool(pool_id: str = "aurora/item/shoe", *, capacity: int = 10, held: int = 0, sold: int = 0) -> Pool:
    """A pool whose drop and kind are what its id says."""
    drop_id, kind, _ = pool_id.split("/", 2)
    return Pool(pool_id, drop_id, kind, capacity, held, sold)


def a_quote(quantity: int = 1) -> Quote:
    """The price of some shoes."""
    total = PRICE * quantity
    return Quote("EUR", (QuoteLine("shoe", quantity, PRICE, 0, total),), total, 0, total)


def a_checkout(checkout_id: str | None = None, *, now: datetime = NOON, quantity: int = 1, **changes: Any) -> Checkout:
    """A reservation of shoes, five minutes long."""
    checkout = Checkout(
        id=checkout_id or new_id(),
        drop_id="aurora",
        buyer="ada",
        state="reserved",
        quote=a_quote(quantity),
        claims=Claims({item_pool("aurora", "shoe"): quantity}),
        deadline=now + timedelta(minutes=5),
        created_at=now,
    )
    return replace(checkout, **changes)


def an_attempt(checkout: Checkout, n: int = 1, **changes: Any) -> Attempt:
    """An attempt to pay `checkout` that was just sent."""
    attempt = Attempt(
        checkout_id=checkout.id,
        n=n,
        gateway="sandbox",
        state="sent",
        key=f"{checkout.id}/{n}",
        method="pm_ok",
        amount=checkout.quote.total,
        currency=checkout.quote.currency,
        fence=checkout.fence,
        began_at=checkout.created_at,
    )
    return replace(attempt, **changes)


def an_order(checkout: Checkout, **changes: Any) -> Order:
    """The order that `checkout` became."""
    order = Order(
        id=checkout.id,
        drop_id=checkout.drop_id,
        buyer=checkout.buyer,
        amount=checkout.quote.total,
        currency=checkout.quote.currency,
        gateway="sandbox",
        gateway_ref="ref-1",
        attempt_n=1,
        placed_at=checkout.created_at,
    )
    return replace(order, **changes)


def an_entry(order: Order, entry: int = 0, **changes: Any) -> Entry:
    """The journal entry of a sale."""
    accounts = (f"receivable:{order.gateway}", "revenue:house")
    amounts = (order.amount, -order.amount)
    return replace(Entry(order.id, entry, "sale", order.placed_at, order.currency, accounts, amounts), **changes)


def a_task(checkout: Checkout, n: int = 1, **changes: Any) -> Task:
    """To ask the gateway what became of attempt `n`, due since the checkout was made."""
    task = Task(task_id(checkout.id, n), "resolve", checkout.drop_id, checkout.id, n, checkout.created_at)
    return replace(task, **changes)


def a_finding(kind: str = "authorization_left_open", **changes: Any) -> Finding:
    """A payment that nobody will use, to be voided."""
    detail: dict[str, str | int] = {"gateway": "sandbox", "ref": "ref-1", "amount": PRICE, "checkout": "", "n": 0}
    name = finding_id(kind, "sandbox/ref-1")
    finding = Finding(name, kind, "sandbox/ref-1", "aurora", "repairing", "void", detail, NOON, NOON)
    return replace(finding, **changes)


def a_refund(checkout: Checkout, n: int = 1, **changes: Any) -> RefundRow:
    """A refund of a hundred cents that was just asked for."""
    row = RefundRow(
        checkout.id,
        n,
        new_id(),
        "requested",
        100,
        "EUR",
        "sandbox",
        "ref-1",
        "late",
        False,
        "shop",
        checkout.created_at,
    )
    return replace(row, **changes)


def a_key(key: str = "key-1", *, now: datetime = NOON, **changes: Any) -> StoredKey:
    """An idempotency key that has its answer."""
    return replace(StoredKey("ada POST /v1/checkouts", key, b"\x01\x02", now, 201, b'{"id": 1}'), **changes)
