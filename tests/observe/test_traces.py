"""Traces are gathered with their request, kept where it is worth it, and never in the way of a purchase."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.commit import CommandCommitted
from race_to_purchase.observe.events.gateways import GatewayAnswered
from race_to_purchase.observe.events.http import RequestAnswered
from race_to_purchase.observe.events.money import CaptureFailed
from race_to_purchase.observe.events.path import OrderPlaced
from race_to_purchase.observe.request import CAUSE, NOBODY, Cause, began, begin_with, resume, traced
from race_to_purchase.observe.traces import otlp
from race_to_purchase.observe.traces.gather import SPANS_MAX, Gather, Gathered, Piece, pieces
from race_to_purchase.observe.traces.otlp import Collector
from race_to_purchase.observe.traces.wire import encoded

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01".encode()


class Sent(list[Piece]):
    """The spans that were sent."""

    def take(self, gathered: Gathered) -> None:
        self.extend(pieces(gathered))

    @property
    def names(self) -> list[str]:
        return [piece.name for piece in self]


def ended(status: int, cause: Cause) -> RequestAnswered:
    return RequestAnswered("pay", "5xx" if status >= 500 else "2xx", status, 0.2, cause=cause)


def an_order(amount: int, cause: Cause) -> OrderPlaced:
    return OrderPlaced("aurora", "c1", "c1", 1, "bank", amount, "EUR", 1, 3.0, False, cause=cause)


def asked(said: str, cause: Cause) -> GatewayAnswered:
    return GatewayAnswered("bank", "authorize", said, "", 0.1, cause=cause)  # type: ignore[arg-type] # one of them


def tell(gather: Gather, event: Event) -> None:
    gather.by_event[type(event)](event)


class TestWhatIsKept:
    def test_a_share(self) -> None:
        sent = Sent()
        gather = Gather(sent.take, 0.1, None)
        for _ in range(2000):
            tell(gather, ended(200, gather.begin("req", "")))
        assert 100 <= len(sent) <= 320

    @pytest.mark.parametrize(
        "failure",
        [
            lambda cause: ended(500, cause),
            lambda cause: asked("no_answer", cause),
            lambda cause: CaptureFailed("aurora", "c1", "c1", 1, "bank", 100, "EUR", "", cause=cause),
        ],
    )
    def test_and_all_that_failed(self, failure: object) -> None:
        sent = Sent()
        gather = Gather(sent.take, 0.0, None)
        cause = gather.begin("req", "")
        tell(gather, failure(cause))  # type: ignore[operator] # a function
        tell(gather, ended(200, cause))
        assert "pay" in sent.names

    def test_and_all_that_is_worth_much(self) -> None:
        sent = Sent()
        gather = Gather(sent.take, 0.0, 50_000)
        for amount in (49_999, 50_000):
            cause = gather.begin(f"req-{amount}", "")
            tell(gather, an_order(amount, cause))
            tell(gather, ended(200, cause))
        assert [piece.attributes["amount"] for piece in sent] == [50_000]

    def test_what_comes_after_the_request_goes_with_its_trace(self) -> None:
        sent = Sent()
        for share in (0.0, 1.0):
            gather = Gather(sent.take, share, None)
            cause = gather.begin("req", "")
            tell(gather, ended(200, cause))
            tell(gather, asked("captured", cause))
        assert sent.names == ["pay", "bank authorize"]

    def test_a_failure_after_it_is_sent_all_the_same(self) -> None:
        sent = Sent()
        gather = Gather(sent.take, 0.0, None)
        cause = gather.begin("req", "")
        tell(gather, ended(200, cause))
        tell(gather, asked("no_answer", cause))
        assert sent.names == ["bank authorize"]

    def test_no_more_than_a_number_of_one_request(self) -> None:
        sent = Sent()
        gather = Gather(sent.take, 1.0, None)
        cause = gather.begin("req", "")
        for _ in range(1000):
            tell(gather, asked("declined", cause))
        tell(gather, ended(200, cause))
        assert len(sent) == SPANS_MAX + 1


class TestWhatASpanSays:
    def test_it_hangs_below_the_request_and_that_below_its_caller(self) -> None:
        sent = Sent()
        gather = Gather(sent.take, 1.0, None)
        cause = gather.begin("req", GIVEN.decode())
        tell(gather, CommandCommitted("BeginPayment", 7, 0.01, cause=cause))
        tell(gather, an_order(15900, cause))
        tell(gather, ended(200, cause))
        commit, root = sent
        assert {piece.trace for piece in sent} == {TRACE}
        assert (root.parent, commit.parent) == (PARENT, root.id)
        assert root.attributes["order"] == "c1"
        assert 0.19e9 < root.end_ns - root.start_ns < 0.21e9

    def test_what_goes_out_is_in_the_same_trace(self) -> None:
        gather = Gather(Sent().take, 1.0, None)
        cause = gather.begin("req", GIVEN.decode())
        assert cause.traceparent == f"00-{TRACE}-{cause.trace.span}-01"

    async def test_another_process_goes_on_with_it(self) -> None:
        sent = Sent()
        gather = Gather(sent.take, 1.0, None)
        first = gather.begin("req", "")
        leave = begin_with(gather.begin)
        resume(first.traceparent)
        tell(gather, asked("captured", CAUSE.get()))
        leave()
        assert [(piece.trace, piece.parent) for piece in sent] == [(first.trace.id, first.trace.span)]


class TestWhatComesIn:
    @pytest.mark.parametrize(
        "given",
        [
            b"",
            b"00",
            b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nx: y",
            b"00-" + b"a" * 5000,
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01".encode(),
        ],
    )
    def test_what_is_malformed_begins_a_trace_of_its_own(self, given: bytes) -> None:
        assert began("req", given).traceparent == ""

    def test_a_later_version_is_read_as_ours(self) -> None:
        assert began("req", b"01-" + GIVEN[3:] + b"-more").traceparent == GIVEN.decode()

    def test_where_no_traces_are_followed_it_passes_through(self) -> None:
        before = CAUSE.set(began("req", GIVEN))
        assert traced() == {"traceparent": GIVEN.decode()}
        CAUSE.set(NOBODY)
        assert traced() == {}
        CAUSE.reset(before)


class Taking:
    """A collector that keeps what is posted to it."""

    def __init__(self) -> None:
        self.posted: list[tuple[dict[str, str], Any]] = []
        taking = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                taking.posted.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def taking() -> Iterator[Taking]:
    there = Taking()
    yield there
    there.server.shutdown()
    there.server.server_close()


def test_what_a_collector_is_sent(taking: Taking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=race%20shop")
    sending = Collector(f"http://127.0.0.1:{taking.server.server_address[1]}/v1/traces", lambda _spans, _sent: None)
    gather = Gather(sending.send, 1.0, None)
    cause = gather.begin("req", GIVEN.decode())
    tell(gather, asked("authorized", cause))
    tell(gather, an_order(15900, cause))
    tell(gather, ended(200, cause))
    sending.close()
    ((headers, told),) = taking.posted
    assert (headers["content-type"], headers["x-team"]) == ("application/json", "race shop")
    (resource,) = told["resourceSpans"]
    assert {"key": "service.name", "value": {"stringValue": "race-to-purchase"}} in resource["resource"]["attributes"]
    call, request = resource["scopeSpans"][0]["spans"]
    assert (call["name"], call["parentSpanId"]) == ("bank authorize", request["spanId"])
    assert {"key": "race.reservation", "value": {"stringValue": "c1"}} in request["attributes"]


def test_a_span_as_collectors_read_it() -> None:
    """The JSON form of OTLP 1: hexadecimal ids, and numbers of 64 bits as strings."""
    about = {"route": "pay", "status": 500, "repeated": True, "waited": 0.5, "code": ""}
    told = json.loads(encoded([Piece(TRACE, PARENT, "", "pay", "server", 10**18, 10**18 + 1, True, about)], {}))
    (span,) = told["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert span == {
        "traceId": TRACE,
        "spanId": PARENT,
        "name": "pay",
        "kind": 2,
        "startTimeUnixNano": "1000000000000000000",
        "endTimeUnixNano": "1000000000000000001",
        "attributes": [
            {"key": "race.route", "value": {"stringValue": "pay"}},
            {"key": "race.status", "value": {"intValue": "500"}},
            {"key": "race.repeated", "value": {"boolValue": True}},
            {"key": "race.waited", "value": {"doubleValue": 0.5}},
        ],
        "status": {"code": 2},
    }


@pytest.fixture
def hanging() -> Iterator[str]:
    """A collector that takes connections and never answers."""
    with socket.socket() as listening, ExitStack() as held:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        listening.settimeout(0.1)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    held.enter_context(listening.accept()[0])
                except OSError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/traces"
        done.set()
        thread.join()


@pytest.fixture
def refusing() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probing.getsockname()[1]}/v1/traces"


@pytest.mark.parametrize("collector", ["refusing", "hanging"])
def test_a_collector_that_is_down_costs_nothing(
    collector: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sending never waits, the queue has a bound, and the log is not flooded."""
    monkeypatch.setattr(otlp, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(otlp, "QUEUE_MAX", 1000)
    told: list[tuple[int, bool]] = []
    sending = Collector(request.getfixturevalue(collector), lambda spans, sent: told.append((spans, sent)))
    gather = Gather(sending.send, 1.0, None)
    for _ in range(5000):
        cause = gather.begin("req", "")
        tell(gather, ended(200, cause))
    deadline_s = time.monotonic() + 30
    while not told and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert told
    assert not any(sent for _, sent in told)
    waiting = len(sending._processor._batch_processor._queue)
    assert waiting <= 1000
    sending.close()
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len([line for line in lines if "takes no traces" in line]) == 1
    assert len(lines) <= 2
