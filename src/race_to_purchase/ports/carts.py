"""Where carts live: each a row of its own, which no decision about stock or money reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from race_to_purchase.rules.cart import Cart


class Carts(Protocol):
    """Durable before a change is answered. All methods raise DatabaseUnavailable."""

    async def read(self, buyer: str, drop_id: str) -> Cart:
        """A buyer's cart in a drop; of version 0, and empty, where none is stored."""
        ...

    async def of(self, buyer: str) -> Sequence[Cart]:
        """All carts of a buyer that have lines, by drop."""
        ...

    async def write(self, cart: Cart) -> Cart | None:
        """Store it as the version after its own; None where that is not the stored one any more, and nothing changed.

        A buyer without carts may begin one with version 0. `changed_at` is set by the database's clock.
        """
        ...

    async def forget(self, older_than_s: float, limit: int) -> int:
        """Delete carts that have not changed for so long, `limit` at most; how many were deleted."""
        ...
