"""From measurements to figures, verdicts, a table and a picture; nothing here measures anything."""

import io
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console

from race_to_purchase.rehearse.bench.buyers import Pace
from race_to_purchase.rehearse.bench.chart import chart
from race_to_purchase.rehearse.bench.figures import Found, Server
from race_to_purchase.rehearse.bench.hot_row import HotRow, Rows
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.machine import Machine
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
SERVER = Server(ready_new_s=2, ready_existing_s=1, rss_before_mb=60, rss_mb=80, purchases=50_000)
ROWS = Rows(checkouts=100, keys=100, limits=100, buyers=100, held=100, capacity=100, bytes=100_000)
FIGURES = {
    "naive_hot_row_per_s": 1000,
    "combined_per_s": 20_000,
    "combined_vs_naive": 20,
    "http_echo_per_s": 20_000,
    "http_reserve_per_s": 10_000,
    "http_reserve_vs_echo": 0.5,
    "purchases_per_s": 2000,
    "purchase_p95_ms": 90,
}


def row(per_s: float, rows: Rows = ROWS) -> HotRow:
    pace = Pace(reserved=100, per_s=per_s, p50_ms=1, p99_ms=2, cpu_share=0.5)
    return HotRow(pace=pace, rows=rows, few_reserved=100, few_rows=ROWS, batch=1)


def load(per_s: float, p95_ms: float = 90, generator: float = 0.2) -> Load:
    return Load(done=25_000, per_s=per_s, p50_ms=1, p95_ms=p95_ms, p99_ms=3, worst_ms=4, generator_cpu_share=generator)


FOUND = Found(
    machine=MACHINE,
    others_percent=[1, 2, 3],
    naive=[row(900), row(1000), row(5000)],
    combined=[row(20_000)],
    echo=[load(20_000)],
    reserve=[load(10_000)],
    purchases=[load(2000)],
    planned=[load(1400, 90), load(1400, 80), load(1400, 4000)],
    planned_rate=1400,
    server=SERVER,
    sold=50_000,
    violations=[],
)


def but(**changes: object) -> Found:
    return msgspec.structs.replace(FOUND, **changes)


def told(found: Found) -> str:
    out = io.StringIO()
    Console(file=out, width=100).print(view(found))
    return out.getvalue()


class TestFigures:
    def test_each_is_the_median_of_its_rounds(self) -> None:
        assert {name: getattr(FOUND, name) for name in FIGURES} == FIGURES

    def test_json_has_them_all_and_the_floors_with_their_verdict(self) -> None:
        written = msgspec.json.decode(msgspec.json.encode(FOUND.to_json()))
        assert {name: written[name] for name in FIGURES} == FIGURES
        assert [floor["met"] for floor in written["floors"]] == [True] * 7
        assert written["machine"]["cpu"] == "A & B <fast>"
        assert len(written["rounds"]["naive"]) == 3


class TestFloors:
    @pytest.mark.parametrize(
        ("found", "missed"),
        [
            (but(combined=[row(14_000)]), "combined against naive"),
            (but(reserve=[load(7000)]), "reservations against echo"),
            (but(purchases=[load(1499)]), "purchases"),
            (but(planned=[load(1400, 251)]), "p95 of a purchase at 70%"),
            (but(server=msgspec.structs.replace(SERVER, rss_mb=201)), "server memory"),
            (but(server=msgspec.structs.replace(SERVER, ready_new_s=8.1)), "ready, new data folder"),
            (but(server=msgspec.structs.replace(SERVER, ready_existing_s=3.1)), "ready, existing folder"),
        ],
    )
    def test_each_can_be_missed(self, found: Found, missed: str) -> None:
        assert [floor.what for floor in found.floors() if floor.met is False] == [missed]
        assert "1 of 7 numbers were not reached" in told(found)

    def test_a_generator_at_its_limit_gives_no_verdict_on_http(self) -> None:
        found = but(echo=[load(20_000, generator=0.9)], purchases=[load(10)])
        assert found.generator_limited
        assert [floor.met for floor in found.floors()] == [True, None, None, None, True, True, True]
        assert "no verdict" in told(found)


class TestVoid:
    @pytest.mark.parametrize(
        "found",
        [
            but(combined=[row(20_000, msgspec.structs.replace(ROWS, keys=99))]),
            but(naive=[row(1000, msgspec.structs.replace(ROWS, held=101))]),
            but(naive=[row(1000, msgspec.structs.replace(ROWS, bytes=50_000))]),
            but(sold=49_999),
            but(violations=["an order without a capture"]),
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
        words = told(but(others_percent=[1, 55, 2], machine=msgspec.structs.replace(MACHINE, filesystem="tmpfs")))
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

    def test_no_bar_leaves_the_picture(self) -> None:
        picture = chart(but(combined=[row(90_000)], planned=[load(1400, 9000)]))
        root = ElementTree.fromstring(picture)
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= float(root.attrib["width"])
