"""Carts in memory; see `ports.Carts`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from race_to_purchase.rules.cart import Cart


class MemoryCarts:
    """Of one process, by the given `clock`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._stored: dict[tuple[str, str], Cart] = {}

    async def read(self, buyer: str, drop_id: str) -> Cart:
        """See the port."""
        return self._stored.get((buyer, drop_id), Cart(buyer, drop_id))

    async def of(self, buyer: str) -> Sequence[Cart]:
        """See the port."""
        return [cart for key, cart in sorted(self._stored.items()) if key[0] == buyer and cart.lines]

    async def write(self, cart: Cart) -> Cart | None:
        """See the port."""
        if (await self.read(cart.buyer, cart.drop_id)).version != cart.version:
            return None
        after = replace(cart, version=cart.version + 1, changed_at=self._clock())
        self._stored[cart.buyer, cart.drop_id] = after
        return after

    async def forget(self, older_than_s: float, limit: int) -> int:
        """See the port."""
        since = self._clock() - timedelta(seconds=older_than_s)
        old = [key for key, cart in self._stored.items() if cart.changed_at is not None and cart.changed_at < since]
        for key in old[:limit]:
            del self._stored[key]
        return len(old[:limit])
