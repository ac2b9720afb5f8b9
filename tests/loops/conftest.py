"""The processes of `tests/path`, whose loops are ticked by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.loops.reading import Reader
from tests.path.conftest import dsn, other, shop
from tests.path.shop import Process

__all__ = ["dsn", "other", "shop"]


@pytest.fixture
async def reader(shop: Process) -> AsyncIterator[Reader]:
    """Of the first process."""
    reader = Reader(shop)
    yield reader
    await reader.work.stop()


@pytest.fixture
async def next_reader(other: Process) -> AsyncIterator[Reader]:
    """Of the other process."""
    reader = Reader(other)
    yield reader
    await reader.work.stop()
