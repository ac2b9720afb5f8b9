"""Lines of events are written together: in their order, soon, and none is lost at the end."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys

import pytest

from race_to_purchase.observe import logs
from race_to_purchase.observe.events.line import RegistrationClosed
from race_to_purchase.observe.events.money import CaptureFailed
from race_to_purchase.observe.events.path import CheckoutLapsed
from race_to_purchase.observe.logs import HumanLines, JsonLines, Lines
from race_to_purchase.observe.request import Cause

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ASKED = Cause("req-1", f"00-{TRACE}-00f067aa0ba902b7-01")
TOLD_AND_GONE = """
import asyncio
from race_to_purchase.observe import logs
from race_to_purchase.observe.events.path import CheckoutLapsed

async def main():
    logs.set_up("json", "info")
    logs.sink()(CheckoutLapsed("aurora", "c1"))

asyncio.run(main())
"""


@pytest.fixture
def stream() -> io.StringIO:
    """Where the log goes."""
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """A log in JSON."""
    return Lines(stream, JsonLines())


def lapsed(checkout: str = "c1") -> CheckoutLapsed:
    return CheckoutLapsed("aurora", checkout, cause=ASKED)


async def test_a_line_says_when_what_happened_about_what(stream: io.StringIO, lines: Lines) -> None:
    lines.tell(lapsed())
    lines.flush()
    line = json.loads(stream.getvalue())
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "race.event",
        "message": "checkout lapsed",
        "drop": "aurora",
        "checkout": "c1",
        "request": "req-1",
        "trace": TRACE,
    }


async def test_people_read_words_and_ids(stream: io.StringIO) -> None:
    lines = Lines(stream, HumanLines())
    lines.tell(lapsed())
    lines.flush()
    assert stream.getvalue()[14:] == f"checkout lapsed  drop=aurora  checkout=c1  request=req-1  trace={TRACE}\n"


async def test_a_line_waits_for_others_and_is_written_soon(
    stream: io.StringIO, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "WITHIN_S", 0.01)
    lines.tell(lapsed("c1"))
    assert stream.getvalue() == ""
    while not stream.getvalue():
        await asyncio.sleep(0.01)


async def test_so_many_do_not_wait_for_more(stream: io.StringIO, lines: Lines) -> None:
    for number in range(logs.TOGETHER):
        assert stream.getvalue() == ""
        lines.tell(lapsed(f"c{number}"))
    assert len(stream.getvalue().splitlines()) == logs.TOGETHER


async def test_a_warning_is_written_at_once_and_after_what_came_before(stream: io.StringIO, lines: Lines) -> None:
    lines.tell(lapsed())
    lines.tell(CaptureFailed("aurora", "c1", "c1", 1, "bank", 100, "EUR", "gone", cause=ASKED))
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["info", "warning"]


async def test_whatever_else_is_logged_comes_in_its_order(stream: io.StringIO, lines: Lines) -> None:
    lines.tell(lapsed("c1"))
    lines.handle(logging.LogRecord("race.loops", logging.INFO, __file__, 1, "a loop said", (), None))
    lines.tell(lapsed("c2"))
    lines.flush()
    told = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
    assert told == ["checkout lapsed", "a loop said", "checkout lapsed"]


def test_without_a_loop_nobody_would_come_back_so_it_is_written_at_once(stream: io.StringIO, lines: Lines) -> None:
    lines.tell(RegistrationClosed("aurora"))
    assert stream.getvalue()


def test_nothing_is_lost_when_the_process_ends() -> None:
    done = subprocess.run([sys.executable, "-c", TOLD_AND_GONE], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stderr)["checkout"] == "c1"
