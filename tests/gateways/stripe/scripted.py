"""A server that stands where Stripe's would be, and says what a test tells it to."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

Answer = tuple[int, Any, dict[str, str]]
"""Status, body (JSON, or bytes as they are) and headers."""


class Scripted:
    """One answer an operation, such as `POST /v1/refunds`, and `otherwise` to every other; `asked` are all in turn."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.otherwise: Answer = (503, {}, {})

    def says(self, status: int, body: Any, **headers: str) -> None:
        """From now on, to everything."""
        self.otherwise = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    async def handle(self, request: web.Request) -> web.Response:
        """The answer."""
        self.asked.append(f"{request.method} {request.path}")
        status, body, headers = self.answers.get(self.asked[-1], self.otherwise)
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return web.Response(status=status, body=raw, headers=headers)
