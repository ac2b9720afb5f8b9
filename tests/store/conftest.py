"""Data folders for the tests of the stores: made once, copied for each test that wants its own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from race_to_purchase.store.embedded.server import EmbeddedPostgres


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose server has been made and has stopped in order."""
    folder = tmp_path_factory.mktemp("made") / "data"
    EmbeddedPostgres.start(folder).stop()
    return folder


@pytest.fixture
def folder(made_folder: Path, tmp_path: Path) -> Path:
    """An existing data folder of one's own."""
    copy = tmp_path / "data"
    subprocess.run(["cp", "-a", str(made_folder), str(copy)], check=True, timeout=60)
    return copy


@pytest.fixture
def own_server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A running server that the test may kill."""
    running = EmbeddedPostgres.start(folder)
    yield running
    running.stop()
