"""`race report` as its users run it, on a database that they name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from race_to_purchase.app.commands.report.incidents import incidents
from race_to_purchase.cli.command import app
from race_to_purchase.store.report import Told
from tests.databases import Server, apart
from tests.report.sale import fill
from tests.samples import NOON

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
TOLD = (
    ("aurora", "line_steered", {"by": HOSTILE, "paused": True, "message": HOSTILE}),
    ("aurora", "line_steered", {"by": "budget: 12 of 20 bad in 22 s, 60.0 times too fast", "rate_per_s": 5.0}),
    ("gateway/sandbox", "gateway_drained", {"why": "it is slow", "by": "ops"}),
    ("borealis", "drop_closed", {"title": "another sale"}),
)


def race(dsn: str, *arguments: str) -> Result:
    """Run the command on a database: in this process, which is quicker, but on an event loop of its own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        run = thread.submit(CliRunner().invoke, app, ["report", *arguments], env={"RACE_DATABASE_URL": dsn})
        return run.result()


@pytest.fixture(scope="module")
def sale(server: Server) -> Iterator[str]:
    dsn = server.fresh()
    apart(fill(dsn, TOLD))
    yield dsn
    server.drop(dsn)


@pytest.fixture(scope="module")
def written(sale: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """The page and the JSON of the sale."""
    folder = tmp_path_factory.mktemp("report")
    done = race(sale, "aurora", "--out", str(folder / "r.html"), "--json", str(folder / "r.json"))
    assert done.exit_code == 0, done.output
    assert done.output.split() == [str(folder / "r.html"), str(folder / "r.json")]
    return (folder / "r.html").read_text(encoding="utf-8"), json.loads((folder / "r.json").read_bytes())


class TestIncidents:
    @pytest.mark.parametrize(
        ("message", "why", "told"),
        [
            ("A short break.", "", "The line tells those who wait: “A short break.”"),
            ("Soon", "the bank asked", "The line tells those who wait: “Soon”. Why: the bank asked."),
            ("", "It is slow!", "The line was steered. Why: It is slow!"),
        ],
    )
    def test_what_somebody_wrote_ends_with_one_full_stop(self, message: str, why: str, told: str) -> None:
        data = json.dumps({"message": message, "why": why})
        assert [one.sentence for one in incidents([Told(NOON, "aurora", "line_steered", data)], (), NOON)] == [told]


class TestFigures:
    def test_the_funnel_counts_this_sale_alone(self, written: tuple[str, dict[str, Any]]) -> None:
        steps = {step["key"]: step["number"] for step in written[1]["funnel"]}
        assert steps == {"reserved": 3, "payment": 2, "paid": 2, "captured": 2, "fulfilled": 2}

    def test_the_books_are_those_of_its_orders(self, written: tuple[str, dict[str, Any]]) -> None:
        money = written[1]["money"]
        assert (money["orders"], money["revenue"], money["tax"]) == (2, {"EUR": 30_000}, {"EUR": 5_700})
        assert money["imbalance"] == {"EUR": 0}
        assert [(one["seller"], one["revenue"]) for one in money["sellers"]] == [("house", 30_000)]

    def test_counts_of_all_processes_are_added_up(self, written: tuple[str, dict[str, Any]]) -> None:
        found = written[1]
        assert [(one["code"], one["number"]) for one in found["refusals"]] == [("sold_out", 14)]
        assert [one["burn"] for one in found["budget"]["over_time"]] == [2.5]
        by_id = {one["id"]: one["value"] for one in found["measures"]}
        assert list(by_id) == [f"M{number}" for number in range(1, 16)]
        assert (by_id["M1"], by_id["M9"]) == (1.0, 0.0)

    def test_it_was_sold_out_when_the_last_was_paid(self, written: tuple[str, dict[str, Any]]) -> None:
        assert written[1]["sale"]["sold_out_at_s"] == 5.1
        assert written[1]["over_time"][-1]["sold"] == 3

    def test_every_promise_holds(self, written: tuple[str, dict[str, Any]]) -> None:
        assert [promise["broken"] for promise in written[1]["promises"]] == [0, 0, 0, 0, 0]
        assert "Every promise was kept." in written[0]

    def test_incidents_are_those_of_the_sale_and_of_gateways(self, written: tuple[str, dict[str, Any]]) -> None:
        kinds = [(one["kind"], one["tone"]) for one in written[1]["incidents"]]
        assert kinds == [("line_steered", "act"), ("line_steered", "trouble"), ("gateway_drained", "act")]
        assert "Gateway sandbox was taken out of use. Why: it is slow. By: ops." in written[0]


class Page(HTMLParser):
    """Tags and attributes of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]


class TestPage:
    def test_what_people_wrote_is_shown_and_never_becomes_markup(self, written: tuple[str, dict[str, Any]]) -> None:
        page = Page(written[0])
        assert not page.tags & {"script", "img", "one", "iframe"}
        assert not {name for name in page.attributes if name.startswith("on")}
        assert "Aurora &lt;One&gt;" in written[0]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written[0]

    def test_it_needs_nothing_from_elsewhere(self, written: tuple[str, dict[str, Any]]) -> None:
        assert Page(written[0]).links == []
        assert not re.search(r"url\(|@import|https?://", written[0])
        assert "default-src 'none'" in written[0]

    def test_every_chart_says_in_words_what_it_shows(self, written: tuple[str, dict[str, Any]]) -> None:
        charts = re.findall(r'<svg [^>]*role="img"[^>]*><title>([^<]+)</title>', written[0])
        assert len(charts) == written[0].count("<svg ") == 5
        assert "Stock over time: 3 of 3 sold" in charts[0]


class TestRefusals:
    def test_a_drop_that_is_not_there(self, sale: str, tmp_path: Path) -> None:
        done = race(sale, "nowhere", "--out", str(tmp_path / "r.html"))
        assert done.exit_code != 0
        assert "There is no drop nowhere" in str(done.exception)
        assert not (tmp_path / "r.html").exists()

    def test_a_file_that_cannot_be_written(self, sale: str, tmp_path: Path) -> None:
        done = race(sale, "aurora", "--out", str(tmp_path / "no-such-folder" / "r.html"))
        assert "cannot be written to" in str(done.exception)
