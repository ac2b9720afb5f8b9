"""Every store there is, empty, one after the other: each test of this folder runs over all of them."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from race_to_purchase.ports import AdminKeyRows, Carts, Inbox, Keyrings, Ledger, LineRows, Reads, Store
from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.store.admin_keys import PostgresAdminKeys
from race_to_purchase.store.carts import PostgresCarts
from race_to_purchase.store.inbox import PostgresInbox
from race_to_purchase.store.keyring import PostgresKeyrings
from race_to_purchase.store.ledger import PostgresLedger
from race_to_purchase.store.line import PostgresLineRows
from race_to_purchase.store.memory.admin_keys import MemoryAdminKeys
from race_to_purchase.store.memory.carts import MemoryCarts
from race_to_purchase.store.memory.inbox import MemoryInbox
from race_to_purchase.store.memory.keyring import MemoryKeyrings
from race_to_purchase.store.memory.line import MemoryLineRows
from race_to_purchase.store.memory.store import MemoryStore
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.databases import Server, empty

SERVERS = {"postgres-embedded": "server", "postgres-debian": "debian_server"}
"""Store by name to the fixture of its server."""


def now_utc() -> datetime:
    """The clock of what lives in memory."""
    return datetime.now(UTC)


class Backend(msgspec.Struct, frozen=True):
    """One store, written to and asked."""

    store: Store
    reads: Reads
    ledger: Ledger
    inbox: Inbox
    line: LineRows
    keyrings: Keyrings
    carts: Carts
    admin_keys: AdminKeyRows


@pytest.fixture(scope="session", params=["memory", *SERVERS])
def place(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of the database that a store lives in; None for memory."""
    if request.param == "memory":
        yield None
        return
    server: Server = request.getfixturevalue(SERVERS[request.param])
    dsn = server.fresh()
    yield dsn
    server.drop(dsn)


@pytest.fixture
async def backend(place: str | None) -> AsyncIterator[Backend]:
    """A store without rows."""
    if place is None:
        memory = MemoryStore(now_utc)
        inbox, line = MemoryInbox(memory.rows, now_utc), MemoryLineRows(memory.rows, now_utc)
        keyrings, carts, keys = MemoryKeyrings(), MemoryCarts(now_utc), MemoryAdminKeys(now_utc)
        yield Backend(memory, memory, memory, inbox, line, keyrings, carts, keys)
        return
    await empty(place)
    postgres = await PostgresStore.open(place)
    pool = postgres.pool
    inbox, line = PostgresInbox(pool), PostgresLineRows(pool)
    keyrings, carts, keys = PostgresKeyrings(pool), PostgresCarts(pool), PostgresAdminKeys(pool)
    yield Backend(postgres, PostgresReads(pool), PostgresLedger(pool), inbox, line, keyrings, carts, keys)
    await postgres.close()


@pytest.fixture
def store(backend: Backend) -> Store:
    """The store that is written to."""
    return backend.store


@pytest.fixture
def reads(backend: Backend) -> Reads:
    """What the same store tells."""
    return backend.reads


@pytest.fixture
def ledger(backend: Backend) -> Ledger:
    """The books of the same store."""
    return backend.ledger


@pytest.fixture
async def now(store: Store) -> datetime:
    """The store's own time."""
    async with store.session() as session:
        return (await session.read(Keys(), lock=False)).now
