"""A committer over watched rows in memory, and what it has committed."""

from __future__ import annotations

import pytest

from race_to_purchase.commit.committer import Committer
from tests.commit.watched import Batches, WatchedStore


@pytest.fixture
async def store() -> WatchedStore:
    """Rows in memory that a test can hold back."""
    return WatchedStore()


@pytest.fixture
def batches() -> Batches:
    """What was committed, batch by batch."""
    return Batches()


@pytest.fixture
async def committer(store: WatchedStore, batches: Batches) -> Committer:
    """A committer over `store` whose batches are small enough to be filled."""
    return Committer(store, batch_max=8, waiting_max=16, observe=batches)
