"""Whoever plays the walks: due times, what counts as latency, and the promise of equal answers."""

import time
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from race_to_purchase.rehearse.crowd.diary import Diary, Page
from race_to_purchase.rehearse.crowd.player import Player
from race_to_purchase.rehearse.crowd.steps import Answer, Pay, Send, Wait, Walk
from tests.rehearse.shop import SALE
from tests.rehearse.test_wire import served

LATE_S = 5.0
PAY = Pay("key-1", "checkout-1", "pm_approved")


async def test_latency_counts_from_when_it_was_meant_to_be_sent() -> None:
    """A sender that is late by itself must not make the server look fast."""
    answers, page = await played([b'{"state":"paid"}'], [Send((PAY,), -LATE_S)])
    assert answers[0].waited_s >= LATE_S
    assert page.latencies_ms["pay"][0] >= LATE_S * 1000


async def test_two_different_answers_under_one_key_are_noticed() -> None:
    _, page = await played([b'{"id":"a"}', b'{"id":"b"}'], [Send((PAY,), 0.0), Send((PAY,), 0.0)])
    assert page.counts["note/answers_differ"] == 1


async def test_equal_answers_under_one_key_are_as_promised() -> None:
    _, page = await played([b'{"id":"a"}', b'{"id":"a"}'], [Send((PAY, PAY), 0.0)])
    assert "note/answers_differ" not in page.counts


async def test_an_answer_that_was_thrown_away_is_compared_all_the_same() -> None:
    bodies = [b'{"id":"a"}', b'{"id":"b"}']
    answers, page = await played(bodies, [Send((PAY,), 0.0, hang_up_s=5.0), Send((PAY,), 0.0)])
    assert (answers[0].status, answers[1].status) == (0, 200)
    assert page.counts["note/answers_differ"] == 1
    assert len(page.latencies_ms["pay"]) == 1


async def test_a_refusal_is_counted_by_its_code() -> None:
    _, page = await played([b'{"code":"sold_out"}'], [Send((PAY,), 0.0)], status=b"409 Conflict")
    assert page.counts["refusal/sold_out"] == 1


@pytest.mark.parametrize("body", [b"<html>", b'"text"', b"{"])
async def test_an_answer_that_cannot_be_read_does_not_stop_the_crowd(body: bytes) -> None:
    answers, page = await played([body], [Send((PAY,), 0.0)], status=b"502 Bad Gateway")
    assert (answers[0].status, page.counts["refusal/unreadable"]) == (502, 1)


async def played(bodies: list[bytes], sends: list[Send], status: bytes = b"200 OK") -> tuple[list[Answer], Page]:
    """Play `sends` against a server that gives `bodies` one after the other."""
    left: Iterator[bytes] = iter(bodies)
    heard: list[Answer] = []

    def answer(_: bytes) -> bytes:
        body = next(left)
        return b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)

    def walk() -> Walk:
        yield Wait(0.0)
        for send in sends:
            heard.extend((yield send))

    diary = Diary()
    async with served(answer) as (_, wire):
        player = Player(wire, replace(SALE, opens_at_s=time.time()), diary)
        await player.play(walk())
    page = diary.page(0)
    assert msgspec.json.decode(msgspec.json.encode(page), type=Page) == page
    return heard, page
