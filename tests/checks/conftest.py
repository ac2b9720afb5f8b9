"""One sale for all tests of this folder. Each test breaks something in a transaction that is never committed."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.postgres import PostgresStore
from tests.checks.scene import whole_sale
from tests.databases import Server, apart


@pytest.fixture(scope="session")
def sale_dsn(server: Server) -> Iterator[str]:
    """The database of the sale."""
    dsn = server.fresh()
    yield dsn
    server.drop(dsn)


@pytest.fixture(scope="session")
def ids(sale_dsn: str) -> dict[str, str]:
    """Its checkouts, by what became of them."""
    return apart(hold_sale(sale_dsn))


async def hold_sale(dsn: str) -> dict[str, str]:
    store, gateway = await PostgresStore.open(dsn), SandboxGateway(dsn)
    try:
        await gateway.make_books()
        return (await whole_sale(store, gateway)).ids
    finally:
        await gateway.close()
        await store.close()


@pytest.fixture
async def connection(sale_dsn: str, ids: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """In a transaction that ends with the test. As a replica, it may change the journal: the triggers do not fire."""
    settings = {"search_path": "race", "session_replication_role": "replica"}
    connection = await asyncpg.connect(sale_dsn, server_settings=settings)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
def rows(connection: asyncpg.Connection) -> AuditRows:
    """What checks see inside that transaction."""
    return AuditRows(connection)
