"""The other side of what a door speaks to: a mail server, and a third party's `siteverify`, both on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.listening import listening


class MailServer:
    """As much of RFC 5321 as one message needs. `refuses` answers 550 to every address."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.port = 0
        self.commands: list[str] = []
        self.messages: list[str] = []
        self._refuses = refuses

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""

        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        say("220 mail.example.com")
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "DATA":
                say("354 go on")
                self.messages.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                say("250 kept")
            elif verb == "RCPT" and self._refuses:
                say("550 nobody of that name: " + line)
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 mail.example.com")
        writer.close()


@asynccontextmanager
async def mail_server(*, refuses: bool = False) -> AsyncIterator[MailServer]:
    """A running one."""
    mail = MailServer(refuses=refuses)
    server = await asyncio.start_server(mail.serve, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail


class SiteVerifyServer:
    """Answers as Turnstile and hCaptcha document it: a good token once, then as a duplicate.

    `status` and `body` are answered instead, where they are set, after `pause_s`.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.good: set[str] = set()
        self.cdata: str | None = None
        self.status = 200
        self.body: bytes | None = None
        self.pause_s = 0.0

    async def answer(self, request: web.Request) -> web.Response:
        """POST /siteverify."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        await asyncio.sleep(self.pause_s)
        if self.body is not None or self.status != 200:
            return web.Response(status=self.status, body=self.body)
        if form.get("secret") != "the-secret":
            return web.json_response({"success": False, "error-codes": ["invalid-input-secret"]})
        if form.get("response") not in self.good:
            return web.json_response({"success": False, "error-codes": ["timeout-or-duplicate"]})
        self.good.discard(form["response"])
        told: dict[str, Any] = {
            "success": True,
            "challenge_ts": "2026-12-01T18:00:00.000Z",
            "hostname": "shop.example.com",
            "error-codes": [],
            "action": "line",
        }
        return web.json_response(told if self.cdata is None else {**told, "cdata": self.cdata})


@asynccontextmanager
async def site_verify() -> AsyncIterator[SiteVerifyServer]:
    """A running one."""
    verify = SiteVerifyServer()
    async with listening(verify.answer, "/siteverify") as verify.url:
        yield verify
