"""The figures as people read them on a terminal: first the answer, then what it was measured on. 80 columns."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from race_to_purchase.rehearse.bench_figures import Floor, Found

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
    naive, combined = found.naive[0].pace, found.combined[0].pace
    rows = [
        ("one hot item, naive", found.naive_hot_row_per_s, naive.p50_ms, naive.p99_ms, naive.cpu_share),
        ("one hot item, combined", found.combined_per_s, combined.p50_ms, combined.p99_ms, combined.cpu_share),
    ]
    loads = [
        ("HTTP, echo", found.http_echo_per_s, found.echo[0]),
        ("HTTP, reservations", found.http_reserve_per_s, found.reserve[0]),
        ("purchases, at most", found.purchases_per_s, found.purchases[0]),
        ("purchases, 70% of it", found.planned_rate, found.planned[0]),
    ]
    rows += [(what, per_s, load.p50_ms, load.p99_ms, load.generator_cpu_share) for what, per_s, load in loads]
    for what, per_s, half_ms, most_ms, share in rows:
        table.add_row(what, amount(per_s), f"{amount(half_ms)} ms", f"{amount(most_ms)} ms", f"{share:.0%}")
    return table


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
    if found.machine.busy:
        warnings.append(f"Others took {found.machine.busy_percent_before:.0f}% of the machine: measure again.")
    if not found.machine.durable:
        warnings.append("Nothing waits for a disk here: these figures are of no use.")
    return warnings
