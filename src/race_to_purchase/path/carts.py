"""Carts, before anything is reserved: read, change, merge.

They do not go through the committer, since they count nothing: what a cart holds is decided when it is reserved. Each
is one row that is written on its version: where somebody else was faster, the change is made again on what they left.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from msgspec.structs import replace

from race_to_purchase.errors import Overloaded
from race_to_purchase.ports import Carts, Reads
from race_to_purchase.rules import cart as rules
from race_to_purchase.rules.cart import Cart, CartView
from race_to_purchase.rules.cart_outcomes import CartChanged, CartFull
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.outcomes import Unknown

TRIES_MAX = 50
"""One buyer's own tabs get in each other's way a few times; so many is an attack, or a mistake."""

PAUSE_S_MAX = 0.05

Change = Callable[[Cart], Cart | Unknown | CartFull]


class CartDesk:
    """All carts; `kept_s` is how long one lasts that nobody changes."""

    def __init__(self, carts: Carts, reads: Reads, kept_s: float) -> None:
        self._carts = carts
        self._reads = reads
        self._kept = timedelta(seconds=kept_s)

    async def read(self, buyer: str, drop_id: str) -> Cart:
        """The cart as it is stored."""
        return await self._carts.read(buyer, drop_id)

    async def show(self, buyer: str, drop_id: str) -> CartView | Unknown:
        """The cart at the prices of now."""
        row = await self._reads.drop(drop_id)
        if row is None:
            return Unknown("drop", drop_id)
        return self._view(await self._carts.read(buyer, drop_id), row.definition)

    async def put(
        self,
        buyer: str,
        drop_id: str,
        lines: tuple[Line, ...],
        how: Literal["set", "replace"],
        version: int | None,
    ) -> CartView | Unknown | CartFull | CartChanged:
        """Change it; with a `version`, only if it is still that one."""
        row = await self._reads.drop(drop_id)
        if row is None:
            return Unknown("drop", drop_id)
        drop = row.definition
        done = await self._change(buyer, drop_id, lambda cart: rules.put(cart, drop, lines, how), version)
        return self._view(done, drop) if isinstance(done, Cart) else done

    async def merge(self, guest: str, customer: str) -> None:
        """Put what a guest wanted into the carts of the customer that they turned out to be.

        The customer's is written first: whoever dies between the two merges again, which changes nothing.
        """
        for left in await self._carts.of(guest):
            cart: Cart | None = left
            while cart is not None and cart.lines:
                await self._change(customer, cart.drop_id, _merging(cart), None)
                if await self._carts.write(replace(cart, lines=())) is not None:
                    break
                cart = await self._carts.read(guest, cart.drop_id)

    async def _change(
        self, buyer: str, drop_id: str, change: Change, version: int | None
    ) -> Cart | Unknown | CartFull | CartChanged:
        for _ in range(TRIES_MAX):
            cart = await self._carts.read(buyer, drop_id)
            if version is not None and version != cart.version:
                return CartChanged(cart.version)
            after = change(cart)
            if not isinstance(after, Cart):
                return after
            if after.lines == cart.lines:
                return cart
            written = await self._carts.write(after)
            if written is not None:
                return written
            await asyncio.sleep(random.uniform(0, PAUSE_S_MAX))
        raise Overloaded()

    def _view(self, cart: Cart, drop: Drop) -> CartView:
        expires_at = None if cart.changed_at is None else cart.changed_at + self._kept
        return rules.view(cart, drop, expires_at)


def _merging(other: Cart) -> Change:
    return lambda cart: rules.merged(cart, other)
