"""The inbox in PostgreSQL; see `ports.Inbox`.

Messages that arrive together are inserted together, one insert at a time and process: a flood of them takes one of the
connections that sell, and not all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.batching import Batcher
from race_to_purchase.rules.messages import Heap, Kept, Message, MessageState, WebhookEvent, Worked
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

_Row = tuple[str, str, str, str, str | None, datetime, str, bytes]
"""Id, gateway, kind, ref, reference, created_at, data, body: as `inbox_keep` takes them."""


class PostgresInbox:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._arriving = Batcher[_Row, bool](self._insert)

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                return list(await connection.fetch(statement(name), *arguments))

    async def keep(self, gateway: str, event: WebhookEvent, body: bytes) -> bool:
        """See the port."""
        data = msgspec.json.encode(event.data).decode()
        return await self._arriving.submit(
            (f"{gateway}/{event.id}", gateway, event.kind, event.ref, event.reference, event.created_at, data, body)
        )

    async def _insert(self, rows: Sequence[_Row]) -> Sequence[bool]:
        """Of the same message twice in one batch, the first is new."""
        new = {row["id"] for row in await self._rows("inbox_keep", *_columns(rows))}
        told = []
        for row in rows:
            told.append(row[0] in new)
            new.discard(row[0])
        return told

    async def take(self, gateway: str, limit: int, lease_s: float) -> Sequence[Message]:
        """See the port."""
        return [
            Message(
                row["id"],
                gateway,
                WebhookEvent(
                    row["id"].removeprefix(f"{gateway}/"),
                    row["kind"],
                    row["ref"],
                    row["reference"],
                    row["created_at"],
                    msgspec.json.decode(row["data"]),
                ),
                row["attempt"],
                row["tries"],
            )
            for row in await self._rows("inbox_take", gateway, limit, lease_s)
        ]

    async def put(self, worked: Sequence[Worked]) -> None:
        """See the port."""
        await self._rows("inbox_put", *_columns([(one.id, one.state, one.outcome, one.again_s) for one in worked]))

    async def listed(self, state: MessageState, limit: int) -> Sequence[Kept]:
        """See the port."""
        return [Kept(*row) for row in await self._rows("inbox_listed", state, limit)]

    async def heaps(self) -> Sequence[Heap]:
        """See the port."""
        return [Heap(*row) for row in await self._rows("inbox_heaps")]

    async def forget(self, done_s: float, left_s: float, limit: int) -> int:
        """See the port."""
        with translated:
            status = await self._pool.execute(statement("inbox_forget"), done_s, left_s, limit)
        return int(status.split()[-1])


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]
