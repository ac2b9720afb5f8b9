"""A folder that is not certainly ours, or cannot be used, is refused in words that say what to do, and not touched."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from race_to_purchase.errors import (
    DataFolderError,
    DataFolderForeign,
    DataFolderInUse,
    DataFolderNotWritable,
    DataFolderWrongVersion,
)
from race_to_purchase.store.embedded.folder import DataFolder
from tests.store.servers import is_root

NOBODY = 65534


class TestForeign:
    def test_a_folder_with_other_files_is_refused_and_left_as_it_was(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("chapter one")
        with pytest.raises(DataFolderForeign, match=r"thesis\.txt"):
            DataFolder.claim(tmp_path, "race serve")
        assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]

    @pytest.mark.parametrize("place", [".", "postgres"])
    def test_another_major_version_is_named(self, tmp_path: Path, place: str) -> None:
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "PG_VERSION").write_text("14\n")
        with pytest.raises(DataFolderWrongVersion, match=r"made by PostgreSQL 14, but .* embeds PostgreSQL 18"):
            DataFolder.claim(tmp_path, "race serve")

    def test_the_data_of_another_server_is_refused_even_in_our_version(self, tmp_path: Path) -> None:
        (tmp_path / "PG_VERSION").write_text("18\n")
        with pytest.raises(DataFolderForeign, match="another PostgreSQL server"):
            DataFolder.claim(tmp_path, "race serve")

    def test_a_folder_named_like_our_data_is_not_taken_for_it(self, tmp_path: Path) -> None:
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "notes.txt").write_text("about postgres")
        with pytest.raises(DataFolderForeign, match="not the data of a PostgreSQL server"):
            DataFolder.claim(tmp_path, "race serve")

    def test_an_empty_folder_and_the_mount_point_of_a_disk_are_welcome(self, tmp_path: Path) -> None:
        (tmp_path / "lost+found").mkdir()
        DataFolder.claim(tmp_path, "race serve").release()


class TestNotWritable:
    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("I was here first")
        with pytest.raises(DataFolderNotWritable, match="it is a file"):
            DataFolder.claim(tmp_path / "data", "race serve")

    def test_a_file_in_the_way_further_up(self, tmp_path: Path) -> None:
        (tmp_path / "up").write_text("")
        with pytest.raises(DataFolderNotWritable, match="Not a directory"):
            DataFolder.claim(tmp_path / "up" / "data", "race serve")

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
    @pytest.mark.parametrize("below", [".", "data"])
    def test_a_folder_of_somebody_else(self, public_place: Path, below: str) -> None:
        closed = public_place / "closed"
        closed.mkdir()
        closed.chmod(0o555)
        said = as_an_ordinary_user(lambda: claim_and_say(closed / below))
        assert said.startswith("DataFolderNotWritable")
        assert "Permission denied" in said
        assert str(closed) in said
        assert "--data-dir" in said

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes no files")
    def test_a_file_system_that_takes_no_files(self) -> None:
        with pytest.raises(DataFolderNotWritable, match="/proc"):
            DataFolder.claim(Path("/proc/race-data"), "race serve")


class TestInUse:
    def test_a_second_claim_is_refused_with_the_name_of_the_first(self, tmp_path: Path) -> None:
        held = DataFolder.claim(tmp_path, "race demo")
        with pytest.raises(DataFolderInUse, match=rf"already used by `race demo` \(pid {os.getpid()}, since 20"):
            DataFolder.claim(tmp_path, "race serve")
        held.release()
        DataFolder.claim(tmp_path, "race serve").release()

    def test_another_way_to_write_the_path_is_the_same_folder(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "data")
        held = DataFolder.claim(tmp_path / "data", "race demo")
        with pytest.raises(DataFolderInUse):
            DataFolder.claim(tmp_path / "link", "race serve")
        held.release()

    def test_a_holder_that_has_not_written_its_name_yet_is_respected(self, tmp_path: Path) -> None:
        held = DataFolder.claim(tmp_path, "race demo")
        (tmp_path / "race.lock").write_text("")
        with pytest.raises(DataFolderInUse, match="another process"):
            DataFolder.claim(tmp_path, "race serve")
        held.release()

    def test_the_words_of_a_dead_holder_mean_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "race.lock").write_text('{"owner":"race serve","pid":1,"since":"2026-01-01T00:00:00Z"}')
        DataFolder.claim(tmp_path, "race serve").release()


def claim_and_say(folder: Path) -> str:
    try:
        DataFolder.claim(folder, "race serve").release()
    except DataFolderError as error:
        return f"{type(error).__name__}: {error}"
    return "claimed"


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A folder that every user may pass, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def as_an_ordinary_user(work: Callable[[], str]) -> str:
    """What `work` says when it is not done by root, to whom permissions mean nothing."""
    if not is_root():
        return work()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(write_end, work().encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read_end, "rb") as words:
        return words.read().decode()
