"""The whole benchmark, as short as it can be, against real servers: does it measure, prove and tell?"""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from race_to_purchase.rehearse.bench.bench import BenchOptions, NoSuchSuite, run_bench
from race_to_purchase.rehearse.bench.suites import SUITES
from race_to_purchase.rehearse.bench.suites.door import LOOKS_PER_CONNECTION

pytestmark = pytest.mark.timeout(400)  # A suite starts several servers and databases, one after the other.

MEASURED = {
    "hot-row": ("naive_hot_row_per_s", "combined_per_s"),
    "http": ("http_echo_per_s", "http_reserve_per_s"),
    "purchases": ("purchases_per_s", "purchase_p95_ms"),
    "gateway": ("gateway_purchases_per_s",),
    "observe": ("observe_ratio", "observe_cpu_us"),
}
"""What each suite has to find more than nothing of; the door has a test of its own below."""


def test_no_suite_is_forgotten() -> None:
    assert {*MEASURED, "door"} == set(SUITES)


@pytest.mark.parametrize("suites", [["hot-row", "http"], ["purchases", "gateway"], ["observe"]], ids=" and ".join)
def test_a_short_benchmark_measures_and_proves_it(tmp_path: Path, suites: list[str]) -> None:
    # Over a second, so that even a machine that is busy with others finishes something in each part.
    seconds = 5.0 if suites == ["observe"] else 2.5  # Its turns are half as long.
    options = BenchOptions(seconds, 1, suites, json_file=tmp_path / "out.json", svg_file=tmp_path / "out.svg")
    out = io.StringIO()
    assert run_bench(options, Console(file=out, width=100)) == 0, out.getvalue()
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["broken"] == []
    assert list(found["suites"]) == suites
    named = [name for suite in suites for name in MEASURED[suite]]
    assert {name: found[name] > 0 for name in named} == dict.fromkeys(named, True)
    sold = [found["suites"][name]["sold"] > 0 for name in suites if name in ("purchases", "gateway")]
    assert all(sold)
    assert (tmp_path / "out.svg").read_text().startswith("<svg")


def test_the_door_is_measured_with_real_proofs_tickets_and_passes(tmp_path: Path) -> None:
    options = BenchOptions(seconds=0.4, rounds=3, suites=["door"], json_file=tmp_path / "out.json")
    out = io.StringIO()
    assert run_bench(options, Console(file=out, width=100)) == 0, out.getvalue()
    found = json.loads((tmp_path / "out.json").read_text())
    door = found["suites"]["door"]
    assert door["joins"][0]["done"] == 600
    assert door["claims"][0]["done"] > 200
    assert door["with_door"][0]["done"] == door["without"][0]["done"] == 160
    assert found["door_connections"] == 800
    assert door["waiting"]["looks"] == LOOKS_PER_CONNECTION * 800, "everybody was answered each time"


def test_a_suite_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(NoSuchSuite, match=r"no suite doors .* hot-row, http, purchases, gateway"):
        run_bench(BenchOptions(suites=["doors"]))
