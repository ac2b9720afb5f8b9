"""One gateway for most tests of a file, since a payment knows nothing of another; faults and limits start from none."""

from collections.abc import Iterator

import pytest

from tests.simulator.running import Running, running


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    """The gateway behind `gateway`."""
    with running() as one:
        yield one


@pytest.fixture
def gateway(shared: Running) -> Iterator[Running]:
    """A gateway without faults, limits or outage, whose books add up when the test is over."""
    yield shared
    shared.control("/outage", {"mode": "none"}, "PUT")
    shared.control("/faults", method="DELETE")
    shared.control("/limits", {}, "PUT")
    assert shared.violations() == []
