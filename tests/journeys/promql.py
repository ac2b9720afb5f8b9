"""The queries of `docs/metrics.md` for M1 to M15, and what Prometheus' own evaluation makes of them.

`promtool test rules` is given what the processes told at `/metrics` and a result that cannot be; it answers with the
one that it found. Every counter begins at zero half a range before, so that a rate is exactly what was counted.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.programs import require_program
from tests.project.tree import ROOT

Scrape = Mapping[str, str]
"""By the address of a process, what it told at one moment."""

EVERY_S = 5
"""As the scrape configuration of `docs/metrics.md` has it."""

_ROW = re.compile(r"^\| (M\d+) \| `([^`]+)` \|$", re.MULTILINE)
_RANGE = re.compile(r"\[(\d+)([smhd])[\]:]")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_GOT = re.compile(r"^\s+got: (?:nil|\{\} (\S+))$", re.MULTILINE)


def documented() -> dict[str, str]:
    """The query of each measure that has one."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    return {name: query.replace(r"\|", "|") for name, query in _ROW.findall(page)}


def evaluated(queries: Mapping[str, str], scrapes: Sequence[Scrape], folder: Path) -> dict[str, float | None]:
    """What each query finds; a query over steps of time is given all scrapes, the others the last one."""
    tests = [_test(query, scrapes if ":" in query.rpartition("[")[2] else scrapes[-1:]) for query in queries.values()]
    file = folder / "measures.test.yml"
    file.write_text(json.dumps({"rule_files": [], "evaluation_interval": "1s", "tests": tests}), encoding="utf-8")
    command = [require_program("promtool"), "test", "rules", file]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = [float(got) if got else None for got in _GOT.findall(told.stdout + told.stderr)]
    assert len(found) == len(queries), told.stdout + told.stderr
    return dict(zip(queries, found, strict=True))


def _test(query: str, scrapes: Sequence[Scrape]) -> object:
    """One query over series that begin at zero and have a value for each scrape."""
    amount, unit = _RANGE.search(query).groups() if _RANGE.search(query) else ("5", "m")  # type: ignore[union-attr]
    half_range_s = int(amount) * _SECONDS[unit] // 2
    every_s = half_range_s if len(scrapes) == 1 else EVERY_S
    values: dict[str, list[str]] = {}
    for number, scrape in enumerate(scrapes):
        for instance, text in scrape.items():
            for name, kind, value in _samples(instance, text, query):
                # A gauge has stood all the time; what is not told yet has counted nothing yet.
                standing = [f"{value:g}"] if kind == "gauge" else ["0"]
                values.setdefault(name, standing * (number + 1)).append(repr(value))
    return {
        "interval": f"{every_s}s",
        "input_series": [{"series": name, "values": " ".join(told)} for name, told in values.items()],
        "promql_expr_test": [
            {
                "expr": query,
                "eval_time": f"{every_s * len(scrapes)}s",
                "exp_samples": [{"labels": "no_such_thing", "value": 1}],
            }
        ],
    }


def _samples(instance: str, text: str, query: str) -> list[tuple[str, str, float]]:
    return [
        (_name(sample.name, {**sample.labels, "instance": instance}), family.type, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in query
    ]


def _name(name: str, labels: Mapping[str, str]) -> str:
    return f"{name}{{{','.join(f'{label}={json.dumps(value)}' for label, value in labels.items())}}}"
