"""A store that is watched: a test may hold its batches back, count them, and let them fail where a database would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from race_to_purchase.observe.committed import Committed
from race_to_purchase.ports import Session, Store
from race_to_purchase.rules.commands import Command
from race_to_purchase.rules.snapshot import Keys, Snapshot
from race_to_purchase.store.memory.store import MemoryStore


class WatchedStore:
    """Rows in memory, or those of another store.

    `gate` is awaited before anything of what `held_back` names is written. `before_write` may raise instead of
    writing, `after_write` once it is written and committed: the answer to a COMMIT that got
    lost. `before_read` may raise instead of reading.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.rows = MemoryStore(lambda: datetime.now(UTC))
        self._store = store or self.rows
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = asyncio.Event()
        self.held_back: Callable[[Snapshot], bool] = lambda _: True
        self.tries = 0
        self.before_read: Callable[[object], None] = lambda _: None
        self.before_write: Callable[[Snapshot], None] = lambda _: None
        self.after_write: Callable[[Snapshot], None] = lambda _: None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """See `ports.Store`."""
        async with self._store.session() as session:
            yield _WatchedSession(self, session)

    async def held(self) -> None:
        """Hold every batch from now on, and return once one is about to be written."""
        self.gate.clear()
        self.waiting.clear()
        await self.waiting.wait()


class _WatchedSession:
    def __init__(self, watched: WatchedStore, session: Session) -> None:
        self._watched = watched
        self._session = session

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        self._watched.tries += 1
        self._watched.before_read(keys)
        return await self._session.read(keys, lock=lock)

    def prepare(self, snapshot: Snapshot) -> None:
        self._session.prepare(snapshot)

    async def apply(self, snapshot: Snapshot) -> None:
        if self._watched.held_back(snapshot):
            self._watched.waiting.set()
            await self._watched.gate.wait()
        self._watched.before_write(snapshot)
        await self._session.apply(snapshot)
        self._watched.after_write(snapshot)


class Batches(list[list[Command]]):
    """An observer of a committer: what was committed, batch by batch."""

    def __call__(self, batch: Sequence[Committed]) -> None:
        self.append([one.command for one in batch])

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self]


def times(number: int, error: Exception) -> Callable[[object], None]:
    """Raise `error` the first `number` times."""
    left = [error] * number

    def raising(_: object) -> None:
        if left:
            raise left.pop()

    return raising
