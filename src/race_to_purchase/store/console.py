"""What the console asks, on PostgreSQL; see `ports.ConsoleReads`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.ports.console import (
    Acted,
    Found,
    FoundBy,
    GatewayRow,
    Message,
    Owed,
    Purchase,
    RowsNow,
    TooMuchToSearch,
)
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.rows import Attempt, Entry, Happened, Order, Pool, Quote, Task
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement
from race_to_purchase.store.wire import checkout_of

SEARCH_S_MAX = 2.0
"""What a search may take: whoever searches must not be felt by those who buy."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_drop = msgspec.json.Decoder(Drop).decode
_pools = msgspec.json.Decoder(tuple[Pool, ...]).decode
_line = msgspec.json.Decoder(LineRow).decode
_owed = msgspec.json.Decoder(tuple[Owed, ...]).decode
_gateways = msgspec.json.Decoder(tuple[GatewayRow, ...]).decode
_actions = msgspec.json.Decoder(tuple[Acted, ...]).decode
_data = msgspec.json.Decoder(dict[str, Any]).decode
_quote = msgspec.json.Decoder(Quote).decode
_happened = msgspec.json.Decoder(Happened)


class PostgresConsole:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def rows_now(self, drop_id: str, actions: int) -> RowsNow | None:
        """See the port."""
        rows = await self._rows("console_rows", drop_id, actions)
        if not rows:
            return None
        row = rows[0]
        return RowsNow(
            now=row["now"],
            definition=_drop(row["definition"]),
            closed_at=row["closed_at"],
            version=row["version"],
            pools=_pools(row["pools"]),
            line=None if row["line"] is None else _line(row["line"]),
            late=row["late"],
            expiring=row["expiring"],
            overdue=row["overdue"],
            owed=_owed(row["owed"]),
            gateways=_gateways(row["gateways"]),
            actions=_actions(row["actions"]),
        )

    async def actions(self, drop_id: str, most: int) -> Sequence[Acted]:
        """See the port."""
        rows = await self._rows("console_actions", drop_id, most)
        return [Acted(row["seq"], row["at"], row["stream"], row["kind"], _data(row["data"])) for row in rows]

    async def search(self, text: str, since: datetime, most: int) -> Sequence[Found]:
        """See the port."""
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                try:
                    return await _search(connection, text, since, most)
                except TimeoutError:
                    raise TooMuchToSearch from None

    async def purchase(self, checkout_id: str) -> Purchase | None:
        """See the port."""
        rows = await self._rows("read_checkout", checkout_id)
        if not rows:
            return None
        checkout = checkout_of(tuple(rows[0]))
        attempts = tuple(Attempt(*row) for row in await self._rows("console_attempts", checkout_id))
        refs = [attempt.gateway_ref for attempt in attempts if attempt.gateway_ref]
        orders = await self._rows("read_order", checkout_id)
        histories = await self._rows("read_history", checkout_id)
        happened = [line for row in histories for line in _happened.decode_lines(row["history"])]
        entries = await self._rows("console_entries", checkout_id)
        messages = await self._rows("console_messages", checkout_id, checkout.created_at, refs)
        return Purchase(
            checkout=checkout,
            attempts=attempts,
            order=Order(*orders[0]) if orders else None,
            history=tuple(sorted(happened, key=lambda line: line.at)),
            entries=tuple(map(_entry, entries)),
            tasks=tuple(Task(*row) for row in await self._rows("console_tasks", checkout_id)),
            messages=tuple(Message(*row) for row in messages),
        )

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                return list(await connection.fetch(statement(name), *arguments))


async def _search(connection: Any, text: str, since: datetime, most: int) -> list[Found]:
    """Ids first, since they say which; then whoever has this name."""
    ids: dict[str, FoundBy] = dict.fromkeys(map(str.lower, _UUID.findall(text)), "checkout")

    async def rows(name: str) -> Any:
        return await connection.fetch(statement(name), text, since, most, timeout=SEARCH_S_MAX)

    for row in await rows("console_by_reference"):
        ids.setdefault(row["checkout_id"], "gateway_reference")
    for row in await rows("console_by_key"):
        named = row["checkout_id"] or _named(row["answer"])
        if named is not None:
            ids.setdefault(named, "idempotency_key")
    found = [_found(row, ids[row["id"]]) for row in await connection.fetch(statement("console_by_id"), list(ids))]
    found += [_found(row, "buyer") for row in await rows("console_by_buyer") if row["id"] not in ids]
    return found[:most]


def _found(row: Any, by: FoundBy) -> Found:
    quote = _quote(row["quote"])
    return Found(
        by, row["id"], row["drop_id"], row["buyer"], row["state"], row["created_at"], quote.total, quote.currency
    )


def _entry(row: Any) -> Entry:
    order_id, entry, kind, at, currency, accounts, amounts = row
    return Entry(order_id, entry, kind, at, currency, tuple(accounts), tuple(amounts))


def _named(answer: bytes | None) -> str | None:
    """The checkout or order that a stored answer is about."""
    try:
        told = msgspec.json.decode(answer or b"")
    except msgspec.DecodeError:
        return None
    names = [told.get(name) for name in ("checkout", "order", "id")] if isinstance(told, dict) else []
    return next((name for name in names if isinstance(name, str) and _UUID.fullmatch(name)), None)
