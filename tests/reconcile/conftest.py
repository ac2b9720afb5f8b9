"""A process with ten shoes to sell, and its reconciliation."""

import pytest

from tests.path.conftest import dsn, other, shop
from tests.path.shop import Process
from tests.reconcile.reconciler import Reconciler

__all__ = ["dsn", "other", "shop"]


@pytest.fixture
def reconciler(shop: Process, dsn: str) -> Reconciler:
    """Reconciliation of the first process."""
    return Reconciler(shop, dsn)
