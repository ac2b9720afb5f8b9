"""Two processes on one empty database, and the sample sale open in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.databases import empty
from tests.path.shop import Process


@pytest.fixture
async def dsn(module_dsn: str) -> str:
    """An empty database."""
    await empty(module_dsn)
    return module_dsn


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Process]:
    """A process with ten shoes to sell."""
    process = await Process.start(dsn)
    await process.open()
    yield process
    await process.stop()


@pytest.fixture
async def other(dsn: str, shop: Process) -> AsyncIterator[Process]:
    """Another process on the same database, which takes over what the first one leaves."""
    process = await Process.start(dsn)
    yield process
    await process.stop()
