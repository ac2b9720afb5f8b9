"""The figures as a picture: SVG by hand, readable in light and in dark, without a font or a script from elsewhere."""

from __future__ import annotations

from html import escape

from race_to_purchase.rehearse.bench.figures import Found, Panel
from race_to_purchase.rehearse.bench.words import amount

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


def chart(found: Found) -> str:
    """The picture; marks show the numbers to reach."""
    parts: list[str] = []
    y = MARGIN
    for panel in (panel for result in found.results.values() for panel in result.panels()):
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


def _draw(parts: list[str], panel: Panel, y: int) -> int:
    """Append a panel from `y` on; where the next one begins."""
    longest = max(max(bar.value, bar.bound or 0.0) for bar in panel.bars)
    scale = BAR_WIDTH_MAX / (longest or 1.0)  # Whoever measures too shortly may have finished nothing.
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
    """The same for those who hear it: each panel's title and bars."""
    panels = (panel for result in found.results.values() for panel in result.panels())
    return " ".join(
        f"{panel.title}: {', '.join(f'{bar.label} {amount(bar.value)}{bar.unit}' for bar in panel.bars)}."
        for panel in panels
    )
