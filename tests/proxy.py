"""A wire between a program and its PostgreSQL that a test can cut where it hurts.

It passes bytes on and knows no more of the protocol than how a COMMIT looks. Connections go over the loopback on one
side and to the server's Unix socket on the other.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

Where = Literal["before", "after", "behind"]
"""Where the wire is cut, seen from a request: before the server has it, after the server has carried it out, or behind
the client's back: the client is cut off first, and the server gets the request a moment later."""

BEHIND_S = 0.1
CHUNK = 65536


def is_commit(data: bytes) -> bool:
    """Whether a client's bytes end a transaction by COMMIT."""
    return b"COMMIT\x00" in data


def is_second_statement() -> Callable[[bytes], bool]:
    """Whether a client's bytes are the second of two statements that were prepared before."""
    seen: list[bytes] = []

    def is_it(data: bytes) -> bool:
        seen.extend([data] if data[:1] == b"B" else [])
        return len(seen) == 2

    return is_it


class Proxy:
    """A listening wire. `dsn` leads through it to the database that it was made for; `tries` counts connections.

    `cut` is set once a connection was cut and the server, too, is through with what it had got of it.
    """

    def __init__(self, dsn: str) -> None:
        self._parts = urllib.parse.urlsplit(dsn)
        asked = urllib.parse.parse_qs(self._parts.query)
        self._target = f"{asked['host'][0]}/.s.PGSQL.{asked.get('port', ['5432'])[0]}"
        self._server: asyncio.Server | None = None
        self._port = 0
        self._wires: set[asyncio.StreamWriter] = set()
        self._cut_at: Callable[[bytes], bool] | None = None
        self._where: Where = "after"
        self._down = False
        self.tries = 0
        self.cut = asyncio.Event()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self.go_down()
        self._server.close()

    @property
    def dsn(self) -> str:
        """The address of the database through this wire."""
        netloc = f"{self._parts.username or 'postgres'}@127.0.0.1:{self._port}"
        return urllib.parse.urlunsplit(("postgresql", netloc, self._parts.path, "sslmode=disable", ""))

    def cut_at(self, where: Where, request: Callable[[bytes], bool] = is_commit) -> None:
        """Cut the connection over which the next such request goes."""
        self._cut_at, self._where = request, where

    def go_down(self) -> None:
        """Cut every connection, and let in no other."""
        self._down = True
        for writer in list(self._wires):
            writer.transport.abort()

    def come_back(self) -> None:
        """Let connections in again."""
        self._down = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tries += 1
        if self._down:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_unix_connection(self._target)
        wires = {writer, server_writer}
        self._wires |= wires
        swallow = asyncio.Event()
        try:
            await asyncio.gather(
                self._requests(reader, server_writer, writer, swallow), self._answers(server_reader, writer, swallow)
            )
        except OSError:
            pass
        finally:
            self._wires -= wires
            for each in wires:
                each.transport.abort()
            if swallow.is_set():
                self.cut.set()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        swallow: asyncio.Event,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._cut_at is not None and self._cut_at(data):
                    self._cut_at = None
                    swallow.set()
                    if self._where == "before":
                        server.transport.abort()
                        break
                    if self._where == "behind":
                        client.transport.abort()
                        await asyncio.sleep(BEHIND_S)
                server.write(data)
                await server.drain()
        if not swallow.is_set():
            server.write_eof()

    async def _answers(
        self, server: asyncio.StreamReader, client: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        while data := await server.read(CHUNK):
            if swallow.is_set():
                break
            client.write(data)
            await client.drain()
        client.transport.abort()
