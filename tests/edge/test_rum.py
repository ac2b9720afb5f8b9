"""Beacons of browsers: what they tell becomes events, and what is none of it costs little and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from race_to_purchase.edge.rum import BEACON_BYTES_MAX
from race_to_purchase.observe.events import rum, subscribe
from race_to_purchase.observe.request import Cause, begin_with
from tests.edge.conftest import opened
from tests.edge.door import Door
from tests.edge.shop import Shop
from tests.edge.wire import Client

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EVENTS = (
    rum.VitalMeasured,
    rum.LayoutShifted,
    rum.RumStepReached,
    rum.PurchaseFelt,
    rum.PageBroke,
    rum.BeaconReceived,
)
DROP = "aurora-1"


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """The events that came of beacons."""
    events: list[Any] = []
    end = subscribe(events.append, *EVENTS)
    yield events
    end()


def send(client: Client, *seen: dict[str, Any], drop: str = DROP, **more: Any) -> Any:
    """As `navigator.sendBeacon` sends a string: as text, without any key."""
    return send_raw(client, json.dumps({"drop": drop, "seen": seen, **more}).encode())


def send_raw(client: Client, body: bytes) -> Any:
    return client.ask("POST", "/v1/rum", raw=body, content_type="text/plain;charset=UTF-8", idempotency_key=None)


def became(told: list[Any]) -> list[str]:
    """What became of each beacon."""
    return [event.rum_beacon for event in told if isinstance(event, rum.BeaconReceived)]


class TestABeacon:
    def test_becomes_an_event_an_entry(self, stranger: Client, told: list[Any]) -> None:
        answer = send(
            stranger,
            {"is": "vital", "vital": "lcp", "ms": 1240.5, "rating": "good"},
            {"is": "shift", "shift": 0.02, "rating": "good"},
            {"is": "step", "step": "reserved"},
            {"is": "error", "error": "script"},
        )
        assert (answer.status, answer.body) == (204, b"")
        _, vital, shift, step, error = told
        assert (vital.drop, vital.vital, vital.rating, vital.vital_s) == (DROP, "lcp", "good", 1.2405)
        assert (shift.rating, shift.shift) == ("good", 0.02)
        assert (step.drop, step.rum_step) == (DROP, "reserved")
        assert error.page_error == "script"
        assert became(told) == ["taken"]

    def test_leads_to_the_trace_of_the_purchase(self, stranger: Client, told: list[Any]) -> None:
        send(stranger, {"is": "purchase", "ms": 830, "trace": TRACE})
        felt = told[-1]
        assert (felt.felt_s, felt.cause.traceparent) == (0.83, TRACE)
        assert felt.cause.request

    def test_with_a_trace_that_is_none_is_taken_without_it(self, stranger: Client, told: list[Any]) -> None:
        send(stranger, {"is": "purchase", "ms": 830, "trace": "Bearer sk_live_1"})
        assert told[-1].cause.traceparent == ""


WRONG: dict[str, bytes] = {
    "no JSON": b"\x00\xff garbage",
    "another shape": b'["drop"]',
    "an unknown word": b'{"drop": "aurora-1", "seen": [{"is": "step", "step": "<script>"}]}',
    "an unknown kind": b'{"drop": "aurora-1", "seen": [{"is": "note", "text": "hello"}]}',
    "more than was asked for": b'{"drop": "aurora-1", "seen": [], "email": "ada@example.com"}',
    "no number": b'{"drop": "aurora-1", "seen": [{"is": "purchase", "ms": NaN}]}',
    "a time of years": b'{"drop": "aurora-1", "seen": [{"is": "purchase", "ms": 1e12}]}',
    "a time below zero": b'{"drop": "aurora-1", "seen": [{"is": "purchase", "ms": -1}]}',
    "too many entries": json.dumps({"drop": DROP, "seen": [{"is": "step", "step": "paid"}] * 33}).encode(),
    "a drop that can be none": b'{"drop": "../etc", "seen": []}',
}


class TestGarbage:
    @pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
    def test_is_refused_and_counted_and_tells_nothing(self, stranger: Client, told: list[Any], body: bytes) -> None:
        answer = send_raw(stranger, body)
        assert answer.problem[0] in (400, 422)
        assert became(told) == ["malformed"]
        assert len(told) == 1

    def test_of_any_length_is_refused_before_it_is_read(self, stranger: Client, told: list[Any]) -> None:
        assert send_raw(stranger, b" " * (BEACON_BYTES_MAX + 1)).problem == (413, "body_too_large")
        assert told == []

    def test_about_drops_that_do_not_exist_makes_no_label(self, stranger: Client, told: list[Any]) -> None:
        answer = send(stranger, {"is": "step", "step": "paid"}, drop="made-up")
        assert answer.problem == (404, "unknown_drop")
        assert became(told) == ["unknown_drop"]
        assert len(told) == 1


def test_a_flood_from_one_network_is_turned_away_unread(shop: Shop, told: list[Any]) -> None:
    shop.door = Door(limits="rum.network=2/60")
    with opened(shop) as server, server.client() as client:
        answers = [send(client, {"is": "step", "step": "opened"}).status for _ in range(4)]
    assert answers == [204, 204, 429, 429]
    assert became(told) == ["taken", "taken"]


def test_drops_are_looked_up_once_for_many_beacons(shop: Shop, stranger: Client) -> None:
    asked: list[str] = []
    all_ = shop.catalogue.all

    async def counted() -> Any:
        asked.append("all")
        return await all_()

    shop.catalogue.all = counted  # type: ignore[method-assign]  # To count.
    for drop in (DROP, "made-up-1", "made-up-2"):
        send(stranger, drop=drop)
    assert len(asked) == 1


def test_an_answer_names_its_trace_where_somebody_follows_it(stranger: Client) -> None:
    assert "server-timing" not in stranger.ask("GET", "/healthz").headers
    end = begin_with(lambda request, _: Cause(request, TRACE))
    try:
        assert stranger.ask("GET", "/healthz").headers["server-timing"] == f'traceparent;desc="{TRACE}"'
    finally:
        end()
