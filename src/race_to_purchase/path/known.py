"""What is known of drops and checkouts and never changes, so that a command can name its partition and its pools.

Only immutable facts are kept, so that nothing here can be stale: a drop's flow and door, and
a checkout's drop, buyer and claims.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from race_to_purchase.ports import Reads
from race_to_purchase.rules.drop import Flow
from race_to_purchase.rules.rows import Checkout

CHECKOUTS_MAX = 20_000
"""Remembered in this process; about 700 bytes each."""


class KnownCheckout(msgspec.Struct, frozen=True):
    """Where a checkout belongs, what it may change, and what it costs, in minor units."""

    id: str
    drop_id: str
    buyer: str
    pools: tuple[str, ...]
    amount: int
    currency: str


class Entrance(msgspec.Struct, frozen=True):
    """How one comes into a drop: its flow, and whether it has a door."""

    flow: Flow
    door: bool


class Known:
    """See the module."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._entrances: dict[str, Entrance] = {}
        self._checkouts: OrderedDict[str, KnownCheckout] = OrderedDict()

    async def entrance(self, drop_id: str) -> Entrance | None:
        """The way into a drop; None if there is no such drop (asked again each time: it may be made any moment)."""
        entrance = self._entrances.get(drop_id)
        if entrance is None:
            row = await self._reads.drop(drop_id)
            if row is None:
                return None
            definition = row.definition
            entrance = self._entrances[drop_id] = Entrance(definition.flow, definition.door is not None)
        return entrance

    def remember(self, checkout: Checkout) -> KnownCheckout:
        """Keep what never changes of a checkout."""
        quote = checkout.quote
        known = KnownCheckout(
            checkout.id, checkout.drop_id, checkout.buyer, checkout.claims.pools, quote.total, quote.currency
        )
        self._checkouts[checkout.id] = known
        if len(self._checkouts) > CHECKOUTS_MAX:
            self._checkouts.popitem(last=False)
        return known

    async def checkout(self, checkout_id: str) -> KnownCheckout | None:
        """A checkout, remembered or read; None if there is no such checkout."""
        known = self._checkouts.get(checkout_id)
        if known is not None:
            return known
        checkout = await self._reads.checkout(checkout_id)
        return None if checkout is None else self.remember(checkout)
