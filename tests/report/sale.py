"""A small sale as rows: three checkouts of one drop, one order each kind of end, and one checkout of another drop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import uuid_utils

from race_to_purchase.observe.series import Counted
from race_to_purchase.rules.drop import Drop, Item, item_pool
from race_to_purchase.rules.rows import Happened, Quote, QuoteLine
from race_to_purchase.store.report import Way
from race_to_purchase.store.series import PostgresSeries
from tests.samples import NOON

DROP = Drop("aurora", "Aurora <One>", NOON, "EUR", (Item("shoe", "Shoe", 11_900, 3),), tax_percent=19)

DROPS = "INSERT INTO drops (id, definition, opens_at) VALUES ($1, $2::jsonb, $3)"
POOL = "INSERT INTO pool (id, drop_id, kind, capacity, held, sold) VALUES ($1, $2, 'item', 3, 0, 3)"
CHECKOUT = """
    INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at, live_n, history)
    VALUES ($1, $2, 'ada', $3, $4, '{}', $5, $5, $6, $7)"""
ATTEMPT = """
    INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at, gateway_ref)
    VALUES ($1, 1, 'sandbox', $2, $3, 'pm', 11900, 'EUR', 0, $4, 'ref')"""
ORDER = """
    INSERT INTO orders (id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at)
    VALUES ($1, $2, 'ada', $3, 'EUR', 'sandbox', 'ref', 1, $4)"""
ENTRY = """
    INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts)
    VALUES ($1, $2, $3, $4, 'EUR', $5, $6)"""
EVENT = "INSERT INTO event (at, stream, kind, data) VALUES ($1, $2, $3, $4::jsonb)"


def way(*told: tuple[str, float], state: str = "fulfilled", pieces: int = 1, ordered: bool = True) -> Way:
    """A checkout to which this happened, so many seconds after the opening."""
    history = [Happened("c", what, NOON + timedelta(seconds=at_s)) for what, at_s in told]
    return Way(state, quote(pieces), history, int(ordered), ordered, "captured" if ordered else "")


def quote(pieces: int) -> Quote:
    """The price of so many shoes, with tax in it."""
    total, tax = 11_900 * pieces, 1_900 * pieces
    return Quote("EUR", (QuoteLine("shoe", pieces, 11_900, 0, total, tax),), total, 0, total, None, tax)


async def fill(dsn: str, told: Sequence[tuple[str, str, dict[str, Any]]] = ()) -> None:
    """Write the sale; `told` are further events, by stream and kind."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1, server_settings={"search_path": "race"})
    try:
        for drop in (DROP, msgspec.structs.replace(DROP, id="borealis")):
            await pool.execute(DROPS, drop.id, msgspec.json.encode(drop).decode(), drop.opens_at)
            await pool.execute(POOL, item_pool(drop.id, "shoe"), drop.id)
        await _buy(pool, "aurora", pieces=2, at_s=1)
        await _buy(pool, "aurora", pieces=1, at_s=4)
        await _leave(pool, "aurora", at_s=2)
        await _buy(pool, "borealis", pieces=3, at_s=1)
        for stream, kind, data in told:
            await pool.execute(EVENT, NOON, stream, kind, msgspec.json.encode(data).decode())
        await _count(pool)
    finally:
        await pool.close()


async def _buy(pool: asyncpg.Pool, drop: str, *, pieces: int, at_s: float) -> None:
    id_, at = str(uuid_utils.uuid7()), NOON + timedelta(seconds=at_s)
    history = _lines(("reserved", at_s), ("paid", at_s + 1), ("fulfilled", at_s + 2))
    total, tax = 11_900 * pieces, 1_900 * pieces
    await pool.execute(CHECKOUT, id_, drop, "fulfilled", msgspec.json.encode(quote(pieces)).decode(), at, 1, history)
    await pool.execute(ATTEMPT, id_, "captured", id_, at)
    await pool.execute(ORDER, id_, drop, total, at)
    accounts = ["receivable:sandbox", "revenue:house", "tax:house"]
    await pool.execute(ENTRY, id_, 0, "sale", at, accounts, [total, tax - total, -tax])


async def _leave(pool: asyncpg.Pool, drop: str, *, at_s: float) -> None:
    at = NOON + timedelta(seconds=at_s)
    history = _lines(("reserved", at_s), ("expired", at_s + 1))
    price = msgspec.json.encode(quote(1)).decode()
    await pool.execute(CHECKOUT, str(uuid_utils.uuid7()), drop, "expired", price, at, 0, history)


def _lines(*told: tuple[str, float]) -> str:
    happened = (Happened("c", what, NOON + timedelta(seconds=at_s)) for what, at_s in told)
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in happened)


async def _count(pool: asyncpg.Pool) -> None:
    """What two processes counted, 3 s after the opening."""
    one = Counted(
        counts={
            "race_orders_total": {("sandbox",): 1},
            "race_reservations_total": {(): 2},
            "race_reservations_refused_total": {("sold_out",): 7},
        },
        levels={"race_drop_burn_rate": {(): 2.5}},
    )
    series = PostgresSeries(pool)
    for source in ("one", "two"):
        await series.write(source, {"aurora": one, "borealis": one, "": Counted()}, NOON)
    await pool.execute("UPDATE series SET at = $1", NOON + timedelta(seconds=3))
