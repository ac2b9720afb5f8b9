"""Questions to PostgreSQL that lock nothing for longer than themselves; see `ports.Reads`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.ports import AftersaleCounts, DueCheckout
from race_to_purchase.rules.aftersale import DisputeRow
from race_to_purchase.rules.rows import Attempt, Checkout, DropRow, GatewayStatus, Happened, Order, Pool, Task, TaskKind
from race_to_purchase.rules.snapshot import AftersaleTables
from race_to_purchase.store.aftersale import disputes_of, first_id, read_after
from race_to_purchase.store.postgres import translated
from race_to_purchase.store.statements import statement
from race_to_purchase.store.wire import checkout_of, claims_of, drop_of

_happened = msgspec.json.Decoder(Happened)


class PostgresReads:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def _row(self, name: str, *arguments: Any) -> Any:
        with translated:
            return await self._pool.fetchrow(statement(name), *arguments)

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with translated:
            return list(await self._pool.fetch(statement(name), *arguments))

    async def drop(self, drop_id: str) -> DropRow | None:
        """See the port."""
        row = await self._row("read_drops", [drop_id])
        return None if row is None else drop_of(row)

    async def drops(self) -> Sequence[DropRow]:
        """See the port."""
        return [drop_of(row) for row in await self._rows("all_drops")]

    async def shared_pools(self, drop_id: str) -> Sequence[Pool]:
        """See the port."""
        return [Pool(*row) for row in await self._rows("shared_pools", drop_id)]

    async def checkout(self, checkout_id: str) -> Checkout | None:
        """See the port."""
        row = await self._row("read_checkout", checkout_id)
        return None if row is None else checkout_of(tuple(row))

    async def attempt(self, checkout_id: str, n: int) -> Attempt | None:
        """See the port."""
        row = await self._row("read_attempt", checkout_id, n)
        return None if row is None else Attempt(*row)

    async def order(self, order_id: str) -> Order | None:
        """See the port."""
        row = await self._row("read_order", order_id)
        return None if row is None else Order(*row)

    async def after(self, order_id: str) -> AftersaleTables:
        """See the port."""
        with translated:
            return await read_after(self._pool, [order_id])

    async def open_disputes(self, limit: int) -> Sequence[DisputeRow]:
        """See the port."""
        return disputes_of((await self._row("open_disputes", limit))["disputes"])

    async def aftersale_counts(self, since: datetime) -> AftersaleCounts:
        """See the port."""
        return AftersaleCounts(*await self._row("count_aftersale", first_id(since)))

    async def history(self, checkout_id: str) -> Sequence[Happened]:
        """See the port."""
        rows = await self._rows("read_history", checkout_id)
        happened = [line for row in rows for line in _happened.decode_lines(row["history"])]
        return sorted(happened, key=lambda line: line.at)

    async def next_deadline(self, drop_id: str) -> datetime | None:
        """See the port."""
        row = await self._row("next_deadline", drop_id)
        return None if row is None else row["deadline"]

    async def now(self) -> datetime:
        """See the port."""
        row = await self._row("now")
        now: datetime = row["now"]
        return now

    async def first_deadline(self) -> datetime | None:
        """See the port."""
        row = await self._row("first_deadline")
        return None if row is None else row["deadline"]

    async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
        """See the port."""
        rows = await self._rows("overdue", since, until, limit)
        return [DueCheckout(row["id"], row["drop_id"], claims_of(row["claims"]).pools, row["deadline"]) for row in rows]

    async def take_tasks(self, kinds: Sequence[TaskKind], limit: int, lease_s: float) -> Sequence[Task]:
        """See the port."""
        rows = await self._rows("take_tasks", list(kinds), limit, lease_s)
        return [Task(row["id"], *list(row)[1:]) for row in rows]

    async def gateways_owed(self) -> Sequence[str]:
        """The gateways at which payments or refunds are not finished; for a start, with all of `task` to read."""
        return [row["gateway"] for row in await self._rows("gateways_owed")]

    async def waiting_since(self, gateway: str) -> Sequence[datetime]:
        """See the port."""
        return [row["began_at"] for row in await self._rows("waiting_since", gateway)]

    async def gateways(self) -> Sequence[GatewayStatus]:
        """See the port."""
        return [GatewayStatus(*row) for row in await self._rows("all_gateways")]

    async def forget_keys(self, older_than_s: float, limit: int) -> int:
        """See the port."""
        with translated:
            status = await self._pool.execute(statement("forget_keys"), older_than_s, limit)
        return int(status.split()[-1])

    async def ready(self) -> None:
        """See the port."""
        row = await self._row("ready")
        if row["read_only"]:
            raise DatabaseUnavailable(reason="the server is a standby and takes no writes")
