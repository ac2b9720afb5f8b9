"""What a running engine leaves for the other commands of this machine."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from race_to_purchase.app.reachable import FILE, Reachable, ReachableClosed, leave, read, take_back

ENGINE = Reachable("http://127.0.0.1:1", "s" * 40, "a" * 40, 1, "postgresql:///race")


def test_whoever_waits_for_it_finds_it_whole(tmp_path: Path) -> None:
    found: list[bytes] = []

    def look() -> None:
        while len(found) < 3000:
            try:
                found.append((tmp_path / FILE).read_bytes())
            except FileNotFoundError:
                continue

    looking = Thread(target=look)
    looking.start()
    while looking.is_alive():
        take_back(tmp_path)
        leave(tmp_path, ENGINE)
    assert len(set(found)) == 1
    assert read(tmp_path) == ENGINE


def test_it_is_for_this_user_alone_and_goes_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / f".{FILE}").write_text("left by one that was killed while it wrote")
    leave(tmp_path, ENGINE)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    take_back(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert read(tmp_path) is None


def test_one_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(ReachableClosed, match="Is a directory"):
        read(tmp_path)
    assert read(tmp_path / FILE) is None
