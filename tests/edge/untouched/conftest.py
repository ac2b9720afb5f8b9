"""One shop for all tests of a file: nothing in this folder changes what it sells or holds."""

from collections.abc import Iterator

import pytest

from tests.edge.conftest import opened
from tests.edge.shop import Server, Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    """What is behind the edge."""
    return Shop()


@pytest.fixture(scope="module")
def server(shop: Shop) -> Iterator[Server]:
    """The shop, open for business."""
    with opened(shop) as running:
        yield running
