"""Who stands in lines, in memory, beside the rows of a MemoryStore; see `ports.LineRows`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from race_to_purchase.ports import PART_TIDS, LineSeen
from race_to_purchase.rules.drop import item_pools, passes_pool, reserved_pool
from race_to_purchase.rules.line.commands import Used
from race_to_purchase.rules.line.rows import GrantRow
from race_to_purchase.rules.line.tickets import TID_BYTES
from race_to_purchase.store.memory.store import Rows


class MemoryLineRows:
    """Over the rows of a MemoryStore; `clock` is the store's."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock
        self._lists: dict[str, list[bytes]] = {}
        self._late: dict[str, dict[bytes, int]] = {}

    async def seen(self, drop_id: str) -> LineSeen | None:
        """See the port, here and below."""
        row, line = self._rows.drops.get(drop_id), self._rows.of_lines.lines.get(drop_id)
        if row is None or line is None:
            return None
        names = (*item_pools(row.definition), passes_pool(drop_id), reserved_pool(drop_id))
        pools = {name: self._rows.pools[name] for name in names if name in self._rows.pools}
        return LineSeen(row, line, pools, len(self._late.get(drop_id, {})), self._clock())

    async def unended(self) -> Sequence[str]:
        now, drops = self._clock(), self._rows.drops
        closes = {
            id_: drops[id_].definition.closes_at for id_ in self._rows.of_lines.lines if drops[id_].closed_at is None
        }
        return sorted(id_ for id_, at in closes.items() if at is None or at > now)

    async def passes_due(self, limit: int) -> Sequence[tuple[str, str]]:
        now = self._clock()
        due = sorted(
            (row for row in self._rows.of_lines.passes.values() if row.expires_at <= now), key=lambda r: r.expires_at
        )
        return [(row.drop_id, row.tid) for row in due[:limit]]

    async def used(self, ticket: str) -> Used | None:
        pool = self._rows.pools.get(ticket)
        checkouts = (one.id for one in self._rows.checkouts.values() if one.claims.ticket == ticket)
        return None if pool is None else Used(pool.capacity, tuple(checkouts))

    async def grants(self, drop_id: str, after: str, limit: int) -> Sequence[GrantRow]:
        rows = (row for row in self._rows.of_lines.grants.values() if row.drop_id == drop_id and row.id > after)
        return sorted(rows, key=lambda row: row.id)[:limit]

    async def register(self, drop_id: str, tid: bytes) -> bool:
        row, line = self._rows.drops.get(drop_id), self._rows.of_lines.lines.get(drop_id)
        if row is None or line is None or line.closed_at is not None or row.closed_at is not None:
            return False
        door = row.definition.door
        assert door is not None
        if not door.registration_opens_at <= self._clock() < door.registration_closes_at:
            return False
        self._lists.setdefault(drop_id, []).append(tid)
        return True

    async def settle(self, drop_id: str) -> Sequence[bytes] | None:
        line = self._rows.of_lines.lines.get(drop_id)
        if line is None or line.closed_at is None or line.registered is not None:
            return None
        self._lists[drop_id] = sorted(set(self._lists.get(drop_id, [])))
        return self._parts(drop_id)

    async def part(self, drop_id: str, number: int) -> bytes | None:
        parts = self._parts(drop_id)
        return parts[number] if 0 <= number < len(parts) else None

    def _parts(self, drop_id: str) -> list[bytes]:
        packed = b"".join(self._lists.get(drop_id, []))
        size = PART_TIDS * TID_BYTES
        return [packed[at : at + size] for at in range(0, len(packed), size)]

    async def late(self, drop_id: str, tid: bytes) -> int:
        numbers = self._late.setdefault(drop_id, {})
        return numbers.setdefault(tid, len(numbers))
