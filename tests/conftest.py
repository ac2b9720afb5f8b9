"""What every test may ask for. Fixtures of one part live in that part's own folder."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from race_to_purchase.observe.logs import Lines
from tests import programs

pytest_plugins = ["tests.databases"]

TESTS = Path(__file__).parent
LONG = ["rehearse", "journeys", "simulation", "browser"]
"""Folders whose files take minutes rather than seconds: they begin first, so that at the end nobody waits for one."""

# A machine that is busy with something else is no failure: no example has to be found, or tried, within a time.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of LONG come first, in its order; a file's stay together."""
    items.sort(key=lambda item: LONG.index(folder_of(item)) if folder_of(item) in LONG else len(LONG))


def folder_of(item: pytest.Item) -> str:
    """The folder below `tests` that a test lies in."""
    return item.path.relative_to(TESTS).parts[0]


@pytest.fixture(scope="session")
def require_program():
    """The function that finds a program from outside, and skips or fails the test where it is missing."""
    return programs.require_program


@pytest.fixture(autouse=True)
def log_of_nobody() -> Iterator[None]:
    """Take away the log that a command within a test has set up: it writes to a stream that ends with the test."""
    root = logging.getLogger()
    level = root.level
    yield
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, Lines)]
    root.setLevel(level)
