"""The sandbox gateway over a real database, and a second one over the same books, as another worker has it."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from tests.databases import Server, apart

pytest.register_assert_rewrite("tests.gateways.contract")

WEBHOOK_SECRET = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE="


@pytest.fixture(scope="session")
def books_dsn(server: Server) -> Iterator[str]:
    """A database with the books of the sandbox in it, shared by the tests: keys are new in each."""
    dsn = server.bare()
    apart(_prepare(dsn))
    yield dsn
    server.drop(dsn)


async def _prepare(dsn: str) -> None:
    await SandboxGateway(dsn).make_books()


@pytest.fixture
async def gateway(books_dsn: str) -> AsyncIterator[SandboxGateway]:
    """The gateway of one worker. Slow payment methods are slow by a moment only."""
    opened = SandboxGateway(books_dsn, webhook_secret=WEBHOOK_SECRET, slow_s=0.01)
    yield opened
    await opened.close()


@pytest.fixture
async def neighbour(books_dsn: str) -> AsyncIterator[SandboxGateway]:
    """The gateway of another worker, over the same books."""
    opened = SandboxGateway(books_dsn)
    yield opened
    await opened.close()


@pytest.fixture
async def books(books_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The books themselves, for looking into them."""
    connection = await asyncpg.connect(books_dsn)
    yield connection
    await connection.close()
