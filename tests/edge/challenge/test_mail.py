"""Codes reach their address by a real exchange with a mail server, and what goes wrong names nobody."""

import logging
import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.challenge.mail import ConsoleMailer, MailUnavailable, SmtpMailer, is_deliverable
from tests.edge.challenge.servers import mail_server

ADDRESS = "ada@example.com"


async def test_a_code_is_delivered() -> None:
    async with mail_server() as server:
        await SmtpMailer(f"smtp://127.0.0.1:{server.port}", "shop@example.com").send(ADDRESS, "12345678", 10)
    assert f"RCPT TO:<{ADDRESS}>" in server.commands
    (message,) = server.messages
    assert "Subject: Your code: 1234 5678" in message
    assert "valid for 10 minutes" in message
    assert re.search(r"Message-ID: <[^>]+@example\.com>", message)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com\r\nBcc: everybody@example.com",
        "ada,bob@example.com",
        "Ada <ada@example.com>",
        "ada",
        "@",
        "",
        "a@b@c",
    ],
)
def test_what_is_not_one_address_is_not_written_to(address: str) -> None:
    assert not is_deliverable(address)


@pytest.mark.parametrize("address", [ADDRESS, "a+tag@mail.example.co.uk", "o'hara@example.com"])
def test_an_ordinary_address_is(address: str) -> None:
    assert is_deliverable(address)


@given(st.text(max_size=60))
def test_whatever_is_given_as_an_address_is_one_or_not(text: str) -> None:
    assert not is_deliverable(text) or ("@" in text and "\n" not in text)


async def test_a_server_that_refuses_is_told_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    async with mail_server(refuses=True) as server:
        with pytest.raises(MailUnavailable) as caught:
            await SmtpMailer(f"smtp://127.0.0.1:{server.port}", "shop@example.com").send(ADDRESS, "12345678", 10)
    assert ADDRESS not in str(caught.value)
    assert caplog.records
    assert ADDRESS not in caplog.text


async def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(MailUnavailable):
        await SmtpMailer(f"smtp://127.0.0.1:{port}", "shop@example.com").send(ADDRESS, "12345678", 10)


async def test_a_password_is_never_sent_in_the_clear() -> None:
    async with mail_server() as server:
        mailer = SmtpMailer(f"smtp://shop:pass%40word@127.0.0.1:{server.port}", "shop@example.com")
        with pytest.raises(MailUnavailable):
            await mailer.send(ADDRESS, "12345678", 10)
    assert not any(command.upper().startswith("AUTH") for command in server.commands)


async def test_in_development_the_code_is_in_the_log_and_the_address_is_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await ConsoleMailer().send(ADDRESS, "12345678", 10)
    assert "12345678" in caplog.text
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("mail.example.com", "shop@example.com"),
        ("http://mail", "shop@example.com"),
        ("smtp://", "a@b"),
        ("smtp://m", "x"),
    ],
)
def test_a_server_that_is_none_is_refused(url: str, sender: str) -> None:
    with pytest.raises(ValueError, match=r"must look like|sender"):
        SmtpMailer(url, sender)
