"""The boards as Grafana's own JSON, by its foundation SDK for the schema of Grafana 11.6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.builders.common import VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, DataSourceRef, VariableOption, VariableRefresh

from race_to_purchase.app.commands.dashboards.panel import Board, Panel, Query

UNITS = {"share": "percentunit", "seconds": "s", "number": "short", "per_second": "reqps", "money": "short"}
HEIGHT = 8
_KINDS: dict[str, Any] = {"number": stat.Panel, "lines": timeseries.Panel, "bars": bargauge.Panel}
_SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")


def rendered(board: Board, runbooks: str, others: dict[str, str]) -> str:
    """The JSON of a dashboard; `runbooks` is where they are read, `others` title and uid of the boards beside it."""
    made = (
        Dashboard(board.title)
        .uid(board.uid)
        .tags(["race-to-purchase"])
        .refresh(board.refresh)
        .time(board.span, "now")
        .timezone("browser")
        .with_variable(DatasourceVariable("datasource").label("Source").type("prometheus"))
        .with_variable(_drops())
    )
    for title, uid in others.items():
        made = made.link(DashboardLink(title).type(DashboardLinkType.LINK).url(f"/d/{uid}").keep_time(True))
    for section in board.sections:
        made = made.with_row(Row(section.title))
        for panel in section.panels:
            made = made.with_panel(_panel(panel, runbooks))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build())


def _drops() -> QueryVariable:
    """All of them at first, and those of the time that is shown: Grafana asks for none unless it is told when."""
    query = QueryVariable("drop").label("Drop").datasource(_SOURCE).query("label_values(race_reservations_total, drop)")
    query = query.multi(True).include_all(True).all_value(".*").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    return query.current(VariableOption(text="All", value="$__all", selected=True))


def _panel(panel: Panel, runbooks: str) -> Any:
    made = _KINDS[panel.kind]().title(panel.title).description(panel.says).datasource(_SOURCE).unit(UNITS[panel.unit])
    made = made.span(panel.width).height(HEIGHT if panel.kind != "number" else HEIGHT // 2)
    if panel.runbook:
        link = DashboardLink("Runbook").type(DashboardLinkType.LINK).target_blank(True)
        made = made.links([link.url(f"{runbooks.rstrip('/')}/{panel.runbook}.md")])
    if panel.kind == "lines":
        legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
        named = any(query.legend for query in panel.queries)
        made = made.legend(legend.show_legend(named)).fill_opacity(8).line_width(2)
    for target in _targets(panel.queries, instant=panel.kind != "lines"):
        made = made.with_target(target)
    return made


def _targets(queries: tuple[Query, ...], *, instant: bool) -> Iterator[Dataquery]:
    for number, query in enumerate(queries):
        made = Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(chr(ord("A") + number))
        yield made.instant() if instant else made.range().exemplar(True)
