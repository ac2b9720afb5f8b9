"""One engine for all that is asked of the console; each test has a drop of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.asking import Console
from tests.journeys.engine import Engine

OBJECTIVES = """\
[objectives.checkout_success]
target = 0.9

[objectives.checkout_latency]
target = 0.95
below_s = 30
"""
"""Others than the usual ones, which are 0.99 and 2 s."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Two processes of it, as a shop runs them."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        objectives = Path(folder) / "slo.toml"
        objectives.write_text(OBJECTIVES, encoding="utf-8")
        objectives.chmod(0o644)
        running = Engine(Path(folder), workers=2, RACE_GUARD_LOG_ONLY="limits", RACE_SLO=str(objectives))
        running.environment["RACE_ADMIN_KEYS"] += ",night/operator:operator-key-of-the-journeys"
        running.start()
        yield running
        running.end()


@pytest.fixture
def console(engine: Engine) -> Console:
    """Asks as the console does."""
    return Console(engine)
