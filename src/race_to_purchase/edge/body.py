"""Reading a body and making a value of it: bounded in bytes and in time, strict in form.

JSON that is malformed is a 400 with the position, JSON of the wrong form a 422 with the field. What a struct does not
name is refused, so that a misspelt field is never silently ignored.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from starlette.types import Receive

from race_to_purchase.edge.connection import arrived
from race_to_purchase.edge.problems import (
    Refused,
    invalid,
    malformed,
    too_large,
    too_slow,
    wrong_media_type,
)
from race_to_purchase.operate.misfit import misfit

BYTES_MAX = 64 * 1024
"""The largest body that a buyer's request may have; none comes near it."""

DEFINITION_BYTES_MAX = 1024 * 1024
"""The same for the definition of a drop, which may have a thousand items; only operators send one."""

WEBHOOK_BYTES_MAX = 1024 * 1024
"""The same for a gateway's message; one of some kilobytes is usual."""

READ_TIMEOUT_S = 10.0
"""How long a client may take to send a body that was not there with its headers."""

T = TypeVar("T")

_POSITION = re.compile(r"\(byte (\d+)\)")


async def read(headers: Mapping[bytes, bytes], receive: Receive, bytes_max: int, *, json: bool = True) -> bytes:
    """The body, if it is JSON by its content type, where that counts; refused with 415, 413 or 408 otherwise."""
    media_type = headers.get(b"content-type")
    if json and media_type != b"application/json":
        _check_media_type(media_type)
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > bytes_max:
        raise too_large(bytes_max)
    body = arrived(receive)
    if body is not None:
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        return body
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await _received(receive, bytes_max)
    except TimeoutError:
        raise too_slow() from None


async def _received(receive: Receive, bytes_max: int) -> bytes:
    """All of the body, counting what comes rather than believing what was announced."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise malformed("The body ended before it was complete.", len(body))
        part: bytes = message.get("body", b"")
        body = body + part if body else part
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        if not message.get("more_body", False):
            return body


def _check_media_type(given: bytes | None) -> None:
    media_type = (given or b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise wrong_media_type((given or b"").decode("latin-1"))


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The value in `body`; refused with 400 or 422."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ill_formed(error, decoder.type) from None
    except msgspec.DecodeError as error:
        raise _not_json(str(error), body) from None
    except UnicodeDecodeError:
        raise _not_utf8(body) from None
    except RecursionError:
        raise malformed("The JSON is nested too deeply.", 0) from None


def ill_formed(error: msgspec.ValidationError, kind: Any) -> Refused:
    """The refusal of a value that should have been a `kind`."""
    found = misfit(error, kind)
    return invalid(found.field or None, found.reason)


def _not_json(message: str, body: bytes) -> Refused:
    if not body:
        return malformed("The body is empty.", 0)
    found = _POSITION.search(message)
    return malformed(message, int(found[1]) if found else len(body))


def _not_utf8(body: bytes) -> Refused:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return malformed("The body is not UTF-8.", error.start)
    return malformed("The body holds a string that is not Unicode.", 0)
