"""The embedded server lives exactly as long as its owner wants, and keeps what was committed through every crash."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest

from race_to_purchase.errors import DataFolderFull, DataFolderInUse, EmbeddedFailed
from race_to_purchase.store.embedded import folder as embedded_folder
from race_to_purchase.store.embedded import server as embedded_server
from race_to_purchase.store.embedded.account import Account
from race_to_purchase.store.embedded.server import EmbeddedPostgres, default_data_dir
from tests.store.servers import (
    another_program,
    answers,
    ask,
    ask_in_background,
    its_server,
    lives,
    note,
    noted,
    servers_on,
    until,
)  # fmt: skip


class TestStart:
    def test_a_new_folder_becomes_a_server_with_an_empty_database(self, tmp_path: Path) -> None:
        server = EmbeddedPostgres.start(tmp_path / "not" / "yet" / "there")
        try:
            assert ask(server.dsn, "SELECT current_database()") == "race"
            assert ask(server.dsn, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
        finally:
            server.stop()

    def test_a_second_start_finds_the_rows_of_the_first(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder)
        note(server.dsn, "kept")
        server.stop()
        server = EmbeddedPostgres.start(folder)
        try:
            assert noted(server.dsn) == ["kept"]
        finally:
            server.stop()

    def test_a_commit_is_on_the_disk_before_it_is_answered(self, own_server: EmbeddedPostgres) -> None:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(own_server.dsn, "SELECT current_setting($1)", setting) == "on"

    def test_no_other_machine_can_reach_it(self, own_server: EmbeddedPostgres) -> None:
        assert ask(own_server.dsn, "SHOW listen_addresses") == ""

    def test_no_other_user_can_open_its_socket(self, own_server: EmbeddedPostgres) -> None:
        sockets = Path(ask(own_server.dsn, "SHOW unix_socket_directories"))
        assert sockets.stat().st_mode & 0o077 == 0

    def test_a_path_too_long_for_a_socket_is_no_obstacle(self, folder: Path) -> None:
        deep = folder.with_name("x" * 120)
        folder.rename(deep)
        server = EmbeddedPostgres.start(deep)
        try:
            sockets = Path(ask(server.dsn, "SHOW unix_socket_directories"))
            assert sockets.stat().st_mode & 0o077 == 0
        finally:
            server.stop()
        assert not sockets.exists()

    @pytest.mark.parametrize("name", ["it's", "a, b", 'a "b"', "a\\b", "é #1"])
    def test_an_odd_path_is_no_obstacle(self, folder: Path, name: str) -> None:
        with tempfile.TemporaryDirectory() as short:  # Too long a path would get its socket elsewhere.
            odd = folder.rename(Path(short) / name)
            server = EmbeddedPostgres.start(odd)
            try:
                assert ask(server.dsn, "SHOW data_directory") == str(odd / "postgres")
            finally:
                server.stop()

    def test_the_environment_for_other_servers_does_not_confuse_it(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in {"PGPORT": "1", "PGHOST": "nowhere.invalid", "PGDATA": "/nonexistent"}.items():
            monkeypatch.setenv(name, value)
        server = EmbeddedPostgres.start(folder)
        try:
            assert ask(server.dsn, "SELECT 1") == 1
        finally:
            server.stop()

    def test_over_loopback_a_password_is_needed(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder, loopback=True)
        try:
            assert ask(server.dsn, "SHOW listen_addresses") == "127.0.0.1"
            password = (folder / "postgres.password").read_text()
            with pytest.raises(asyncpg.InvalidPasswordError):
                ask(server.dsn.replace(password, "guessed"), "SELECT 1")
        finally:
            server.stop()

    def test_a_dropped_database_is_made_again(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder)
        ask(server.dsn.replace("/race?", "/postgres?"), "DROP DATABASE race")
        server.stop()
        server = EmbeddedPostgres.start(folder)
        try:
            assert ask(server.dsn, "SELECT current_database()") == "race"
        finally:
            server.stop()

    def test_without_space_nothing_is_begun(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_folder, "NEW_FOLDER_BYTES_MIN", 1 << 60)
        with pytest.raises(DataFolderFull, match="Free some space"):
            EmbeddedPostgres.start(tmp_path / "data")
        assert not (tmp_path / "data" / "postgres").exists()

    def test_a_failed_making_shows_why_and_leaves_nothing_half_made(self, tmp_path: Path) -> None:
        limited = (
            "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
            "import pathlib; from race_to_purchase.store.embedded.server import EmbeddedPostgres\n"
            "EmbeddedPostgres.start(pathlib.Path(sys.argv[1]))"
        )
        command = [sys.executable, "-c", limited, str(tmp_path / "data")]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert EmbeddedFailed.__name__ in ran.stderr
        assert "could not make its data" in ran.stderr
        assert "child process" in ran.stderr, "the sentence ends with what initdb said"
        EmbeddedPostgres.start(tmp_path / "data").stop()

    def test_a_failed_start_shows_why_and_leaves_nothing_running_or_held(self, folder: Path) -> None:
        control = folder / "postgres" / "global" / "pg_control"
        control.rename(control.with_name("pg_control.gone"))
        with pytest.raises(EmbeddedFailed, match="pg_control") as caught:
            EmbeddedPostgres.start(folder)
        control.with_name("pg_control.gone").rename(control)
        EmbeddedPostgres.start(folder).stop()
        assert caught.tb is not None, "the error is still held, and with it all that its frames refer to"

    def test_a_start_that_takes_too_long_is_ended(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_server, "READY_S_MAX", -1.0)
        with pytest.raises(EmbeddedFailed, match="was not ready in time"):
            EmbeddedPostgres.start(folder)
        assert servers_on(folder) == []


class TestStop:
    def test_it_ends_the_server_and_frees_the_folder(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder)
        pid = server.pid
        server.stop()
        assert not lives(pid)
        EmbeddedPostgres.start(folder).stop()

    def test_a_second_call_does_nothing(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder)
        server.stop()
        server.stop()

    def test_a_stopped_server_is_not_started_again(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder)
        server.stop()
        assert not server.restart_if_dead()
        assert not lives(server.pid)

    def test_it_is_not_left_behind_when_the_program_ends(self, folder: Path) -> None:
        program = another_program(folder)
        pid, _ = its_server(program)
        program.communicate(timeout=60)
        assert program.returncode == 0
        assert not lives(pid)

    def test_ctrl_c_at_the_terminal_does_not_reach_it(self, own_server: EmbeddedPostgres) -> None:
        """The terminal signals the process group of the program; the server is in none of its session."""
        assert os.getsid(own_server.pid) != os.getsid(0)


class TestKilledOwner:
    def test_the_next_start_takes_over_with_every_committed_row(self, folder: Path) -> None:
        program = another_program(folder)
        left_behind, dsn = its_server(program)
        ask(dsn, "CREATE TABLE noted (text text)")
        ask(dsn, "INSERT INTO noted VALUES ('kept')")
        kill(program)
        assert lives(left_behind), "the server has a session of its own, so it outlives its owner"
        server = EmbeddedPostgres.start(folder)
        try:
            assert not lives(left_behind)
            assert noted(server.dsn) == ["kept"]
            assert "not properly shut down" not in (folder / "postgres.log").read_text(), "it was stopped in order"
        finally:
            server.stop()

    def test_another_way_to_write_the_path_takes_over_too(self, folder: Path) -> None:
        program = another_program(folder)
        left_behind, _ = its_server(program)
        kill(program)
        link = folder.with_name("link")
        link.symlink_to(folder)
        EmbeddedPostgres.start(link).stop()
        assert not lives(left_behind)

    def test_both_killed_at_once_is_no_worse(self, folder: Path) -> None:
        program = another_program(folder)
        left_behind, dsn = its_server(program)
        ask(dsn, "CREATE TABLE noted (text text)")
        ask(dsn, "INSERT INTO noted VALUES ('kept')")
        os.kill(left_behind, signal.SIGKILL)
        kill(program)
        server = EmbeddedPostgres.start(folder)
        try:
            assert noted(server.dsn) == ["kept"]
        finally:
            server.stop()

    def test_a_forked_child_that_lives_on_does_not_hold_the_folder(self, folder: Path) -> None:
        server = EmbeddedPostgres.start(folder)
        child = os.fork()
        if child == 0:
            signal.pause()
        try:
            server.stop()
            EmbeddedPostgres.start(folder).stop()
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def test_a_forked_child_does_not_stop_the_server_of_its_parent(self, own_server: EmbeddedPostgres) -> None:
        child = os.fork()
        if child == 0:
            own_server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert lives(own_server.pid)

    def test_a_pid_file_that_names_a_stranger_does_not_matter(self, folder: Path) -> None:
        """After a container has started again, another process has the pid that PostgreSQL left in its file."""
        with (folder / "stranger.log").open("wb") as output:
            stranger = Account.choose(folder / "postgres").launch(["sleep", "600"], output)
        (folder / "stranger.log").unlink()
        try:
            lines = [stranger.pid, folder / "postgres", 1, 5432, folder / "run", "", "1 1", "ready"]
            text = "\n".join(map(str, lines)) + "\n"
            for file in (folder / "postgres" / "postmaster.pid", folder / "run" / ".s.PGSQL.5432.lock"):
                file.write_text(text)
            EmbeddedPostgres.start(folder).stop()
            assert lives(stranger.pid), "it has nothing to do with us"
        finally:
            stranger.kill()
            stranger.wait()


class TestKilledServer:
    def test_it_comes_back_with_what_was_committed_and_nothing_else(self, own_server: EmbeddedPostgres) -> None:
        note(own_server.dsn, "kept")
        dsn = own_server.dsn
        ask_in_background(dsn, "INSERT INTO noted VALUES ('not committed'); SELECT pg_sleep(600)")
        os.kill(own_server.pid, signal.SIGKILL)
        until(own_server.restart_if_dead)
        assert own_server.dsn == dsn
        assert noted(dsn) == ["kept"]

    def test_a_backend_that_is_still_busy_does_not_prevent_it(self, own_server: EmbeddedPostgres) -> None:
        """A busy backend does not notice that its postmaster is gone, and holds the shared memory."""
        note(own_server.dsn, "kept")
        ask_in_background(own_server.dsn, "SELECT count(*) FROM generate_series(1, 1e12)")
        os.kill(own_server.pid, signal.SIGKILL)
        until(own_server.restart_if_dead)
        assert noted(own_server.dsn) == ["kept"]

    def test_a_living_one_is_left_alone(self, own_server: EmbeddedPostgres) -> None:
        pid = own_server.pid
        assert not own_server.restart_if_dead()
        assert own_server.pid == pid

    async def test_the_watcher_brings_it_back_again_and_again(self, own_server: EmbeddedPostgres) -> None:
        await asyncio.to_thread(note, own_server.dsn, "kept")
        watcher = asyncio.create_task(own_server.watch(interval_s=0.02))
        for _ in range(3):
            killed = own_server.pid
            os.kill(killed, signal.SIGKILL)
            await asyncio.to_thread(until, lambda gone=killed: own_server.pid != gone and answers(own_server.dsn))
        watcher.cancel()
        assert await asyncio.to_thread(noted, own_server.dsn) == ["kept"]

    async def test_the_watcher_goes_on_after_a_start_that_failed(
        self, own_server: EmbeddedPostgres, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        control = str(folder / "postgres" / "global" / "pg_control")
        os.rename(control, control + ".gone")
        os.kill(own_server.pid, signal.SIGKILL)
        watcher = asyncio.create_task(own_server.watch(interval_s=0.02))
        await asyncio.to_thread(until, lambda: "pg_control" in caplog.text)
        os.rename(control + ".gone", control)
        await asyncio.to_thread(until, lambda: answers(own_server.dsn))
        watcher.cancel()


class TestLog:
    def test_it_is_cut_when_too_long_and_the_server_writes_on(self, own_server: EmbeddedPostgres, folder: Path) -> None:
        log = folder / "postgres.log"
        with log.open("ab") as output:
            output.write(b"x" * embedded_folder.LOG_BYTES_MAX)
        own_server.restart_if_dead()
        assert log.stat().st_size == 0
        ask(own_server.dsn, "DO $$ BEGIN RAISE WARNING 'written later'; END $$")
        assert "written later" in log.read_text()
        assert log.stat().st_size < 10_000

    def test_it_holds_nothing_of_the_buyers(self, own_server: EmbeddedPostgres, folder: Path) -> None:
        note(own_server.dsn, "ada@example.org")
        with pytest.raises(asyncpg.UniqueViolationError):
            note(own_server.dsn, "ada@example.org")
        with pytest.raises(asyncpg.UniqueViolationError):
            ask(own_server.dsn, "INSERT INTO noted VALUES ('ada@example.org')")
        text = (folder / "postgres.log").read_text()
        assert "duplicate key" in text
        assert "ada@example.org" not in text


def test_the_folder_of_a_user_is_named_after_the_program() -> None:
    assert default_data_dir().name == "race-to-purchase"


def test_the_message_for_a_folder_in_use_names_command_and_pid(own_server: EmbeddedPostgres, folder: Path) -> None:
    program = another_program(folder)
    _, said = program.communicate(timeout=60)
    assert program.returncode != 0
    assert said.startswith(DataFolderInUse.__name__)
    assert f"already used by `race serve` (pid {os.getpid()}" in said
    assert "--data-dir" in said


def kill(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.communicate(timeout=60)
