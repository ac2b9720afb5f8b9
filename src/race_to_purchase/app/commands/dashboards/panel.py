"""What a panel shows: its queries in PromQL, its unit, and how it is drawn."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["number", "lines", "bars"]
Unit = Literal["share", "seconds", "number", "per_second", "money"]

DROP = 'drop=~"$drop"'
"""The drops that were chosen at the top of the dashboard."""


class Query(msgspec.Struct, frozen=True):
    """One query; `legend` names its series by their labels, in braces."""

    expr: str
    legend: str = ""


class Panel(msgspec.Struct, frozen=True):
    """One panel; `width` in the 24 columns of Grafana. `runbook` names a page of docs/runbooks."""

    title: str
    says: str
    queries: tuple[Query, ...]
    kind: Kind = "lines"
    unit: Unit = "number"
    width: int = 8
    runbook: str = ""


class Section(msgspec.Struct, frozen=True):
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


class Board(msgspec.Struct, frozen=True):
    """A dashboard; `uid` is its address in Grafana."""

    uid: str
    title: str
    refresh: str
    span: str
    sections: tuple[Section, ...]


def rate(metric: str, by: str = "", where: str = "") -> str:
    """`metric` a second, over the last minute, by labels; without any, 0 where nothing was counted yet."""
    grouped = f"sum by ({by}) " if by else "sum"
    return f"{grouped}(rate({metric}{_braced(where)}[1m]))" + ("" if by else " or vector(0)")


def grown(metric: str, by: str = "", where: str = "", window: str = "5m") -> str:
    """By how much `metric` grew in a window, by labels; without any, 0 where nothing was counted yet."""
    grouped = f"sum by ({by}) " if by else "sum"
    return f"{grouped}(increase({metric}{_braced(where)}[{window}]))" + ("" if by else " or vector(0)")


def quantile(share: float, metric: str, by: str = "", where: str = "") -> str:
    """The quantile of a histogram over five minutes, by labels."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share:g}, sum by ({labels}) (rate({metric}_bucket{_braced(where)}[5m])))"


def _braced(where: str) -> str:
    return f"{{{where}}}" if where else ""


def or_nothing(expr: str) -> str:
    """A query by labels of open text, which finds nothing as long as nothing happened: then it is 0."""
    return f"{expr} or vector(0)"
