"""The merchant's side: make a drop, change it while it runs, close it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules import pools
from race_to_purchase.rules.changes import CHANGES_MAX, changes
from race_to_purchase.rules.commands import CloseDrop, PutDrop
from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.decide.drawing import new_line
from race_to_purchase.rules.drop import Drop, item_pool, shared_pools
from race_to_purchase.rules.outcomes import (
    ChangedMeanwhile,
    DropChanged,
    DropStored,
    FlowFixed,
    Outcome,
    StockBelowUse,
    Unknown,
)
from race_to_purchase.rules.rows import DropRow, Event, Pool, Row
from race_to_purchase.rules.snapshot import Snapshot


def put_drop(snapshot: Snapshot, command: PutDrop) -> Decision:
    """Store the definition and bring the pools to the size it says; an item left out shrinks to nothing."""
    wanted = command.definition
    row = snapshot.drops.get(wanted.id)
    if _is_stale(row, command.seen):
        return Decision(ChangedMeanwhile(wanted.id))
    if row is None:
        created = [Pool(pool_id, wanted.id, kind, size) for pool_id, (kind, size) in shared_pools(wanted).items()]
        stored = DropRow(wanted.id, wanted)
        event = _event(snapshot, wanted, "drop_created", command)
        return Decision(DropStored(stored, True), (stored, *created, *new_line(wanted, command.sealed), event))
    if row.definition == wanted:
        return Decision(DropStored(row, False))
    if not shared_pools(row.definition).keys() <= set(command.pools):
        return Decision(DropChanged(row.id))
    refused = _fixed(row.definition, wanted) or _fixed_door(row.definition, wanted, snapshot.now)
    if refused is not None:
        return Decision(refused)
    resized = _resized(snapshot, row.definition, wanted)
    if not isinstance(resized, list):
        return Decision(resized)
    stored = replace(row, definition=wanted)
    rows: list[Row] = [stored, *resized, _event(snapshot, wanted, "drop_changed", command, row.definition)]
    return Decision(DropStored(stored, False), tuple(rows))


def _fixed(before: Drop, after: Drop) -> Outcome | None:
    """Currency and flow are what running checkouts were quoted and claimed by."""
    if before.currency != after.currency:
        return FlowFixed(after.id, "currency")
    if before.flow != after.flow:
        return FlowFixed(after.id, "flow")
    return None


def _fixed_door(before: Drop, after: Drop, now: datetime) -> Outcome | None:
    """Whether there is a line is settled when the drop is made; how it is drawn, when people begin to register."""
    old, new = before.door, after.door
    if old is None or new is None:
        return None if old is new else FlowFixed(after.id, "door")
    if now >= old.registration_opens_at:
        for field in ("registration_opens_at", "beacon"):
            if getattr(old, field) != getattr(new, field):
                return FlowFixed(after.id, f"door.{field}")
    if now >= old.registration_closes_at and old.registration_closes_at != new.registration_closes_at:
        return FlowFixed(after.id, "door.registration_closes_at")
    return None


def _resized(snapshot: Snapshot, before: Drop, after: Drop) -> list[Pool] | Outcome:
    changed: list[Pool] = []
    sizes = {pool_id: (kind, 0) for pool_id, (kind, _) in shared_pools(before).items()} | shared_pools(after)
    for pool_id, (kind, size) in sizes.items():
        pool = snapshot.pools.get(pool_id)
        if pool is None:
            changed.append(Pool(pool_id, after.id, kind, size))
        elif pool.capacity != size and kind != "reserved":  # That one grows with those who are called.
            resized = pools.resize(pool, size)
            if resized is None and kind not in ("in-flight", "passes"):
                return StockBelowUse(pool_id, size, pool.held, pool.sold)
            changed.append(resized or replace(pool, capacity=pool.held + pool.sold))
    return changed


def close_drop(snapshot: Snapshot, command: CloseDrop) -> Decision:
    """No new checkouts from now on; closing twice changes nothing."""
    row = snapshot.drops.get(command.drop_id)
    if row is None:
        return Decision(Unknown("drop", command.drop_id))
    if _is_stale(row, command.seen):
        return Decision(ChangedMeanwhile(command.drop_id))
    if row.closed_at is not None:
        return Decision(DropStored(row, False))
    closed = replace(row, closed_at=snapshot.now)
    return Decision(DropStored(closed, False), (closed, _event(snapshot, row.definition, "drop_closed", command)))


def _is_stale(row: DropRow | None, seen: int | None) -> bool:
    """Whether somebody has changed the drop since whoever asks has looked."""
    return seen is not None and seen != (-1 if row is None else row.version)


def _event(
    snapshot: Snapshot, drop: Drop, kind: str, command: PutDrop | CloseDrop, before: Drop | None = None
) -> Event:
    stock = {item_pool(drop.id, item.id): item.stock for item in drop.items}
    said: dict[str, Any] = {name: said for name, said in (("by", command.by), ("why", command.why)) if said}
    if before is not None:
        changed = changes(before, drop)
        said |= {"currency": drop.currency, "changed": changed[:CHANGES_MAX], "changes": len(changed)}
    data = msgspec.json.encode({"title": drop.title, "stock": stock, **said}).decode()
    return Event(drop.id, kind, snapshot.now, data)
