"""The writer alone, without HTTP, path, gateways and loops: what a benchmark measures at the level of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from race_to_purchase.app.collector import calm_collector
from race_to_purchase.commit.combiner import Observer
from race_to_purchase.commit.committer import Committer
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.migrate import migrate
from race_to_purchase.store.postgres import SESSION_SETTINGS, PostgresStore
from race_to_purchase.store.reads import PostgresReads
from race_to_purchase.store.wire import changes_of


class Bare:
    """A store, and what writes to it. `pool` is for questions that the engine does not ask."""

    def __init__(self, store: PostgresStore) -> None:
        self.pool = store.pool
        self.catalogue = Catalogue(Committer(store), PostgresReads(store.pool))
        self._store = store

    def committer(self, observe: Observer) -> Committer:
        """A writer of its own."""
        return Committer(self._store, observe=observe)


@asynccontextmanager
async def bare(dsn: str) -> AsyncIterator[Bare]:
    """Open the migrated database at `dsn`, in a process set as one that serves; DatabaseUnavailable if that fails."""
    store = await PostgresStore.open(dsn, connections=2)
    calm_collector()
    try:
        yield Bare(store)
    finally:
        await store.close()


@contextmanager
def embedded_database(folder: Path, owner: str) -> Iterator[EmbeddedPostgres]:
    """A server on `folder` for as long as the context lasts. Blocks for seconds; raises what it raises."""
    server = EmbeddedPostgres.start(folder, owner)
    try:
        yield server
    finally:
        server.stop()


async def bring_up_to_date(dsn: str) -> None:
    """Run the missing migrations."""
    await migrate(dsn)


async def plain_connections(dsn: str, number: int, **settings: str) -> asyncpg.Pool[asyncpg.Record]:
    """That many connections with the session settings that the store itself uses, `settings` over them."""
    return await asyncpg.create_pool(
        dsn, min_size=number, max_size=number, server_settings=SESSION_SETTINGS | settings, reset=_as_they_are
    )


def written(snapshot: Snapshot) -> list[Sequence[Any]]:
    """What the store would write of a snapshot: tuples in the order of the columns, a list a kind of change."""
    return changes_of(snapshot, locked=False)


async def _as_they_are(_connection: object) -> None:
    """The store does not pay for resetting its connections either."""
