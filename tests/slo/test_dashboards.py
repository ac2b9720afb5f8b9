"""Grafana's dashboards: every query asks for metrics and labels that exist, and every link leads somewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from race_to_purchase.app.commands.dashboards.boards import BOARDS
from race_to_purchase.app.commands.dashboards.grafana import rendered
from race_to_purchase.app.commands.dashboards.panel import Board, Panel
from race_to_purchase.app.commands.slo import write_dashboards
from race_to_purchase.observe.slo.objectives import Slo
from tests.project.tree import ROOT
from tests.slo.catalogue import labels


def panels(board: Board) -> list[Panel]:
    return [panel for section in board.sections for panel in section.panels]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_query_asks_for_metrics_and_labels_that_exist(board: Board) -> None:
    known = labels()
    for panel in panels(board):
        for query in panel.queries:
            names = set(re.findall(r"\brace_\w+", query.expr))
            assert names, query.expr
            assert names - set(known) == set(), panel.title
            offered = set.union(*(known[name] for name in names))
            asked = {word for by in re.findall(r"by \(([^)]*)\)", query.expr) for word in by.split(", ")}
            asked |= set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", query.expr)) | set(re.findall(r"{{(\w+)}}", query.legend))
            assert asked - offered == set(), panel.title


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_panel_says_what_it_shows_once(board: Board) -> None:
    titles = [panel.title for panel in panels(board)]
    assert len(set(titles)) == len(titles)
    assert all(panel.says.endswith(".") for panel in panels(board))


def test_what_is_written_is_what_grafana_imports(tmp_path: Path) -> None:
    files = write_dashboards(Slo(runbooks="https://example.com/runbooks"), tmp_path)
    assert [file.name for file in files] == [f"{board.uid}.json" for board in BOARDS]
    for file, board in zip(files, BOARDS, strict=True):
        written = json.loads(file.read_text(encoding="utf-8"))
        assert (written["uid"], written["title"]) == (board.uid, board.title)
        shown = [panel["title"] for panel in every(written["panels"]) if panel["type"] != "row"]
        assert shown == [panel.title for panel in panels(board)]
        assert {link["url"] for link in written["links"]} == {f"/d/{one.uid}" for one in BOARDS if one is not board}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_lines_are_told_apart_by_a_legend_that_is_shown(board: Board) -> None:
    written = json.loads(rendered(board, "", {}))
    shown = {one["title"]: one["options"]["legend"] for one in every(written["panels"]) if one["type"] == "timeseries"}
    several = [panel for panel in panels(board) if panel.kind == "lines" and any(one.legend for one in panel.queries)]
    assert several
    assert {panel.title for panel in several if not shown[panel.title]["showLegend"]} == set()


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_drops_are_asked_for_anew_with_the_time_that_is_shown_and_all_are_chosen(board: Board) -> None:
    drops = json.loads(rendered(board, "", {}))["templating"]["list"][1]
    assert (drops["name"], drops["refresh"], drops["allValue"]) == ("drop", 2, ".*")
    assert (drops["current"]["value"], drops["query"]) == ("$__all", "label_values(race_reservations_total, drop)")


def test_links_of_panels_lead_to_runbooks() -> None:
    named = {panel.runbook for board in BOARDS for panel in panels(board)} - {""}
    assert {name for name in named if not (ROOT / "docs" / "runbooks" / f"{name}.md").is_file()} == set()


def every(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The panels, and those within rows."""
    for panel in found:
        yield panel
        yield from every(panel.get("panels") or [])
