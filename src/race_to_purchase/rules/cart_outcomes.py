"""What stands in the way of a cart; see `outcomes`, which they belong to."""

from __future__ import annotations

import msgspec


class PriceChanged(msgspec.Struct, frozen=True):
    """The buyer has seen another price of `item` (`was`) than it has now; both in minor units."""

    item: str
    was: int
    price: int


class CartChanged(msgspec.Struct, frozen=True):
    """The cart is not the one that the buyer has seen: it is at `version` now."""

    version: int


class CartEmpty(msgspec.Struct, frozen=True):
    """There is nothing in the cart."""


class CartFull(msgspec.Struct, frozen=True):
    """A cart has `limit` lines at most."""

    limit: int
