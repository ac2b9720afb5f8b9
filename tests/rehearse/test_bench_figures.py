"""From measurements to figures, verdicts, a table and a picture; nothing here measures anything."""

import io
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console

from race_to_purchase.rehearse.bench.buyers import Pace
from race_to_purchase.rehearse.bench.chart import chart
from race_to_purchase.rehearse.bench.figures import Found
from race_to_purchase.rehearse.bench.hot_row import HotRow, Rows
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.machine import Machine
from race_to_purchase.rehearse.bench.suites.gateway import GatewayFound
from race_to_purchase.rehearse.bench.suites.hot_row import HotRowFound
from race_to_purchase.rehearse.bench.suites.http import HttpFound
from race_to_purchase.rehearse.bench.suites.purchases import PurchasesFound, planned_per_s
from race_to_purchase.rehearse.bench.view import view

MACHINE = Machine(
    cpu="A & B <fast>",
    cores=2,
    memory_gb=8,
    system="Linux 6",
    filesystem="ext4",
    sync_ms=0.5,
    python="3.11",
    postgresql="18",
    fsync="on",
    synchronous_commit="on",
    full_page_writes="on",
)
ROWS = Rows(checkouts=100, keys=100, limits=100, buyers=100, held=100, capacity=100, bytes=100_000)
FIGURES = {
    "naive_hot_row_per_s": 1000,
    "combined_per_s": 20_000,
    "combined_vs_naive": 20,
    "http_echo_per_s": 20_000,
    "http_reserve_per_s": 10_000,
    "http_reserve_vs_echo": 0.5,
    "purchases_per_s": 2000,
    "purchases_per_s_alone": 1200,
    "purchases_processes": 2,
    "purchase_p95_ms": 90,
    "server_rss_mb": 80,
}


def row(per_s: float, rows: Rows = ROWS) -> HotRow:
    pace = Pace(reserved=100, per_s=per_s, p50_ms=1, p99_ms=2, cpu_share=0.5)
    return HotRow(pace=pace, rows=rows, few_reserved=100, few_rows=ROWS, batch=1)


def load(per_s: float, p95_ms: float = 90, generator: float = 0.2) -> Load:
    return Load(done=25_000, per_s=per_s, p50_ms=1, p95_ms=p95_ms, p99_ms=3, worst_ms=4, generator_cpu_share=generator)


ROWS_FOUND = HotRowFound(naive=[row(900), row(1000), row(5000)], combined=[row(20_000)])
HTTP_FOUND = HttpFound(ready_s=2, echo=[load(20_000)], reserve=[load(10_000)])
PURCHASES_FOUND = PurchasesFound(
    ready_s=1,
    alone=[load(1200)],
    together=[load(2000)],
    processes=2,
    planned=[load(1400, 90), load(1400, 80), load(1400, 4000)],
    rss_mb=80,
    sold=125_000,
    violations=[],
)
FOUND = Found(
    machine=MACHINE,
    results={"hot-row": ROWS_FOUND, "http": HTTP_FOUND, "purchases": PURCHASES_FOUND},
    others_percent={"hot-row": 1, "http": 2, "purchases": 3},
)


def rows(**changes: object) -> Found:
    return but(results={**FOUND.results, "hot-row": msgspec.structs.replace(ROWS_FOUND, **changes)})


def http(**changes: object) -> Found:
    return but(results={**FOUND.results, "http": msgspec.structs.replace(HTTP_FOUND, **changes)})


def bought(**changes: object) -> Found:
    return but(results={**FOUND.results, "purchases": msgspec.structs.replace(PURCHASES_FOUND, **changes)})


def but(**changes: object) -> Found:
    return msgspec.structs.replace(FOUND, **changes)


def told(found: Found) -> str:
    out = io.StringIO()
    Console(file=out, width=100).print(view(found))
    return out.getvalue()


class TestFigures:
    def test_each_is_the_median_of_its_rounds(self) -> None:
        found = [result.figures() for result in FOUND.results.values()]
        assert {name: value for figures in found for name, value in figures.items()} == FIGURES

    def test_json_has_them_all_and_the_floors_with_their_verdict(self) -> None:
        written = msgspec.json.decode(msgspec.json.encode(FOUND.to_json()))
        assert {name: written[name] for name in FIGURES} == FIGURES
        assert [floor["met"] for floor in written["floors"]] == [True] * 7
        assert written["machine"]["cpu"] == "A & B <fast>"
        assert len(written["suites"]["hot-row"]["naive"]) == 3


class TestFloors:
    @pytest.mark.parametrize(
        ("found", "missed"),
        [
            (rows(combined=[row(14_000)]), "combined against naive"),
            (http(reserve=[load(7000)]), "reservations against echo"),
            (bought(together=[load(1499)]), "purchases"),
            (bought(planned=3 * [load(1400, 251)]), "p95 of a planned purchase"),
            (bought(rss_mb=201), "server memory"),
            (http(ready_s=8.1), "ready, new data folder"),
            (bought(ready_s=3.1), "ready, existing folder"),
        ],
    )
    def test_each_can_be_missed(self, found: Found, missed: str) -> None:
        assert [floor.what for floor in found.floors() if floor.met is False] == [missed]
        assert "1 of 7 numbers were not reached" in told(found)

    @pytest.mark.parametrize(("most", "planned"), [(3000, 1050), (1500, 1050), (1000, 700)])
    def test_a_plan_is_70_percent_of_what_is_to_be_reached_or_of_a_machine_that_does_not(
        self, most: float, planned: float
    ) -> None:
        assert planned_per_s(most) == pytest.approx(planned)

    def test_a_generator_at_its_limit_gives_no_verdict_on_what_it_drove(self) -> None:
        found = http(echo=[load(20_000, generator=0.9)], reserve=[load(10)])
        assert found.generator_limited
        assert [floor.what for floor in found.floors() if floor.met is None] == ["reservations against echo"]
        assert "no verdict" in told(found)

    def test_a_suite_that_was_not_chosen_has_none(self) -> None:
        found = but(results={"hot-row": ROWS_FOUND})
        assert [floor.what for floor in found.floors()] == ["combined against naive"]
        assert "Every number was reached" in told(found)
        assert "purchases_per_s" not in found.to_json()


class TestVoid:
    @pytest.mark.parametrize(
        "found",
        [
            rows(combined=[row(20_000, msgspec.structs.replace(ROWS, keys=99))]),
            rows(naive=[row(1000, msgspec.structs.replace(ROWS, held=101))]),
            rows(naive=[row(1000, msgspec.structs.replace(ROWS, bytes=50_000))]),
            bought(sold=99_999),
            bought(violations=["an order without a capture"]),
        ],
    )
    def test_figures_that_are_not_proven_are_void(self, found: Found) -> None:
        assert len(found.broken) == 1
        assert "The figures are void" in told(found)

    def test_nothing_is_broken_otherwise(self) -> None:
        assert FOUND.broken == []


class TestShowing:
    def test_it_fits_into_80_columns(self) -> None:
        assert max(len(line.rstrip()) for line in told(FOUND).splitlines()) == 80

    def test_it_warns_of_a_busy_machine_and_of_one_without_a_disk(self) -> None:
        words = told(but(others_percent={"http": 55.0}, machine=msgspec.structs.replace(MACHINE, filesystem="tmpfs")))
        assert "Others took up to 55% of the machine" in words
        assert "Nothing waits for a disk" in words

    def test_the_picture_is_whole_by_itself_and_has_both_colour_schemes(self) -> None:
        picture = chart(FOUND)
        root = ElementTree.fromstring(picture)
        words = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))
        assert "20,000/s" in words
        assert "A & B <fast>" in words
        assert "prefers-color-scheme: dark" in picture
        assert "href" not in picture

    def test_where_nothing_was_finished_in_time_there_is_a_picture_all_the_same(self) -> None:
        nothing = GatewayFound(closed=[load(0)], sold=0, violations=[])
        words = "".join(ElementTree.fromstring(chart(but(results={"gateway": nothing}))).itertext())
        assert "0/s" in words

    def test_no_bar_leaves_the_picture(self) -> None:
        picture = chart(
            but(
                results={
                    **rows(combined=[row(90_000)]).results,
                    "purchases": bought(planned=[load(1400, 9000)]).results["purchases"],
                }
            )
        )
        root = ElementTree.fromstring(picture)
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= float(root.attrib["width"])
