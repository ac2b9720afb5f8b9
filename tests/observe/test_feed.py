"""`emit` brings events to those who asked for them, and nothing that they do reaches those who emit."""

from __future__ import annotations

import logging

import pytest

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.commit import BatchCommitted
from race_to_purchase.observe.events.feed import Feed
from race_to_purchase.observe.events.path import CheckoutLapsed
from race_to_purchase.observe.request import CAUSE, Cause

LAPSED = CheckoutLapsed("aurora-1", "c1")
BATCH = BatchCommitted("aurora-1", 3, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_sink_gets_the_events_that_it_asked_for() -> None:
    feed, everything, lapses = Feed(), list[Event](), list[Event]()
    feed.subscribe(everything.append)
    feed.subscribe(lapses.append, CheckoutLapsed)
    feed.emit(LAPSED)
    feed.emit(BATCH)
    assert everything == [LAPSED, BATCH]
    assert lapses == [LAPSED]


def test_and_none_when_it_has_left() -> None:
    feed, seen = Feed(), list[Event]()
    leave = feed.subscribe(seen.append)
    feed.emit(BATCH)
    leave()
    leave()
    feed.emit(BATCH)
    assert seen == [BATCH]


def test_one_that_was_registered_twice_is_told_once() -> None:
    feed, seen = Feed(), list[Event]()
    sink = seen.append
    feed.subscribe(sink)
    leave = feed.subscribe(sink)
    feed.emit(BATCH)
    leave()
    feed.emit(LAPSED)
    assert seen == [BATCH, LAPSED]


def test_a_sink_that_fails_harms_nobody_and_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Event) -> None:
        raise OSError("no space left")

    feed, seen = Feed(), list[Event]()
    feed.subscribe(broken)
    feed.subscribe(seen.append)
    with caplog.at_level(logging.ERROR, "race.observe"):
        for _ in range(100):
            feed.emit(BATCH)
    assert len(seen) == 100
    assert feed.failures == {broken: 100}
    assert [record.getMessage() for record in caplog.records] == [
        "a sink failed with BatchCommitted; what it is about is not affected"
    ]


def test_what_nobody_looks_at_is_not_wanted() -> None:
    feed = Feed()
    assert not feed.wanted(CheckoutLapsed)
    feed.subscribe(print, BatchCommitted)
    assert not feed.wanted(CheckoutLapsed)
    assert feed.wanted(BatchCommitted)


def test_an_event_knows_the_request_that_it_was_made_in() -> None:
    cause = Cause("req-7")
    before = CAUSE.set(cause)
    try:
        assert CheckoutLapsed("aurora-1", "c1").cause is cause
    finally:
        CAUSE.reset(before)
    assert LAPSED.cause == Cause()
