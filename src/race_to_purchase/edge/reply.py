"""From an answer to the bytes on the wire: the headers that every response has, and those that only some have."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from random import getrandbits

from starlette.types import Send

from race_to_purchase.edge.whole import write_whole
from race_to_purchase.observe.redact import redacted
from race_to_purchase.rules.answers import Answer

Header = tuple[bytes, bytes]

JSON = b"application/json"
PROBLEM = b"application/problem+json"
NO_STORE = b"no-store"

_SANE_ID = re.compile(rb"[A-Za-z0-9._:=/+-]{1,128}")


_STATUS = {status.value: f"{status.value} {status.phrase}".encode() for status in HTTPStatus}
_ORDINARY = b"""HTTP/1.1 %b\r
content-type: %b\r
cache-control: no-store\r
x-request-id: %b\r
content-length: %d\r
"""
"""What `headers` gives for an ordinary answer, as bytes. Nothing in it is a client's but a checked request id; nor is
anything in the `more` of `tell`, since origins stand in the settings and a trace is hexadecimal."""


class Reply(Answer, frozen=True):
    """An answer with something of its own: another media type, a longer life in caches, further headers."""

    media_type: bytes = JSON
    cache_control: bytes = NO_STORE
    headers: tuple[Header, ...] = ()


class Streamed(Reply, frozen=True, kw_only=True):
    """An answer that has no end of its own: its body is the first piece, `frames` are the further ones."""

    frames: AsyncGenerator[bytes, None]


def _may_be_told(text: str) -> bool:
    return redacted(text) == text


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """The client's X-Request-Id if it can stand in a log line, else a new one; nothing but the log hangs on it.

    One that looks like a card's number or a secret is not repeated anywhere.
    """
    given = headers.get(b"x-request-id")
    if given is not None and _SANE_ID.fullmatch(given) and _may_be_told(given.decode("ascii")):
        return given
    return b"%016x" % getrandbits(64)


async def tell(send: Send, answer: Answer, named: bytes, more: tuple[Header, ...] = ()) -> None:
    """Send the answer as one response, under the request id `named`, with `more` headers."""
    if _is_ordinary(answer):
        head = _ORDINARY % (_STATUS[answer.status], PROBLEM if answer.problem else JSON, named, len(answer.body))
        if write_whole(send, head, more, answer.body):
            return
    sent = [*headers(answer, named), *more] if more else headers(answer, named)
    if isinstance(answer, Streamed):
        await _tell_on(send, answer, sent)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": sent})
    await send({"type": "http.response.body", "body": answer.body})


async def _tell_on(send: Send, answer: Streamed, sent: list[Header]) -> None:
    """Send piece after piece, each as soon as it is there."""
    head = [header for header in sent if header[0] != b"content-length"]
    head.append((b"x-accel-buffering", b"no"))  # A proxy before us must not wait for the end.
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    async with aclosing(answer.frames) as frames:
        async for frame in frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _is_ordinary(answer: Answer) -> bool:
    """Whether it has the headers that every response has, and no others."""
    return type(answer) is Answer and not answer.replayed and answer.retry_after_s is None and len(answer.body) > 0


def headers(answer: Answer, named: bytes) -> list[Header]:
    """The headers of a response; Retry-After in whole seconds, at least one."""
    media_type, cache_control = JSON, NO_STORE
    more: tuple[Header, ...] = ()
    if isinstance(answer, Reply):
        media_type, cache_control, more = answer.media_type, answer.cache_control, answer.headers
    found: list[Header] = [] if answer.status == 204 else [(b"content-type", PROBLEM if answer.problem else media_type)]
    found += [
        (b"cache-control", cache_control),
        (b"x-request-id", named),
        *more,
    ]
    if answer.status not in (204, 304):  # They have no body, and may not name the length of one.
        found.append((b"content-length", b"%d" % len(answer.body)))
    if answer.replayed:
        found.append((b"idempotency-replayed", b"true"))
    if answer.retry_after_s is not None:
        found.append((b"retry-after", b"%d" % max(1, math.ceil(answer.retry_after_s))))
    return found
