"""What the terminal says: lists of commands that fit on it, and one sentence where an engine cannot be asked."""

from __future__ import annotations

import socket
from threading import Thread

import pytest
from typer.testing import CliRunner

from race_to_purchase.app.admin import AdminClient, EngineAddressWrong, EngineUnreachable, require_address
from race_to_purchase.app.verify_draw import DrawUnreadable, published
from race_to_purchase.cli.command import app

GROUPS = ("", "drop", "line", "grants", "gateways", "keys", "ledger", "slo")


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_is_told_in_a_whole_sentence_on_a_terminal_of_80_columns(group: str) -> None:
    listed = CliRunner().invoke(app, [*group.split(), "--help"], env={"COLUMNS": "80", "TERM": "dumb"}).stdout
    commands = listed.partition("Commands:\n")[2].splitlines()
    assert commands
    assert [command for command in commands if command.endswith("...")] == []


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
