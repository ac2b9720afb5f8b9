"""How a code reaches an address: by SMTP, or onto the console of whoever develops."""

from __future__ import annotations

import asyncio
import logging
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from ssl import create_default_context
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from race_to_purchase.errors import TryAgainLater

log = logging.getLogger("race.guard")

TIMEOUT_S = 10.0
SENDING_MAX = 8
"""Messages on their way at once; each one holds a connection to the mail server."""
WAITING_MAX = 100
"""Messages that may wait for their turn; past it, askers are told to come back."""

SUBJECT = "Your code: {code}"
TEXT = """\
{code}

is your code to go on. It is valid for {minutes} minutes, in the browser in which you asked for it.

If you did not ask for it, somebody has mistyped their address, and there is nothing to do.
"""


class MailUnavailable(TryAgainLater):
    """The mail server cannot be used: {reason}; try again in {retry_after_s} s."""


def is_deliverable(address: str) -> bool:
    """Whether it is one address by RFC 5322: `a,b@example.com` is two, and a line break would begin a header."""
    try:
        return Address(addr_spec=address).addr_spec == address
    except (ValueError, IndexError, MessageError):
        return False


class Mailer(Protocol):
    """One message to one address."""

    async def send(self, address: str, code: str, minutes: int) -> None:
        """Hand it over, to an address that is deliverable; MailUnavailable where that fails.

        The address stands in no log and no error.
        """
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class ConsoleMailer:
    """Writes the code into the log instead: for a laptop, never for production."""

    async def send(self, address: str, code: str, minutes: int) -> None:
        """See Mailer."""
        log.info("a code was asked for; mail is not set up, so here it is: %s (valid for %d minutes)", code, minutes)

    async def close(self) -> None:
        """See Mailer."""


class SmtpMailer:
    """One connection a message, a few at a time. ValueError for an address of a server that is none.

    `url` is `smtp://user:password@host:587` (STARTTLS where the server offers it) or `smtps://…` (TLS from the
    beginning); user and password may be left out, and special characters in them are written as in any URL.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("it must look like smtp://user:password@host:587 or smtps://host:465")
        if "@" not in sender:
            raise ValueError("a sender's address is needed, such as shop@example.com")
        self._host = parts.hostname
        self._encrypted = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._encrypted else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._places = asyncio.Semaphore(SENDING_MAX)
        self._waiting = 0

    async def send(self, address: str, code: str, minutes: int) -> None:
        """See Mailer."""
        if self._waiting >= WAITING_MAX:
            raise MailUnavailable(reason="too many messages wait", retry_after_s=5.0)
        self._waiting += 1
        try:
            async with self._places:
                await self._deliver(address, self._message(address, code, minutes))
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """See Mailer; nothing stays open between messages."""

    async def _deliver(self, address: str, message: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                message,
                sender=self._sender,
                recipients=[address],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._encrypted,
                # A password is never sent in the clear: with one, STARTTLS is required instead of merely tried.
                start_tls=True if self._password and not self._encrypted else None,
                tls_context=create_default_context(),
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Its text may name the address: the kind of error has to do.
            log.warning("a code could not be sent: %s from %s:%d", type(error).__name__, self._host, self._port)
            raise MailUnavailable(reason=type(error).__name__, retry_after_s=5.0) from None

    def _message(self, address: str, code: str, minutes: int) -> EmailMessage:
        spaced = f"{code[:4]} {code[4:]}"
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = Address(addr_spec=address)
        message["Subject"] = SUBJECT.format(code=spaced)
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip("> "))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(TEXT.format(code=spaced, minutes=minutes))
        return message
