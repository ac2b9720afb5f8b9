"""Answers that are none: a broken connection, half of an answer, or what some machine in between had to say."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from race_to_purchase.gateways.simulator.rules import Garbage
from race_to_purchase.gateways.simulator.wires import Wires

PAGE = b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><p>Please try again later."


class Broken(Response):
    """No answer at all: the connection is broken instead of it."""

    def __init__(self, wires: Wires) -> None:
        super().__init__()
        self._wires = wires

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Break the connection on which the answer would have gone."""
        await self._wires.cut(scope, receive)


class Half(Response):
    """The first half of an answer, and then a broken connection."""

    def __init__(self, whole: Response, wires: Wires) -> None:
        super().__init__()
        self._whole, self._wires = whole, wires

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send as much as was promised by half, then break."""
        body = bytes(self._whole.body)
        start = {"type": "http.response.start", "status": self._whole.status_code, "headers": self._whole.raw_headers}
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        # Without a moment in between, the abort would take the half that was sent along.
        await asyncio.sleep(0.02)
        await self._wires.cut(scope, receive)


def garbled(garbage: Garbage, whole: Response, wires: Wires) -> Response:
    """What comes instead of the whole answer."""
    match garbage.form:
        case "html":
            return Response(PAGE, 502, media_type="text/html")
        case "text":
            return Response(b"upstream connect error", 200, media_type="text/plain")
        case "empty":
            return Response(b"", 200, media_type="application/json")
        case "half":
            return Half(whole, wires)
