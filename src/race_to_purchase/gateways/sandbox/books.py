"""The sandbox's own books: payments and refunds in the schema `sandbox`, and the statements over them.

They are kept apart from what the shop keeps, as a real gateway's are, so that the two can be compared. Each method is
one transaction of its own; payments that exist are never changed by anything but capture, void and refund.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg
import msgspec

from race_to_purchase.gateways.sandbox.connection import Connection, connect, statement

BOOKS_LOCK = 0x7ACE_5B0C
"""Advisory lock that lets one process make the tables while the others wait."""

NewPayment = tuple[str, str, int, str, str, str, str | None]
"""ref, reference, amount, currency, method, state, decline code."""

NewCapture = tuple[str, int, str]
"""ref, amount, key."""


class Payment(msgspec.Struct, frozen=True):
    """A payment as the books have it; amounts in minor units."""

    ref: str
    reference: str
    amount: int
    currency: str
    method: str
    state: str
    decline_code: str | None
    captured: int
    refunded: int
    capture_key: str | None


class PaidBack(msgspec.Struct, frozen=True):
    """A refund of `amount` of the payment `ref`, made so many seconds ago."""

    ref: str
    amount: int
    age_s: float


class Books:
    """Payments and refunds over two connections: what every purchase writes, with voids, and all that is rare.

    Every method but `prepare` and `close` raises Unanswered where it is unknown whether its statement was run. Rows
    are written in the order of their refs, so that two workers wait for each other instead of blocking each other.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._writing = Connection(dsn)
        self._asking = Connection(dsn)

    async def prepare(self) -> None:
        """Make what is missing of schema and tables. Several processes may do so at once, and any number of times."""
        connection = await connect(self._dsn)
        try:
            async with connection.transaction():
                await connection.execute(statement("lock_books"), BOOKS_LOCK)
                for name in ("create_books", "create_payment", "widen_payment", "index_payment", "create_refund"):
                    await connection.execute(statement(name))
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close every connection."""
        for connection in (self._writing, self._asking):
            await connection.close()

    async def write(
        self, payments: Sequence[NewPayment], captures: Sequence[NewCapture]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Write payments and captures, the refs of each distinct; the refs of those that were new, and of those that
        were captured now."""
        rows = await self._writing.fetch("write", *_columns(payments, 7), *_columns(captures, 3))
        return rows[0]["made"], rows[0]["taken"]

    async def void(self, refs: Iterable[str]) -> set[str]:
        """Void authorizations; the refs of those that were voided now."""
        return {row["ref"] for row in await self._writing.fetch("void", sorted(refs))}

    async def act(self, ref: str, state: str, decline_code: str | None) -> bool:
        """Let a payment that waits for its buyer go on into `state`; whether it was waiting."""
        return bool(await self._asking.fetch("act", ref, state, decline_code))

    async def payments(self, refs: Iterable[str]) -> dict[str, Payment]:
        """Payments by ref; those that do not exist are left out."""
        rows = await self._asking.fetch("read_payments", list(refs))
        return {row["ref"]: Payment(*row) for row in rows}

    async def refund(self, key: str, ref: str, amount: int) -> bool:
        """Pay back `amount` of what was captured; whether that was done now. A key that was used does nothing."""
        try:
            return bool(await self._asking.fetch("refund", key, ref, amount))
        except asyncpg.UniqueViolationError:
            return False

    async def listed(
        self, prefix: str, since: datetime, until: datetime, after: tuple[datetime, str], limit: int
    ) -> Sequence[asyncpg.Record]:
        """Payments of `since <= created_at < until`, by (created_at, ref), past `after`, `limit` at most; those of one
        sandbox, by the `prefix` of its refs."""
        return await self._asking.fetch("list_payments", since, until, *after, limit, prefix)

    async def refunded(self, key: str) -> PaidBack | None:
        """The refund under `key`."""
        rows = await self._asking.fetch("read_refund", key)
        return PaidBack(*rows[0]) if rows else None


def _columns(rows: Sequence[tuple[object, ...]], number: int) -> Iterable[list[object]]:
    """So many columns of rows, in the order of their refs."""
    return map(list, zip(*sorted(rows), strict=True)) if rows else [[] for _ in range(number)]
