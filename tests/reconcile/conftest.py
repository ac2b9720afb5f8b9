"""A process with ten shoes to sell, and its reconciliation."""

import pytest

from tests.path.conftest import dsn, other, shop
from tests.path.shop import Process
from tests.reconcile.desk import Desk

__all__ = ["dsn", "other", "shop"]


@pytest.fixture
def desk(shop: Process, dsn: str) -> Desk:
    """Reconciliation of the first process."""
    return Desk(shop, dsn)
