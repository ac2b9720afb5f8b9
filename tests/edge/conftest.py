"""A shop with one open drop, served over real sockets; each test has its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.edge.clock import Clock, Wire
from tests.edge.shop import ADMIN_KEY, STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.wire import Client


@contextmanager
def opened(shop: Shop, clients_max: int = 1000) -> Iterator[Server]:
    """The shop's server, with the drop of the reference on sale; it keeps so many connections open."""
    with Server(lambda: shop.app(echo=True, sandbox=shop.bank.act), clients_max=clients_max) as running:
        running.do(lambda: shop.catalogue.put(a_definition()))
        yield running


@pytest.fixture
def shop() -> Shop:
    """What is behind the edge."""
    return Shop()


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    """The shop, open for business."""
    with opened(shop) as running:
        yield running


@pytest.fixture
def storefront(server: Server) -> Iterator[Client]:
    """A client with a storefront key."""
    with server.client(STOREFRONT_KEY) as client:
        yield client


@pytest.fixture
def admin(server: Server) -> Iterator[Client]:
    """A client with an admin key."""
    with server.client(ADMIN_KEY) as client:
        yield client


@pytest.fixture
def stranger(server: Server) -> Iterator[Client]:
    """A client without any key."""
    with server.client() as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    """At zero; the test lets its time pass."""
    return Clock()


@pytest.fixture
def wire() -> Wire:
    """What a connection sends over; it keeps what was sent."""
    return Wire()
