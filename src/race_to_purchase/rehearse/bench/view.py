"""The figures as people read them on a terminal: first the answer, then what it was measured on. 80 columns."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from race_to_purchase.rehearse.bench.figures import Floor, Found
from race_to_purchase.rehearse.bench.words import amount

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
    for line in (line for result in found.results.values() for line in result.lines()):
        times = f"{amount(line.p50_ms)} ms", f"{amount(line.p99_ms)} ms"
        table.add_row(line.what, amount(line.per_s), *times, f"{line.generator_share:.0%}")
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
    notes = (note for result in found.results.values() for note in result.notes)
    return Text(" ".join((f"{found.machine.words()}.", *notes)), "dim")


def _warnings(found: Found) -> list[str]:
    warnings = []
    if found.busy:
        warnings.append(f"Others took up to {max(found.others_percent.values()):.0f}% of the machine: measure again.")
    if not found.machine.durable:
        warnings.append("Nothing waits for a disk here: these figures are of no use.")
    return warnings
