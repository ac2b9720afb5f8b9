"""Engines that are ended with their test, whatever it did to them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.engine import Engine


@pytest.fixture(scope="session")
def used_folder() -> Iterator[Path]:
    """A data folder that an engine has made and left in order: a copy of it is there sooner than a new one."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        engine = Engine(Path(folder))
        engine.start()
        assert engine.terminate() == 0
        yield engine.data


@contextmanager
def engines(used_folder: Path) -> Iterator[Callable[..., Engine]]:
    """Makes engines, each in a folder of its own. The embedded server may run as another user, who has to get in."""
    made: list[Engine] = []
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)

        def make(*, new: bool = False, **options: object) -> Engine:
            place = Path(folder) / str(len(made))
            place.mkdir(mode=0o755)
            made.append(Engine(place, **options))  # type: ignore[arg-type]
            if not new and not options.keys() & {"RACE_DATABASE_URL", "RACE_DATA_DIR"}:
                subprocess.run(["cp", "-a", str(used_folder), str(made[-1].data)], check=True)
            return made[-1]

        yield make
        for engine in made:
            engine.end()


@pytest.fixture
def an_engine(used_folder: Path) -> Iterator[Callable[..., Engine]]:
    """Makes engines for one test."""
    with engines(used_folder) as make:
        yield make


@pytest.fixture
def engine(an_engine: Callable[..., Engine]) -> Engine:
    """One that serves the sample sale."""
    engine = an_engine()
    engine.start()
    engine.put()
    return engine
