"""Metrics are derived from events, have a bounded number of series, and are written beside the work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import GC_COLLECTOR
from prometheus_client import generate_latest as text_of
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.samples import Sample

from race_to_purchase.observe.events import Event, subscribe
from race_to_purchase.observe.events.catalogue import all_events, attributes_of
from race_to_purchase.observe.events.gateways import GatewayAnswered, GatewayDrained
from race_to_purchase.observe.events.guard import ChallengePassed
from race_to_purchase.observe.events.http import RequestAnswered
from race_to_purchase.observe.events.path import CheckoutReserved, DropStored, OrderPlaced, ReservationRefused
from race_to_purchase.observe.metrics import text
from race_to_purchase.observe.metrics.exposition import Exposition
from race_to_purchase.observe.metrics.sinks import TOGETHER, Sinks
from race_to_purchase.observe.metrics.text import OPENMETRICS, TEXT
from race_to_purchase.observe.request import Cause

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ASKED = Cause("req-1", f"00-{TRACE}-00f067aa0ba902b7-01")

ORDERS = {"drop": "aurora", "gateway": "sandbox"}


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of our own."""
    return CollectorRegistry()


@pytest.fixture
def sinks(registry: CollectorRegistry) -> Sinks:
    """All metrics; the library reads them from the registry."""
    made = Sinks()
    registry.register(made)
    return made


@pytest.fixture
def tell(sinks: Sinks) -> Callable[..., None]:
    """Gives events to the metrics."""

    def tell(*events: Event) -> None:
        for event in events:
            sinks.by_event[type(event)](event)

    return tell


def an_order(drop: str = "aurora", amount: int = 15900, **changes: object) -> OrderPlaced:
    cause = changes.pop("cause", ASKED)
    assert isinstance(cause, Cause)
    return OrderPlaced(drop, "c1", "c1", 1, "sandbox", amount, "EUR", 2, 3.5, False, cause=cause)


def test_counters_count_and_add(registry: CollectorRegistry, tell: Callable[..., None]) -> None:
    tell(an_order(), an_order(), an_order("borealis"))
    assert registry.get_sample_value("race_orders_total", {"drop": "aurora", "gateway": "sandbox"}) == 2
    assert registry.get_sample_value("race_orders_total", {"drop": "borealis", "gateway": "sandbox"}) == 1
    assert registry.get_sample_value("race_order_amount_minor_total", {"drop": "aurora", "currency": "EUR"}) == 31800
    assert registry.get_sample_value("race_sold_pieces_total", {"drop": "aurora"}) == 4


def test_gauges_say_what_was_said_last(registry: CollectorRegistry, tell: Callable[..., None]) -> None:
    tell(GatewayDrained("bank", True), GatewayDrained("bank", False))
    assert registry.get_sample_value("race_gateway_drained", {"gateway": "bank"}) == 0


def test_histograms_have_the_buckets_of_their_declaration(
    registry: CollectorRegistry, tell: Callable[..., None]
) -> None:
    tell(GatewayAnswered("bank", "authorize", "authorized", "", 0.3))
    labels = {"gateway": "bank", "operation": "authorize"}
    assert registry.get_sample_value("race_gateway_seconds_bucket", {**labels, "le": "0.25"}) == 0
    assert registry.get_sample_value("race_gateway_seconds_bucket", {**labels, "le": "0.5"}) == 1


def test_truth_values_are_words(registry: CollectorRegistry, tell: Callable[..., None]) -> None:
    tell(DropStored("aurora", True), DropStored("aurora", False), DropStored("aurora", False))
    assert registry.get_sample_value("race_drops_stored_total", {"created": "true"}) == 1
    assert registry.get_sample_value("race_drops_stored_total", {"created": "false"}) == 2


def test_numbers_of_a_closed_set_are_words(registry: CollectorRegistry, tell: Callable[..., None]) -> None:
    tell(ChallengePassed("aurora", "line", 2, "", "proof_of_work"))
    assert {sample.labels["tier"] for sample in samples(registry, "race_challenges_passed_total")} == {"2"}


def test_what_waits_to_be_counted_is_counted_when_somebody_reads(
    registry: CollectorRegistry, tell: Callable[..., None]
) -> None:
    for number in range(1, 2 * TOGETHER):
        tell(an_order())
        if number % 10 == 1:
            assert registry.get_sample_value("race_orders_total", ORDERS) == number


def test_what_comes_while_others_are_counted_is_counted_the_next_time(
    registry: CollectorRegistry, tell: Callable[..., None]
) -> None:
    tell(an_order(Meanwhile("aurora", lambda: tell(an_order()))))
    for _ in range(2):
        list(registry.collect())
    assert registry.get_sample_value("race_sold_pieces_total", {"drop": "aurora"}) == 4


def test_two_do_not_count_at_once(sinks: Sinks) -> None:
    orders = next(series for series in sinks.series if series.metric.name == "race_orders_total")
    reader = threading.Thread(target=orders.items)
    stood_back: list[bool] = []

    def read_meanwhile() -> None:
        reader.start()
        reader.join(0.2)
        stood_back.append(reader.is_alive())

    tell = sinks.by_event[OrderPlaced]
    tell(an_order(Meanwhile("aurora", read_meanwhile, lambda: tell(an_order()))))
    orders.items()
    reader.join()
    assert stood_back == [True]


class Meanwhile(str):
    """Something happens, once, while the event that has this text is counted."""

    __slots__ = ("_happens",)

    def __new__(cls, text: str, *happens: Callable[[], None]) -> Meanwhile:
        """A text beside which these things happen."""
        made = super().__new__(cls, text)
        made._happens = list(happens)
        return made

    def __hash__(self) -> int:
        while self._happens:
            self._happens.pop()()
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)


def test_an_event_that_a_metric_cannot_count_is_lost_for_that_metric_alone(
    registry: CollectorRegistry, tell: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    broken = OrderPlaced("aurora", "c1", "c1", 1, "sandbox", None, "EUR", 2, 3.5, False)  # type: ignore[arg-type]
    tell(broken, an_order())
    assert registry.get_sample_value("race_orders_total", ORDERS) == 2
    assert "race_order_amount_minor_total could not count" in caplog.text


def test_drops_beyond_a_number_are_counted_as_other(registry: CollectorRegistry, tell: Callable[..., None]) -> None:
    tell(*(an_order(f"drop-{number}") for number in range(1000)))
    drops = {sample.labels["drop"] for sample in samples(registry, "race_orders_total")}
    assert len(drops) == 51
    assert registry.get_sample_value("race_orders_total", {"drop": "other", "gateway": "sandbox"}) == 950


def test_a_value_that_a_closed_set_has_not_is_other(registry: CollectorRegistry, tell: Callable[..., None]) -> None:
    tell(ReservationRefused("aurora", "because of <b>you</b>"))  # type: ignore[arg-type] # what a bug would say
    assert registry.get_sample_value("race_reservations_refused_total", {"drop": "aurora", "why": "other"}) == 1


def test_series_are_bounded_whatever_is_told(registry: CollectorRegistry, sinks: Sinks) -> None:
    """Every event, ten thousand times, each text of it different each time."""
    for event, sink in sinks.by_event.items():
        for number in range(200):
            sink(event(*(a_value(a.kind, f"{a.name}-{number}") for a in attributes_of(event) if a.name != "cause")))
    found = list(samples(registry))
    names = {label for sample in found for label in sample.labels} - {"le"}
    assert names & {"checkout", "order", "buyer", "key", "request", "trace", "subject", "cause"} == set()
    assert len(found) < 20_000


def test_and_the_bound_is_what_makes_it_so() -> None:
    """No event has a label that is open, so that the number of series is known before anything happened."""
    open_ones = [
        f"{event.__name__}.{label}"
        for event in all_events()
        for metric in event.metrics
        for label in metric.by
        if {a.name: a for a in attributes_of(event)}[label].cardinality == float("inf")
    ]
    assert open_ones == []


def a_value(kind: str, text: str) -> object:
    return {"text": text, "whole number": 1, "number": 0.5, "truth value": True}[kind]


def samples(registry: CollectorRegistry, name: str = "") -> Iterator[Sample]:
    for metric in registry.collect():
        yield from (sample for sample in metric.samples if not name or sample.name == name)


class TestWritten:
    async def test_prometheus_can_read_it(self, sinks: Sinks, tell: Callable[..., None]) -> None:
        tell(an_order())
        text = (await Exposition(sinks).text(TEXT)).decode()
        families = {family.name: family for family in prometheus(text)}
        assert families["race_orders"].type == "counter"
        assert families["race_purchase_seconds"].type == "histogram"

    @pytest.mark.parametrize("form", [TEXT, OPENMETRICS])
    async def test_it_is_what_the_library_would_write_to_the_byte(
        self, registry: CollectorRegistry, sinks: Sinks, tell: Callable[..., None], form: bytes
    ) -> None:
        """Also once only some numbers were written anew, and with exemplars that have to be escaped."""
        write = openmetrics_of if form == OPENMETRICS else text_of
        exposition = Exposition(sinks, kept_s=0.0)
        odd = Cause('"\\\n\u2028', ASKED.traceparent)
        answered = RequestAnswered("pay", "2xx", 200, 0.02, cause=odd)
        for told in (
            [],
            [an_order(), GatewayAnswered("bank", "authorize", "authorized", "", 0.3)],
            [an_order('"1"\\\n\u2028\x0b', 12345678901, cause=odd), answered],
            [GatewayDrained("bank", True), RequestAnswered("pay", "2xx", 200, 1e9, cause=ASKED)],
            [],
        ):
            tell(*told)
            assert await exposition.text(form) == write(registry)

    @pytest.mark.parametrize("form", [TEXT, OPENMETRICS])
    async def test_what_others_collect_stands_beside_it(self, sinks: Sinks, form: bytes) -> None:
        text = await Exposition(sinks, GC_COLLECTOR).text(form)
        assert text.count(b"# TYPE python_gc_collections") == 1
        assert text.endswith(b"# EOF\n") == (form == OPENMETRICS)
        assert text.count(b"# EOF") == (form == OPENMETRICS)

    async def test_only_what_has_changed_is_written_anew(
        self, sinks: Sinks, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exposition = Exposition(sinks, kept_s=0.0)
        tell(an_order())
        await exposition.text(OPENMETRICS)
        asked: list[str] = []
        monkeypatch.setattr(text, "number_text", lambda number: str(asked.append(number)))
        monkeypatch.setattr(text, "written", None)
        await exposition.text(OPENMETRICS)
        assert asked == []
        tell(DropStored("aurora", True))
        await exposition.text(OPENMETRICS)
        assert asked == [1.0]

    async def test_openmetrics_leads_to_a_request_and_its_trace(self, sinks: Sinks, tell: Callable[..., None]) -> None:
        tell(RequestAnswered("pay", "2xx", 200, 0.02, cause=ASKED))
        text = (await Exposition(sinks).text(OPENMETRICS)).decode()
        families = {family.name: family for family in openmetrics(text)}
        found = [sample.exemplar for sample in families["race_http_request_seconds"].samples if sample.exemplar]
        assert [exemplar.labels for exemplar in found] == [{"request_id": "req-1", "trace_id": TRACE}]

    async def test_an_exemplar_fits_whatever_the_request_is_called(
        self, sinks: Sinks, tell: Callable[..., None]
    ) -> None:
        tell(RequestAnswered("pay", "2xx", 200, 0.02, cause=Cause("r" * 128, ASKED.traceparent)))
        assert b"r" * 64 in await Exposition(sinks).text(OPENMETRICS)

    async def test_it_is_written_beside_the_event_loop(self, sinks: Sinks) -> None:
        seen = Watching()
        await Exposition(sinks, seen).text(TEXT)
        assert seen.threads
        assert threading.get_ident() not in seen.threads

    async def test_many_who_ask_at_once_are_answered_by_one_writing(self, sinks: Sinks) -> None:
        seen = Watching()
        exposition = Exposition(sinks, seen, kept_s=60.0)
        texts = await asyncio.gather(*(exposition.text(TEXT) for _ in range(20)))
        assert {*texts, await exposition.text(TEXT)} == {texts[0]}
        assert len(seen.threads) == 1

    async def test_one_who_gives_up_does_not_end_it_for_the_others(self, sinks: Sinks) -> None:
        exposition = Exposition(sinks)
        impatient = asyncio.create_task(exposition.text(TEXT))
        patient = asyncio.create_task(exposition.text(TEXT))
        await asyncio.sleep(0)
        impatient.cancel()
        assert b"race_commands_total" in await patient


class Watching(Collector):
    """A collector that notes which threads ask it."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def collect(self) -> Iterator[Metric]:
        """Nothing to tell."""
        self.threads.append(threading.get_ident())
        return iter(())


def test_metrics_of_one_engine_are_not_those_of_another() -> None:
    first, second = CollectorRegistry(), CollectorRegistry()
    ours, theirs = Sinks(), Sinks()
    first.register(ours)
    second.register(theirs)
    leave = subscribe(ours.by_event[CheckoutReserved], CheckoutReserved)
    leave()
    assert first.get_sample_value("race_commands_total") == second.get_sample_value("race_commands_total") == 0


def test_what_can_be_counted_begins_at_zero(registry: CollectorRegistry, sinks: Sinks) -> None:
    """So that its first event is seen as growth: a counter that appears at 1 has grown by nothing."""
    of_gateway = {"gateway": "bank", "operation": "authorize", "said": "no_answer"}
    assert registry.get_sample_value("race_batches_again_total", {"trouble": "conflict"}) == 0
    assert registry.get_sample_value("race_drops_stored_total", {"created": "false"}) == 0
    assert registry.get_sample_value("race_gateway_answers_total", of_gateway) is None
    sinks.expect({"gateway": "bank"})
    assert registry.get_sample_value("race_gateway_answers_total", of_gateway) == 0
    sinks.by_event[GatewayAnswered](GatewayAnswered("bank", "authorize", "no_answer", "", 0.5))
    sinks.expect({"gateway": "bank"})
    assert registry.get_sample_value("race_gateway_answers_total", of_gateway) == 1
