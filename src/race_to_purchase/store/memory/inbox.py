"""The inbox in memory, beside the rows of a MemoryStore; see `ports.Inbox`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.messages import Heap, Kept, Message, MessageState, WebhookEvent, Worked
from race_to_purchase.rules.rows import AttemptState
from race_to_purchase.store.memory.store import Rows

NEVER = datetime.max.replace(tzinfo=UTC)


class _Stored(msgspec.Struct, frozen=True):
    """One row; `body` is None once the message has ended."""

    id: str
    gateway: str
    event: WebhookEvent
    body: bytes | None
    received_at: datetime
    due_at: datetime
    state: MessageState = "waiting"
    outcome: str = ""
    tries: int = 0


class MemoryInbox:
    """Over the tables of a MemoryStore, by the same `clock`."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock
        self._stored: dict[str, _Stored] = {}

    async def keep(self, gateway: str, event: WebhookEvent, body: bytes) -> bool:
        """See the port."""
        now, id_ = self._clock(), f"{gateway}/{event.id}"
        row = _Stored(id_, gateway, event, body, received_at=now, due_at=now)
        return self._stored.setdefault(id_, row) is row

    async def take(self, gateway: str, limit: int, lease_s: float) -> Sequence[Message]:
        """See the port."""
        now = self._clock()
        due = [row for row in self._open() if row.gateway == gateway and row.due_at <= now][:limit]
        for row in due:
            self._stored[row.id] = replace(row, due_at=now + timedelta(seconds=lease_s))
        return [Message(row.id, gateway, row.event, self._attempt(row), row.tries) for row in due]

    def _attempt(self, row: _Stored) -> AttemptState | None:
        checkout_id, _, n = (row.event.reference or "").partition("/")
        attempt = self._rows.attempts.get((checkout_id, int(n or 0)))
        return attempt.state if attempt is not None and attempt.gateway == row.gateway else None

    def _open(self) -> Iterable[_Stored]:
        """What is not done, the soonest due first."""
        rows = (row for row in self._stored.values() if row.state != "done")
        return sorted(rows, key=lambda row: (row.due_at, row.received_at))

    async def put(self, worked: Sequence[Worked]) -> None:
        """See the port."""
        for one in worked:
            row = self._stored.get(one.id)
            if row is None or row.state in ("done", "left"):
                continue
            ended = one.state in ("done", "left")
            due_at = NEVER if ended else self._clock() + timedelta(seconds=one.again_s)
            self._stored[one.id] = replace(
                row,
                state=one.state,
                outcome=one.outcome,
                due_at=due_at,
                tries=row.tries + (not ended),
                body=None if ended else row.body,
            )

    async def listed(self, state: MessageState, limit: int) -> Sequence[Kept]:
        """See the port."""
        rows = [row for row in self._open() if row.state == state][:limit]
        return [
            Kept(
                row.id,
                row.gateway,
                row.event.kind,
                row.event.ref,
                row.event.reference,
                row.state,
                row.outcome,
                row.tries,
                row.event.created_at,
                row.received_at,
                None if row.due_at == NEVER else row.due_at,
            )
            for row in rows
        ]

    async def heaps(self) -> Sequence[Heap]:
        """See the port."""
        heaps: dict[tuple[str, str, MessageState], list[datetime]] = defaultdict(list)
        for row in self._open():
            heaps[(row.gateway, row.event.kind, row.state)].append(row.received_at)
        return [Heap(*name, len(times), min(times)) for name, times in sorted(heaps.items())]

    async def forget(self, done_s: float, left_s: float, limit: int) -> int:
        """See the port."""
        now = self._clock()
        since = {"done": now - timedelta(seconds=done_s), "left": now - timedelta(seconds=left_s)}
        old = [row.id for row in self._stored.values() if row.state in since and row.received_at < since[row.state]]
        old = old[:limit]
        for id_ in old:
            del self._stored[id_]
        return len(old)
