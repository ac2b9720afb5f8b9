"""The figures as people read them on a terminal: first the answer, then what it was measured on. 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from race_to_purchase.rehearse.bench.figures import Floor, Found

WIDTH = 80


def view(found: Found) -> RenderableType:
    """The whole result."""
    verdict, colour = _verdict(found)
    parts: list[RenderableType] = [_pairs(found), Text(), _floors(found), Text(), _machine(found)]
    parts += [Text(f"✗ {reason}", "bold red") for reason in found.broken]
    parts += [Text(f"! {warning}", "yellow") for warning in _warnings(found)]
    return Panel(
        Group(*parts),
        title=Text(verdict, f"bold {colour}"),
        title_align="left",
        border_style=colour,
        padding=(1, 2),
        width=WIDTH,
    )


def amount(value: float) -> str:
    """A figure with as many digits as are worth reading."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _verdict(found: Found) -> tuple[str, str]:
    missed = sum(floor.met is False for floor in found.floors())
    if found.broken:
        return "The figures are void", "red"
    if found.generator_limited:
        return "The load generator was the limit: no verdict on HTTP", "yellow"
    if missed:
        return f"{missed} of {len(found.floors())} numbers were not reached", "yellow"
    return "Every number was reached", "green"


def _pairs(found: Found) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "a second", "p50", "p99", "generator"):
        table.add_column(name, justify="left" if not name else "right")
    for what, paces in (("naive", found.naive), ("combined", found.combined)):
        rounds = [(side.pace.per_s, side.pace.p50_ms, side.pace.p99_ms, side.pace.cpu_share) for side in paces]
        table.add_row(f"one hot item, {what}", *_medians(rounds))
    loads = {
        "HTTP, echo": found.echo,
        "HTTP, reservations": found.reserve,
        "purchases, at most": found.purchases,
        "purchases, 70% of it": found.planned,
    }
    for what, measured in loads.items():
        rounds = [(load.per_s, load.p50_ms, load.p99_ms, load.generator_cpu_share) for load in measured]
        table.add_row(what, *_medians(rounds))
    return table


def _medians(rounds: Sequence[tuple[float, float, float, float]]) -> tuple[str, str, str, str]:
    per_s, half_ms, most_ms, share = (median(column) for column in zip(*rounds, strict=True))
    return amount(per_s), f"{amount(half_ms)} ms", f"{amount(most_ms)} ms", f"{share:.0%}"


def _floors(found: Found) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "measured", "to reach", "aim", ""):
        table.add_column(name, justify="right" if name else "left")
    for floor in found.floors():
        bound = "≤" if floor.at_most else "≥"
        aim = "" if floor.aim is None else f"{bound} {amount(floor.aim)}"
        measured = f"{amount(floor.measured)} {floor.unit}".rstrip()
        table.add_row(floor.what, measured, f"{bound} {amount(floor.worst)}", aim, _mark(floor))
    return table


def _mark(floor: Floor) -> Text:
    if floor.met is None:
        return Text("– no verdict", "dim")
    if not floor.met:
        return Text("✗ missed", "bold yellow")
    return Text("✓ aim" if floor.aimed else "✓", "green")


def _machine(found: Found) -> Text:
    batch = sum(side.batch for side in found.combined) / len(found.combined)
    server = found.server
    return Text(
        f"{found.machine.words()}. {batch:.0f} reservations shared a transaction. The server took "
        f"{server.rss_mb:.0f} MB after {server.purchases:,} purchases, {server.rss_mb_per_100k:+.0f} MB for each "
        "100,000.",
        "dim",
    )


def _warnings(found: Found) -> list[str]:
    warnings = []
    if found.busy:
        warnings.append(f"Others took up to {max(found.others_percent):.0f}% of the machine: measure again.")
    if not found.machine.durable:
        warnings.append("Nothing waits for a disk here: these figures are of no use.")
    return warnings
