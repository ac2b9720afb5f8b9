"""A body is read by what comes, whatever was announced, and half of one is none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from starlette.types import Message, Receive

from race_to_purchase.edge.body import read
from race_to_purchase.edge.problems import Refused

JSON = {b"content-type": b"application/json"}
BYTES_MAX = 10


def parts(*messages: Message) -> Receive:
    """What a server hands out."""
    coming = iter(messages)

    async def receive() -> Message:
        return next(coming)

    return receive


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def refused(headers: Mapping[bytes, bytes], receive: Receive) -> tuple[int, bytes]:
    """Status and body of the refusal."""
    with pytest.raises(Refused) as caught:
        await read(headers, receive, BYTES_MAX)
    return caught.value.answer.status, caught.value.answer.body


async def test_it_may_come_in_parts() -> None:
    assert await read(JSON, parts(part(b"[1", more=True), part(b",2]", more=False)), BYTES_MAX) == b"[1,2]"


@pytest.mark.parametrize("length", [b"many", b"", b"-1", b"1"])
async def test_what_was_announced_of_it_is_not_believed(length: bytes) -> None:
    headers = {**JSON, b"content-length": length}
    assert await read(headers, parts(part(b"[1,2]", more=False)), BYTES_MAX) == b"[1,2]"
    status, _ = await refused(headers, parts(part(b"a" * 9, more=True), part(b"aa", more=False)))
    assert status == 413


async def test_it_may_have_as_many_bytes_as_are_allowed_and_none_more() -> None:
    for announced in ({}, {b"content-length": b"10"}):
        assert await read({**JSON, **announced}, parts(part(b"a" * 10, more=False)), BYTES_MAX) == b"a" * 10
    assert (await refused({**JSON, b"content-length": b"11"}, parts()))[0] == 413
    assert (await refused(JSON, parts(part(b"a" * 11, more=False))))[0] == 413


async def test_one_whose_client_has_gone_is_none_even_where_it_reads_as_one() -> None:
    status, body = await refused(JSON, parts(part(b'{"a":1}', more=True), {"type": "http.disconnect"}))
    assert status == 400
    assert b"ended before it was complete" in body
