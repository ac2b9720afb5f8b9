"""HTTP as clients speak it: well-formed by the standard library, or any bytes at all."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

TIMEOUT_S = 20.0


class Response(msgspec.Struct, frozen=True):
    """A whole response; `json` is its body as a value."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of what has to be a problem, well-formed by RFC 9457."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        told = self.json
        assert told["status"] == self.status
        assert told["type"] == f"urn:race:problem:{told['code']}"
        assert {"title", "detail", "retryable"} <= told.keys()
        assert "Traceback" not in self.body.decode()
        return self.status, told["code"]


class Client:
    """One connection, kept alive between requests. A key is sent with each of them."""

    def __init__(self, port: int, key: str | None = None) -> None:
        self.port = port
        self._key = key
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str | None
    ) -> Response:
        """One request; `race_buyer="ada"` sends `Race-Buyer: ada`, and None leaves a header out.

        A body is sent as JSON, and with a new Idempotency-Key; `raw` is sent as it is.
        """
        given: dict[str, str | None] = {"authorization": self._key and f"Bearer {self._key}"}
        if method in ("POST", "PUT"):
            given |= {"content-type": "application/json", "idempotency-key": str(uuid4())}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = raw if body is None else json.dumps(body).encode()
        sent = {name: value for name, value in given.items() if value is not None}
        self._connection.request(method, path, content, sent)
        answer = self._connection.getresponse()
        found: dict[str, str] = {}
        for name, value in answer.getheaders():  # What comes twice, as cookies do, is told in one.
            found[name.lower()] = ", ".join(filter(None, (found.get(name.lower()), value)))
        return Response(answer.status, found, answer.read())


def exchange(port: int, sent: bytes, *, end: bool = True) -> bytes:
    """Everything that the server answers to these bytes before it closes; `end`: nothing more will come."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(sent)
        if end:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received


def split(received: bytes) -> Response:
    """The first response in these bytes."""
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Response(int(first.split()[1]), headers, rest[: int(headers.get("content-length", len(rest)))])
