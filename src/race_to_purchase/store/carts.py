"""Carts in PostgreSQL; see `ports.Carts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.rules.cart import Cart
from race_to_purchase.rules.commands import Line
from race_to_purchase.store.postgres import translated
from race_to_purchase.store.statements import statement

_lines = msgspec.json.Decoder(tuple[Line, ...])


class PostgresCarts:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def read(self, buyer: str, drop_id: str) -> Cart:
        """See the port."""
        with translated:
            row = await self._pool.fetchrow(statement("cart_read"), buyer, drop_id)
        return Cart(buyer, drop_id) if row is None else _cart(row)

    async def of(self, buyer: str) -> Sequence[Cart]:
        """See the port."""
        with translated:
            return [_cart(row) for row in await self._pool.fetch(statement("carts_of"), buyer)]

    async def write(self, cart: Cart) -> Cart | None:
        """See the port."""
        lines = msgspec.json.encode(cart.lines).decode()
        with translated:
            row = await self._pool.fetchrow(statement("cart_write"), cart.buyer, cart.drop_id, lines, cart.version)
        return None if row is None else _cart(row)

    async def forget(self, older_than_s: float, limit: int) -> int:
        """See the port."""
        with translated:
            status = await self._pool.execute(statement("carts_forget"), older_than_s, limit)
        return int(status.split()[-1])


def _cart(row: Any) -> Cart:
    buyer, drop_id, lines, version, changed_at = row
    return Cart(buyer, drop_id, _lines.decode(lines), version, changed_at)
