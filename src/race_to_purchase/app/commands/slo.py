"""What `race slo` writes: rules and routes for Prometheus and Alertmanager, and dashboards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec
from rich.console import Console
from rich.table import Table

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.observe.slo.objectives import Latency, Slo
from race_to_purchase.observe.slo.routes import routes
from race_to_purchase.observe.slo.rules import rules, target
from race_to_purchase.observe.slo.slis import SLIS

RULES, ALERTMANAGER, PROMETHEUS = "race.rules.yml", "alertmanager.yml", "prometheus.yml"
HEAD = "# Written by `race slo rules`; change slo.toml and write it anew.\n"


class FolderNotWritable(ConfigurationError):
    """{folder} cannot be written to: {reason}. Pass another folder."""

    code = "folder_not_writable"


class GrafanaMissing(ConfigurationError):
    """Grafana's dashboards are written with its own library: pip install 'race-to-purchase[grafana]'."""

    code = "grafana_missing"


class MonitoringAddressWrong(ConfigurationError):
    """{option} {value} is no address of that kind. Pass one such as {example}."""

    code = "monitoring_address_wrong"


class Addresses(msgspec.Struct, frozen=True):
    """Where things are: `page` and `ticket` take Alertmanager's webhook, `processes` are host:port of `/metrics`."""

    page: str
    ticket: str
    processes: Sequence[str] = ("127.0.0.1:9100",)
    alertmanager: str = "127.0.0.1:9093"


def require_addresses(addresses: Addresses) -> None:
    """MonitoringAddressWrong for what Prometheus or Alertmanager would not load, or could never reach."""
    for option, url in (("--page", addresses.page), ("--ticket", addresses.ticket)):
        parts = _parts(url)
        if parts is None or parts.scheme not in ("http", "https"):
            raise MonitoringAddressWrong(option=option, value=url, example="http://127.0.0.1:9094/page")
    hosts = [("--process", host) for host in addresses.processes]
    for option, host in (*hosts, ("--alertmanager", addresses.alertmanager)):
        parts = _parts(f"//{host}")
        if parts is None or parts.netloc != host or parts.port is None:
            raise MonitoringAddressWrong(option=option, value=host, example="127.0.0.1:9100")


def _parts(url: str) -> SplitResult | None:
    """The parts of an address with a host; None where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and port != 0 and not re.search(r"[\s\"'<>@]", url) else None


def write_rules(slo: Slo, folder: Path, addresses: Addresses) -> list[Path]:
    """Write the three files into `folder`, which is made; MonitoringAddressWrong, FolderNotWritable."""
    require_addresses(addresses)
    contents = {
        RULES: rules(slo),
        ALERTMANAGER: routes(slo, addresses.page, addresses.ticket),
        PROMETHEUS: prometheus(addresses),
    }
    return _write(folder, {name: HEAD + _yaml(content) for name, content in contents.items()})


def write_dashboards(slo: Slo, folder: Path) -> list[Path]:
    """Write Grafana's dashboards into `folder`, which is made; FolderNotWritable, GrafanaMissing."""
    from race_to_purchase.app.commands.dashboards.boards import BOARDS

    try:
        from race_to_purchase.app.commands.dashboards.grafana import rendered
    except ImportError:
        raise GrafanaMissing from None
    titles = {board.title: board.uid for board in BOARDS}
    others = {board.uid: {title: uid for title, uid in titles.items() if uid != board.uid} for board in BOARDS}
    return _write(
        folder, {f"{board.uid}.json": rendered(board, slo.runbooks, others[board.uid]) + "\n" for board in BOARDS}
    )


def _write(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FolderNotWritable(folder=folder, reason=error.strerror or error) from None
    return [folder / name for name in texts]


def prometheus(addresses: Addresses) -> dict[str, Any]:
    """A Prometheus that scrapes every process of the engine, reads the rules and tells Alertmanager."""
    return {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "rule_files": [RULES],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [addresses.alertmanager]}]}]},
        "scrape_configs": [{"job_name": "race", "static_configs": [{"targets": list(addresses.processes)}]}],
    }


def show_objectives(slo: Slo, console: Console) -> None:
    """The objectives as a table."""
    table = Table("measure", "objective", "target", "may be bad", f"in {slo.period_days} days of 1,000 an hour")
    for sli in SLIS:
        objective = target(slo, sli)
        within = f" within {objective.below_s:g} s" if isinstance(objective, Latency) else ""
        bad = objective.budget * slo.period_days * 24 * 1000
        name = sli.objective.replace("_", " ")
        table.add_row(sli.measure, name, f"{objective.target:.4g}{within}", f"{objective.budget:.4g}", f"{bad:,.0f}")
    console.print(table)


def _yaml(content: dict[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True))
