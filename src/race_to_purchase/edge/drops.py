"""A drop as everybody may see it, from a cache that is a quarter of a second old at most.

Before a sale opens, everybody reloads this one page. However many ask, one look-up per drop is under way at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.reply import Reply
from race_to_purchase.edge.shapes import DropOnSale, ItemOnSale, Phase, Stock
from race_to_purchase.operate.drops import Catalogue, DropState
from race_to_purchase.path.looks import Looks
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.drop import Item, in_flight_pool, item_pool
from race_to_purchase.rules.outcomes import Unknown
from race_to_purchase.rules.rows import DropRow, Pool

CACHE_S = 0.25
CACHE_CONTROL = b"public, max-age=1"

FEW_PIECES = 5
FEW_PERCENT = 10
"""`few` are left at this many pieces, or at this share of the stock."""

_encode = msgspec.json.Encoder().encode


class DropsOnSale:
    """Handlers of `/v1/drops`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._looks = Looks(self._look, CACHE_S)

    async def show(self, call: Call) -> Answer:
        """GET /v1/drops/{drop}."""
        return await self._looks.of(call.drop())

    async def _look(self, drop_id: str) -> Answer:
        seen = await self._catalogue.drop(drop_id)
        if seen is None:
            return answer(Unknown("drop", drop_id))
        return Reply(200, _encode(on_sale(seen)), cache_control=CACHE_CONTROL)


def on_sale(seen: DropState) -> DropOnSale:
    """What everybody may know of a drop that stood like this."""
    drop, pools = seen.row.definition, seen.pools
    items = tuple(
        ItemOnSale(
            item.id,
            item.title,
            item.price,
            _stock(item, pools.get(item_pool(drop.id, item.id)), pools.get(in_flight_pool(drop.id, item.id))),
        )
        for item in drop.items
    )
    return DropOnSale(
        id=drop.id,
        title=drop.title,
        phase=_phase(seen.row, items, seen.now),
        flow=drop.flow,
        opens_at=drop.opens_at,
        closes_at=drop.closes_at,
        currency=drop.currency,
        reservation_seconds=drop.reservation_seconds,
        limit_per_buyer=drop.limit_per_buyer,
        door=drop.door is not None,
        promos=bool(drop.promos),
        items=items,
    )


def _phase(row: DropRow, items: Iterable[ItemOnSale], now: datetime) -> Phase:
    drop = row.definition
    if row.closed_at is not None or (drop.closes_at is not None and now >= drop.closes_at):
        return "closed"
    if now < drop.opens_at:
        return "announced"
    return "sold_out" if all(item.stock == "sold_out" for item in items) else "open"


def _stock(item: Item, pool: Pool | None, in_flight: Pool | None) -> Stock:
    """`in_flight` bounds the payments of a payment-first item: while it is full, nobody else gets in."""
    if pool is None or pool.sold >= pool.capacity:
        return "sold_out"
    free = pool.free if in_flight is None else min(pool.free, in_flight.free)
    if free <= 0:
        return "all_reserved"
    if free <= FEW_PIECES or free * 100 <= item.stock * FEW_PERCENT:
        return "few"
    return "plenty"
