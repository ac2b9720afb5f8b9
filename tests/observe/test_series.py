"""What is counted over time: the same as the metrics count, added up over processes, and kept through everything."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client import Histogram as Their

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.loops.record import Record
from race_to_purchase.observe.events import Event, Gauge
from race_to_purchase.observe.events.gateways import GatewayDrained
from race_to_purchase.observe.events.path import LONG, CheckoutReserved, OrderPlaced, ReservationRefused
from race_to_purchase.observe.events.slo import BudgetWatched
from race_to_purchase.observe.metrics.sinks import Sinks
from race_to_purchase.observe.series import Counted, Recorder, Slice, Spread, bounds_of, metrics_by_name
from race_to_purchase.observe.together import Together
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.series import AT_ONCE, PostgresSeries

A_DAY = timedelta(days=1)


def order(drop: str = "aurora-1", *, gateway: str = "bank", pieces: int = 1, took_s: float = 1.5) -> OrderPlaced:
    return OrderPlaced(drop, "c", "c", 1, gateway, 15_900 * pieces, "EUR", pieces, took_s, False)


class Recording(Recorder):
    """A recorder over metrics of its own, which are told of events by calling it."""

    def __init__(self) -> None:
        self.sinks = Sinks()
        super().__init__(self.sinks.series)

    def __call__(self, event: Event) -> None:
        self.sinks.by_event[type(event)](event)


class TestCounting:
    def test_counters_count_by_their_labels_and_by_drop(self) -> None:
        recorder = Recording()
        for event in (order(), order(gateway="other-bank", pieces=2), order("boreal-2")):
            recorder(event)
        taken = recorder.take()
        assert taken["aurora-1"].total("race_orders_total") == 2
        assert taken["aurora-1"].total("race_orders_total", gateway="other-bank") == 1
        assert taken["aurora-1"].by("race_orders_total", "gateway") == {"bank": 1, "other-bank": 1}
        assert taken["aurora-1"].total("race_sold_pieces_total") == 3
        assert taken["boreal-2"].total("race_order_amount_minor_total", currency="EUR") == 15_900

    def test_what_belongs_to_no_drop_is_counted_apart_and_a_level_is_what_was_said_last(self) -> None:
        recorder = Recording()
        recorder(GatewayDrained("bank", True))
        assert recorder.take()[""].levels["race_gateway_drained"] == {("bank",): 1.0}
        recorder(GatewayDrained("bank", False))
        assert recorder.take()[""].levels["race_gateway_drained"] == {("bank",): 0.0}

    def test_a_level_of_nothing_is_told_too_a_budget_that_burns_not_is_watched(self) -> None:
        recorder = Recording()
        recorder(BudgetWatched("aurora-1", 0.0, 0, 40))
        assert recorder.take()["aurora-1"].levels["race_drop_burn_rate"] == {(): 0.0}

    def test_levels_that_stand_are_told_again_with_whatever_has_grown_and_not_by_themselves(self) -> None:
        recorder = Recording()
        recorder(BudgetWatched("aurora-1", 2.5, 12, 40))
        recorder.take()
        recorder(BudgetWatched("aurora-1", 2.5, 12, 40))
        assert recorder.take() == {}
        recorder(order())
        assert recorder.take()["aurora-1"].levels["race_drop_burn_rate"] == {(): 2.5}

    def test_what_was_taken_is_not_counted_again(self) -> None:
        recorder = Recording()
        recorder(order())
        assert recorder.take()
        assert recorder.take() == {}

    def test_many_drops_cannot_fill_the_memory(self) -> None:
        recorder = Recording()
        for number in range(500):
            recorder(order(f"drop-{number}"))
        taken = recorder.take()
        assert len(taken) < 100
        assert taken["other"].total("race_orders_total") > 400

    def test_only_what_has_grown_is_told(self) -> None:
        recorder = Recording()
        recorder(order())
        recorder(order("boreal-2"))
        recorder.take()
        recorder(order())
        grown = {drop: counted.total("race_orders_total") for drop, counted in recorder.take().items()}
        assert grown == {"aurora-1": 1}

    def test_what_nothing_was_counted_of_is_not_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        recorder = Recording()
        looked: list[str] = []
        recorder(order())
        recorder.take()
        for series in recorder.sinks.series:
            monkeypatch.setattr(series, "items", lambda name=series.metric.name: looked.append(name) or [])
        recorder(order())
        recorder.take()
        counted = [name for name in looked if not isinstance(metrics_by_name()[name], Gauge)]
        assert sorted(counted) == sorted(metric.name for metric in OrderPlaced.metrics)

    def test_values_that_nobody_foresaw_cannot_fill_it_either(self) -> None:
        recorder = Recording()
        for number in range(500):
            recorder(order(gateway=f"bank-{number}"))
        counted = recorder.take()["aurora-1"].by("race_orders_total", "gateway")
        assert len(counted) < 50
        assert sum(counted.values()) == 500
        assert counted["other"] > 400


class TestSpreads:
    def test_a_value_on_a_bound_is_below_it_as_in_prometheus(self) -> None:
        recorder = Recording()
        for took_s in (1.0, 1.000001, 2.0):
            recorder(order(took_s=took_s))
        spread = recorder.take()["aurora-1"].spread("race_purchase_seconds")
        assert (spread.below(1.0), spread.below(2.0), spread.number) == (1, 3, 3)

    @settings(deadline=None)
    @given(st.lists(st.floats(0, 3000), max_size=60))
    def test_its_buckets_are_those_of_the_library_behind_metrics(self, values: list[float]) -> None:
        recorder, theirs = Recording(), Their("it", "it", buckets=LONG, registry=CollectorRegistry())
        for value in values:
            recorder(order(took_s=value))
            theirs.observe(value)
        spread = recorder.take().get("aurora-1", Counted()).spread("race_purchase_seconds")
        samples = {sample.labels["le"]: sample.value for sample in theirs.collect()[0].samples if "le" in sample.labels}
        for bound in LONG:
            assert spread.below(bound) == samples[str(bound)]
        assert spread.number == samples["+Inf"]

    @pytest.mark.parametrize(
        ("buckets", "share", "value"),
        [((0, 0, 0, 0), 0.5, None), ((10, 0, 0, 0), 0.5, 0.5), ((10, 10, 0, 0), 0.75, 1.5), ((0, 0, 10, 0), 0.95, 2.0)],
    )
    def test_its_quantiles_are_those_of_histogram_quantile(
        self, buckets: tuple[float, ...], share: float, value: float | None
    ) -> None:
        assert Spread((1.0, 2.0), buckets).quantile(share) == value


class TestKeeping:
    @pytest.fixture
    async def series(self, database_dsn: str) -> PostgresSeries:
        return PostgresSeries((await PostgresStore.open(database_dsn)).pool)

    async def test_what_two_processes_wrote_adds_up(self, series: PostgresSeries) -> None:
        for source in ("one", "two"):
            recorder = Recording()
            recorder(order(took_s=3.0))
            recorder(ReservationRefused("aurora-1", "sold_out"))
            await Record(recorder, series, source).tick()
        now = datetime.now(UTC)
        slices = [one async for one in series.slices("aurora-1", now - A_DAY, now + A_DAY)]
        totals = Together.of(slices).totals
        assert {one.source for one in slices} == {"one", "two"}
        assert totals.total("race_orders_total") == 2
        assert totals.by("race_reservations_refused_total", "why") == {"sold_out": 2}
        assert totals.spread("race_purchase_seconds").quantile(0.5) == 3.5

    async def test_labels_come_back_as_they_were_even_empty_ones(self, series: PostgresSeries) -> None:
        counted = Counted({"race_captures_total": {("",): 1.0}, "race_commands_total": {(): 2.0}})
        await series.write("one", {"": counted}, datetime.now(UTC))
        now = datetime.now(UTC)
        [back] = [one async for one in series.slices("", now - A_DAY, now + A_DAY)]
        assert back == Slice("", back.at, "one", counted)

    async def test_what_was_asked_for_comes_the_oldest_first(self, series: PostgresSeries) -> None:
        now = datetime.now(UTC)
        for seconds in (3, 1, 4, 2):
            await series.write("one", {"aurora-1": Counted()}, now + timedelta(seconds=seconds))
        since, until = now + timedelta(seconds=1), now + timedelta(seconds=4)
        came = [one.at - now async for one in series.slices("aurora-1", since, until)]
        assert came == [timedelta(seconds=seconds) for seconds in (1, 2, 3)], "until is not in it, since is"
        assert [one async for one in series.slices("boreal-2", since, until)] == []

    async def test_a_past_of_many_rows_comes_whole_though_a_page_ends_within_one_moment(
        self, series: PostgresSeries
    ) -> None:
        began = datetime.now(UTC) - A_DAY
        wrote = {(began + timedelta(seconds=number // 3), f"process-{number % 3}") for number in range(3 * AT_ONCE)}
        for at, source in wrote:
            await series.write(source, {"aurora-1": Counted()}, at)
        came = [(one.at, one.source) async for one in series.slices("aurora-1", began, began + A_DAY)]
        assert sorted(came) == sorted(wrote)

    async def test_of_gauges_and_distributions_only_those_come_that_were_named(self, series: PostgresSeries) -> None:
        lag, wait = {(): [1.0, 2.0, 3.0]}, {(): [4.0, 5.0, 6.0]}
        counted = Counted(
            {"race_commands_total": {(): 2.0}},
            {"race_open": {(): 1.0}, "race_other": {(): 2.0}},
            {"race_lag": lag, "race_wait": wait},
        )
        await series.write("one", {"": counted}, datetime.now(UTC))
        now = datetime.now(UTC)
        named = ("race_wait", "race_open", "race_none")
        [back] = [one async for one in series.slices("", now - A_DAY, now + A_DAY, named)]
        assert back.counted == Counted(counted.counts, {"race_open": {(): 1.0}}, {"race_wait": wait})

    async def test_what_a_version_with_other_buckets_counted_is_left_out_and_the_rest_of_it_is_not(
        self, series: PostgresSeries
    ) -> None:
        name = "race_loop_lag_seconds"
        now, as_now = datetime.now(UTC), [1.0] * (len(bounds_of(name)) + 2)
        for source, counts in (("older", [1.0, 2.0, 3.0]), ("newer", as_now)):
            counted = Counted({"race_reservations_total": {(): 1.0}}, spreads={name: {(): counts}})
            await series.write(source, {"aurora-1": counted}, now)
        totals = Together.of([one async for one in series.slices("aurora-1", now - A_DAY, now + A_DAY)]).totals
        assert totals.spread(name).buckets == tuple(as_now)
        assert totals.total("race_reservations_total") == 2

    async def test_old_slices_are_forgotten_and_new_ones_stay(self, series: PostgresSeries, database_dsn: str) -> None:
        await series.write("one", {"old": Counted(), "new": Counted()}, datetime.now(UTC))
        connection = await asyncpg.connect(database_dsn)
        await connection.execute("UPDATE race.series SET at = at - interval '2 days' WHERE drop_id = 'old'")
        assert await series.forget(86_400.0, 100) == 1
        assert [row["drop_id"] for row in await connection.fetch("SELECT drop_id FROM race.series")] == ["new"]
        await connection.close()

    async def test_no_more_is_forgotten_at_once_than_was_said(self, series: PostgresSeries) -> None:
        for source in ("one", "two", "three"):
            await series.write(source, {"old": Counted()}, datetime.now(UTC) - 2 * A_DAY)
        assert [await series.forget(86_400.0, 2) for _ in range(3)] == [2, 1, 0]


class Gone:
    """A place to write that is gone until a test says otherwise."""

    def __init__(self) -> None:
        self.gone = True
        self.written: list[Mapping[str, Counted]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens just before it tells the time."""

    async def now(self) -> datetime:
        self.meanwhile()
        return datetime.now(UTC)

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        if self.gone:
            raise DatabaseUnavailable(reason="a test says so")
        self.written.append(counted)

    async def slices(
        self, drop: str, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> AsyncIterator[Slice]:
        for one in ():
            yield one

    async def forget(self, older_than_s: float, limit: int) -> int:
        return 0


class TestWithoutADatabase:
    async def test_nothing_is_lost_while_it_is_gone(self) -> None:
        recorder, place = Recording(), Gone()
        record = Record(recorder, place, "one")
        recorder(order())
        with pytest.raises(DatabaseUnavailable):
            await record.tick()
        recorder(order())
        recorder(CheckoutReserved("aurora-1", "c", 15_900, "EUR", 1))
        place.gone = False
        await record.tick()
        [written] = place.written
        assert written["aurora-1"].total("race_orders_total") == 2
        assert written["aurora-1"].total("race_reservations_total") == 1

    async def test_whatever_has_happened_by_the_time_that_is_told_is_in_it(self) -> None:
        recorder, place = Recording(), Gone()
        place.gone, place.meanwhile = False, lambda: recorder(order())
        await Record(recorder, place, "one").tick()
        [written] = place.written
        assert written["aurora-1"].total("race_orders_total") == 1

    async def test_a_process_ends_in_order_all_the_same(self, caplog: pytest.LogCaptureFixture) -> None:
        recorder = Recording()
        recorder(order())
        await Record(recorder, Gone(), "one").finish()
        assert "could not be kept" in caplog.text
