"""Where a line stands: a function of its definition, its row, the stock and the database's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.rows import DropRow, Pool

Phase = Literal["announced", "registration", "draw", "open", "paused", "sold_out", "closed"]


def phase_of(row: DropRow, line: LineRow, items: Iterable[Pool], now: datetime) -> Phase:
    """The phase of the line at `now`; `items` are the pools of what is sold.

    It is `sold_out` only while everything is bought: what is merely reserved may come back.
    """
    drop, door = row.definition, row.definition.door
    assert door is not None
    if row.closed_at is not None or (drop.closes_at is not None and now >= drop.closes_at):
        return "closed"
    if now < door.registration_opens_at:
        return "announced"
    if now < door.registration_closes_at and line.closed_at is None:
        return "registration"
    if line.seed is None or now < drop.opens_at:
        return "draw"
    if all(pool.sold >= pool.capacity for pool in items):
        return "sold_out"
    return "paused" if line.paused_at is not None else "open"
