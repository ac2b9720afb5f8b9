"""One engine for all that is asked of the console; each test has a drop of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.asking import Console
from tests.journeys.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Two processes of it, as a shop runs them."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        running = Engine(Path(folder), workers=2, RACE_GUARD_LOG_ONLY="limits")
        running.environment["RACE_ADMIN_KEYS"] += ",night/operator:operator-key-of-the-journeys"
        running.start()
        yield running
        running.end()


@pytest.fixture
def console(engine: Engine) -> Console:
    """Asks as the console does."""
    return Console(engine)
