"""The figures as a picture: SVG by hand, readable in light and in dark, without a font or a script from elsewhere."""

from __future__ import annotations

from html import escape

import msgspec

from race_to_purchase.rehearse.bench.figures import Found
from race_to_purchase.rehearse.bench.view import amount

WIDTH, MARGIN, LABEL_WIDTH, BAR_HEIGHT, GAP = 760, 28, 250, 26, 12
BAR_WIDTH_MAX = WIDTH - 2 * MARGIN - LABEL_WIDTH - 120
LINE_CHARACTERS = 105
BOUND = "The dotted marks are the numbers to reach: at least, and for the time at most."

STYLE = """
  text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 16px } .note { fill: #59636e; font-size: 12px }
  .value { font-weight: 600; font-variant-numeric: tabular-nums }
  .card { fill: #ffffff; stroke: #d1d9e0 } .other { fill: #afb8c1 } .ours { fill: #0a7d5a }
  .bound { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .note { fill: #9198a1 } .card { fill: #0d1117; stroke: #3d444d }
    .other { fill: #656c76 } .ours { fill: #2fbf8f } .bound { stroke: #f0883e }
  }
"""


class Bar(msgspec.Struct, frozen=True):
    """One bar; `ours` is coloured, `bound` is a number to reach, drawn as a mark across it."""

    label: str
    value: float
    unit: str
    ours: bool = True
    bound: float | None = None


class Panel(msgspec.Struct, frozen=True):
    """Bars that share a scale, under a sentence that says what they show."""

    title: str
    bars: tuple[Bar, ...]


def chart(found: Found) -> str:
    """The picture; marks show the numbers to reach."""
    parts: list[str] = []
    y = MARGIN
    for panel in _panels(found):
        y = _draw(parts, panel, y)
    for line in [BOUND, *_wrapped(found.machine.words())]:
        parts.append(f'<text class="note" x="{MARGIN}" y="{y + 4}">{escape(line)}</text>')
        y += 17
    height = y + MARGIN - 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(_spoken(found), quote=True)}">\n<style>{STYLE}</style>\n'
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panels(found: Found) -> list[Panel]:
    naive, echo = found.naive_hot_row_per_s, found.http_echo_per_s
    return [
        Panel(
            f"Reservations of one hot item: {amount(found.combined_vs_naive)} times as many",
            (
                Bar("one transaction a buyer", naive, "/s", ours=False),
                Bar("combined", found.combined_per_s, "/s", bound=15 * naive),
            ),
        ),
        Panel(
            f"Over HTTP: {found.http_reserve_vs_echo:.0%} of what the server can echo",
            (
                Bar("echo, the same body", echo, "/s", ours=False),
                Bar("durable reservation", found.http_reserve_per_s, "/s", bound=0.4 * echo),
            ),
        ),
        Panel(
            "Complete purchases: reserved, paid, ordered",
            (Bar("as many as there can be", found.purchases_per_s, "/s", bound=1500),),
        ),
        Panel(
            "How long a purchase takes at 70% of that (p95)",
            (Bar("from the intended start", found.purchase_p95_ms, " ms", bound=250),),
        ),
    ]


def _draw(parts: list[str], panel: Panel, y: int) -> int:
    """Append a panel from `y` on; where the next one begins."""
    scale = BAR_WIDTH_MAX / max(max(bar.value, bar.bound or 0.0) for bar in panel.bars)
    parts.append(f'<text class="title" x="{MARGIN}" y="{y + 14}">{escape(panel.title)}</text>')
    y += 30
    left = MARGIN + LABEL_WIDTH
    for bar in panel.bars:
        width, middle = max(2.0, bar.value * scale), y + BAR_HEIGHT / 2 + 5
        kind = "ours" if bar.ours else "other"
        parts.append(f'<text x="{MARGIN}" y="{middle:.0f}">{escape(bar.label)}</text>')
        parts.append(f'<rect class="{kind}" x="{left}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" rx="4"/>')
        end = width
        if bar.bound is not None:
            at = left + bar.bound * scale
            parts.append(f'<line class="bound" x1="{at:.1f}" x2="{at:.1f}" y1="{y - 4}" y2="{y + BAR_HEIGHT + 4}"/>')
            end = max(end, bar.bound * scale)
        value = f"{amount(bar.value)}{bar.unit}"
        parts.append(f'<text class="value" x="{left + end + 10:.1f}" y="{middle:.0f}">{escape(value)}</text>')
        y += BAR_HEIGHT + GAP
    return y + 16


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > LINE_CHARACTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines


def _spoken(found: Found) -> str:
    return (
        f"Reservations a second on one hot item: {amount(found.combined_per_s)} combined, "
        f"{amount(found.naive_hot_row_per_s)} with one transaction a buyer. Over HTTP: "
        f"{amount(found.http_reserve_per_s)} against an echo's {amount(found.http_echo_per_s)}. Complete purchases a "
        f"second: {amount(found.purchases_per_s)}; p95 at 70% of that {amount(found.purchase_p95_ms)} milliseconds."
    )
