"""Refunds and disputes in PostgreSQL: read and written by statements of their own, which no purchase ever runs.

They travel as JSON, whose names are those of the columns: what is rare may cost a little more and say a little less.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.snapshot import AftersaleTables, Posted, Table
from race_to_purchase.store.statements import statement

_guards = msgspec.json.Decoder(list[Refundable]).decode
_refunds = msgspec.json.Decoder(list[RefundRow]).decode
disputes_of = msgspec.json.Decoder(list[DisputeRow]).decode
_booked = msgspec.json.Decoder(list[Posted]).decode
_encode = msgspec.json.Encoder().encode


async def read_after(connection: Any, order_ids: Iterable[str]) -> AftersaleTables:
    """What followed these orders; on a connection, or on a pool of them."""
    row = await connection.fetchrow(statement("read_after"), list(order_ids))
    return AftersaleTables(
        {guard.order_id: guard for guard in _guards(row["guards"])},
        {(refund.order_id, refund.n): refund for refund in _refunds(row["refunds"])},
        {(dispute.gateway, dispute.id): dispute for dispute in disputes_of(row["disputes"])},
        {booked.sale.order_id: booked for booked in _booked(row["booked"])},
    )


async def write_after(connection: Any, after: AftersaleTables) -> None:
    """Write what was put; raises what makes the batch run again where somebody was faster."""
    tables: tuple[Table[Any, Any], ...] = (after.guards, after.refunds, after.disputes)
    changes = [_encode(rows).decode() for table in tables for rows in (table.inserts(), table.updates())]
    await connection.fetchval(statement("write_after"), *changes)


def first_id(since: datetime) -> str:
    """The smallest UUIDv7 of a moment: orders have ids of the time at which they were begun."""
    text = f"{max(0, int(since.timestamp() * 1000)):012x}"
    return f"{text[:8]}-{text[8:]}-0000-0000-000000000000"
