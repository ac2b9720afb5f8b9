"""What a demo sells, and what an onlooker can see of it over HTTP: the stock at any moment, every order afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from race_to_purchase.edge.line.shapes import WatchedLine
from race_to_purchase.errors import RaceError
from race_to_purchase.rehearse.crowd.diary import Purchase
from race_to_purchase.rehearse.crowd.plan import Sale
from race_to_purchase.rehearse.crowd.wire import Lost, Reply, Wire
from race_to_purchase.rehearse.demo.door import line_of
from race_to_purchase.rehearse.live import Shelf
from race_to_purchase.rules.drop import Drop, Item, item_pool
from race_to_purchase.rules.line.door import Door

LIMIT_PER_BUYER = 2
SIZES = (("42", 15900, 30), ("43", 15900, 27), ("41", 15900, 23), ("44", 16900, 20))
"""Size, price in cents, and share of the stock in percent, the favourite first."""
TRIES = 30
PAUSE_S = 1.0
"""Longer than a PostgreSQL that somebody killed takes to come back: a demo is the place to try that."""


class ShopRefused(RaceError):
    """The demo's server answered {status} to {what}: {body}"""

    code = "demo_shop_refused"


class ShopSilent(RaceError):
    """The demo's server did not answer to {what}: {reason}"""

    code = "demo_shop_silent"


class Look(msgspec.Struct, frozen=True):
    """The shelves at one moment; `consistent` where nothing is below zero and no shelf holds more than its stock."""

    shelves: tuple[Shelf, ...]
    consistent: bool


class _Pool(msgspec.Struct, frozen=True):
    id: str
    kind: str
    capacity: int
    held: int
    sold: int


class _Watched(msgspec.Struct, frozen=True):
    pools: tuple[_Pool, ...]


class _Order(msgspec.Struct, frozen=True):
    id: str
    amount: int
    currency: str


def drop(drop_id: str, opens_at_s: float, stock: int, reservation_s: int, door: Door | None = None) -> Drop:
    """A drop of `stock` pairs in several sizes, as far as there are pairs."""
    return Drop(
        id=drop_id,
        title="Aurora One",
        opens_at=datetime.fromtimestamp(opens_at_s, UTC),
        currency="EUR",
        items=tuple(
            Item(id=f"aurora-{size}", title=f"EU {size}", price=price, stock=pairs)
            for (size, price, _), pairs in zip(SIZES, split(stock, [share for _, _, share in SIZES]), strict=True)
            if pairs
        ),
        reservation_seconds=reservation_s,
        limit_per_buyer=LIMIT_PER_BUYER,
        door=door,
    )


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts by weight; what rounding leaves goes to the first ones."""
    parts = [total * weight // sum(weights) for weight in weights]
    for place in range(total - sum(parts)):
        parts[place % len(parts)] += 1
    return parts


def sale(definition: Drop, arrival_s: float, methods: dict[str, str]) -> Sale:
    """What the crowd knows of a drop, and what its cards are called there."""
    assert definition.limit_per_buyer is not None
    return Sale(
        drop=definition.id,
        opens_at_s=definition.opens_at.timestamp(),
        currency=definition.currency,
        prices={item.id: item.price for item in definition.items},
        limit_per_buyer=definition.limit_per_buyer,
        reservation_s=definition.reservation_seconds,
        arrival_s=arrival_s,
        methods=methods,
        line=line_of(definition),
    )


class Shop:
    """The demo's side of the server: an operator who puts the drop and looks, and a storefront that asks for orders."""

    def __init__(self, definition: Drop, admin: Wire, storefront: Wire) -> None:
        self.drop = definition
        self._admin = admin
        self._storefront = storefront
        self.looks = 0
        self.inconsistent_looks = 0

    async def watched_line(self) -> WatchedLine | None:
        """The line as its operator sees it; None where the drop has no door. Raises ShopRefused or ShopSilent."""
        if self.drop.door is None:
            return None
        reply = await self._ask("GET", b"", "a look at the line", 200, "/line")
        return msgspec.json.decode(reply.body, type=WatchedLine)

    async def put(self) -> None:
        """Create the drop. Raises ShopRefused or ShopSilent."""
        await self._ask("PUT", msgspec.json.encode(self.drop), "the drop", 201)

    async def look(self) -> Look:
        """The shelves now; every look is counted. Raises ShopRefused or ShopSilent."""
        reply = await self._ask("GET", b"", "a look at the stock", 200)
        pools = {pool.id: pool for pool in msgspec.json.decode(reply.body, type=_Watched).pools}
        found = look(self.drop, pools)
        self.looks += 1
        self.inconsistent_looks += not found.consistent
        return found

    async def _ask(self, method: str, body: bytes, what: str, expected: int, below: str = "") -> Reply:
        """Ask as the operator, again where nobody answers or 503 is answered."""
        reason = ""
        for _ in range(TRIES):
            try:
                reply = await self._admin.ask(method, f"/v1/admin/drops/{self.drop.id}{below}", None, body)
            except Lost as error:
                reason = str(error)
            else:
                if reply.status == expected:
                    return reply
                reason = reply.body.decode(errors="replace")
                if reply.status != 503:
                    raise ShopRefused(status=reply.status, what=what, body=reason)
            await asyncio.sleep(PAUSE_S)
        raise ShopSilent(what=what, reason=reason)

    async def verify(self, purchases: Iterable[Purchase]) -> tuple[int, int]:
        """How many of the answered orders do not exist, and how many have another amount or currency."""
        found = await asyncio.gather(*(self._verify(purchase) for purchase in purchases))
        return sum(order is None for order in found), sum(order is False for order in found)

    async def _verify(self, purchase: Purchase) -> bool | None:
        """Whether the order is as it was answered; None where there is none."""
        for _ in range(TRIES):
            try:
                reply = await self._storefront.ask("GET", f"/v1/orders/{purchase.order}", None, b"")
            except Lost:
                continue
            if reply.status == 200:
                order = msgspec.json.decode(reply.body, type=_Order)
                told = (purchase.order, purchase.amount, purchase.currency)
                return (order.id, order.amount, order.currency) == told
            if reply.status == 404:
                return None
            await asyncio.sleep(PAUSE_S)
        return None


def look(definition: Drop, pools: dict[str, _Pool]) -> Look:
    """The shelves of a drop, as its pools are. A pool that is missing is inconsistent too."""
    shelves: list[Shelf] = []
    consistent = True
    for item in definition.items:
        pool = pools.get(item_pool(definition.id, item.id))
        if pool is None:
            consistent = False
            continue
        shelves.append(Shelf(item.title, pool.capacity, pool.held, pool.sold))
        fits = pool.held >= 0 and pool.sold >= 0 and pool.held + pool.sold <= pool.capacity == item.stock
        consistent = consistent and fits
    return Look(tuple(shelves), consistent)
