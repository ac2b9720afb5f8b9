"""What the terminal says: lists of commands that fit on it, and one sentence where an engine cannot be asked."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from race_to_purchase.app.admin import AdminClient, EngineAddressWrong, EngineUnreachable, require_address
from race_to_purchase.app.commands.database import NoDatabaseYet
from race_to_purchase.app.commands.verify_draw import DrawUnreadable, published
from race_to_purchase.app.listening import Ports
from race_to_purchase.app.reachable import Reachable
from race_to_purchase.app.serve import reachable_by
from race_to_purchase.cli import serving
from race_to_purchase.cli.command import app
from race_to_purchase.errors import ConfigurationError
from race_to_purchase.settings import Settings

GROUPS = ("", "drop", "line", "grants", "gateways", "keys", "ledger", "slo")


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_is_told_in_a_whole_sentence_on_a_terminal_of_80_columns(group: str) -> None:
    listed = CliRunner().invoke(app, [*group.split(), "--help"], env={"COLUMNS": "80", "TERM": "dumb"}).stdout
    commands = listed.partition("Commands:\n")[2].splitlines()
    assert commands
    assert [command for command in commands if command.endswith("...")] == []


def test_no_two_commands_are_listed_that_differ_by_one_letter() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # A group's, says its own class.
    listed = [name for name, command in commands.items() if not command.hidden]
    assert [name for name in listed if f"{name}s" in listed] == []


def test_every_argument_and_option_is_told_in_words() -> None:
    groups = [typer.main.get_command(app)]
    silent, told = [], 0
    while groups:
        for name, command in groups.pop().commands.items():
            groups += [command] if hasattr(command, "commands") else []
            told += len(command.params)
            silent += [f"{name} {option.name}" for option in command.params if not getattr(option, "help", None)]
    assert (silent, told > 80) == ([], True)


@pytest.mark.parametrize("url", ["localhost:8000", "shop", "ftp://shop.example", "http://", "http://shop:port", ""])
def test_what_is_no_address_of_an_engine_is_said_so_before_anything_is_asked(url: str) -> None:
    with pytest.raises(EngineAddressWrong, match="one looks like http://127"):
        require_address(url)


def test_whoever_answers_with_something_else_than_http_is_no_engine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        Thread(target=answer_nonsense, args=(other, 2), daemon=True).start()
        with pytest.raises(EngineUnreachable, match="does not answer"):
            AdminClient(url, "key").drops()
        with pytest.raises(DrawUnreadable, match="cannot be read"):
            published(url, "aurora")


def answer_nonsense(other: socket.socket, times: int) -> None:
    """As a mail server would."""
    for _ in range(times):
        with other.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(b"220 mail.example ESMTP\r\n")


def race(*arguments: str, data_dir: Path) -> Result:
    """The command with no setting but its data folder."""
    settings = {name: "" for name in os.environ if name.startswith("RACE_")}
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(data_dir)], env=settings)


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who may not read what the test made; its own user may, and root may read anything."""
    nobody = 65_534
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("address", "url", "everywhere"),
    [
        (("127.0.0.1", 0), "http://127.0.0.1:", False),
        (("0.0.0.0", 0), "http://127.0.0.1:", True),
        (("::1", 0), "http://[::1]:", False),
        (("::", 0), "http://[::1]:", True),
    ],
)
def test_links_are_such_that_a_browser_opens_and_every_address_is_said_to_be_listened_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: tuple[str, int], url: str, everywhere: bool
) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as bound:
        bound.bind(address)  # It does not listen: a test is for nobody else.

        def serve(settings: Settings, _: object, started: Callable[[Reachable], None]) -> None:
            started(reachable_by(settings, Ports(bound, (bound,)), dsn=""))

        monkeypatch.setattr(serving, "run_serve", serve)
        said = race("serve", data_dir=tmp_path).output
        assert f"serves at {url}{bound.getsockname()[1]}\n" in said
    assert (said.count(url), "0.0.0.0" in said, "//[::]" in said) == (4, False, False)
    assert ("listens on all addresses of this machine" in said) == everywhere


LOOKING = [("audit",), ("ledger", "balance"), ("report", "aurora"), ("reconcile", "--once")]


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_whoever_looks_into_a_folder_without_a_database_is_told_so_and_none_is_made(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = race(*command, data_dir=tmp_path)
    assert isinstance(said.exception, NoDatabaseYet)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [*LOOKING, ("drop", "list"), ("verify-draw", "aurora")], ids=" ".join)
def test_whoever_may_not_look_into_the_data_folder_is_told_that_and_not_that_nothing_is_there(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    tmp_path.chmod(0o700)
    with without_rights():
        said = race(*command, data_dir=tmp_path)
    assert isinstance(said.exception, ConfigurationError)
    assert "Permission denied" in str(said.exception)


def test_a_race_of_nobody_is_refused() -> None:
    said = CliRunner().invoke(app, ["demo", "--buyers", "0", "--bots", "0"])
    assert (said.exit_code, "a race needs somebody" in said.stderr) == (2, True)


def as_a_process(*arguments: str, **popen: Any) -> subprocess.CompletedProcess[str]:
    """The command as a shell runs it, with what it says on standard error."""
    command = [sys.executable, "-m", "race_to_purchase.cli", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **popen)


def test_a_terminal_that_knows_no_such_letter_shows_another_one() -> None:
    few_letters = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    said = as_a_process(
        "verify-draw", "aurora", "--url", "https://läden.invalid", env=few_letters, stdout=subprocess.PIPE
    )
    assert (said.returncode, "Traceback" in said.stderr, "https://l?den.invalid" in said.stderr) == (1, False, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_what_does_not_fit_on_the_disk_ends_it_in_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        said = as_a_process("--help", stdout=full)
    assert (said.returncode, said.stderr.count("\n"), "No space left" in said.stderr) == (1, 1, True)
