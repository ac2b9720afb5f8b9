"""The charts of a report: SVG that needs no script and no font from elsewhere, in the colours of the page.

Every chart says in words what it shows, for whoever cannot see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

import msgspec

from race_to_purchase.app.commands.report.figures import Burnt, Latency, Moment, Refusal, Step
from race_to_purchase.app.commands.report.words import share, span, took
from race_to_purchase.edge.pages.markup import el

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 48, 14, 12, 26
GRID_LINES = 4
ALERT, ESCALATION = 4.0, 8.0
BAR, BAR_GAP, LABEL = 22, 9, 232
REFUSALS_MAX = 10


class _Plane(msgspec.Struct, frozen=True):
    """Where values lie in a picture of `height`: x from `first` to `last`, y from 0 to `top`."""

    first: float
    last: float
    top: float
    height: int

    def x(self, value: float) -> float:
        return LEFT + (value - self.first) / max(self.last - self.first, 1e-9) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return self.height - BOTTOM - min(value, self.top) / self.top * (self.height - TOP - BOTTOM)

    def axes(self, word: Callable[[float], str] = lambda value: f"{value:,.0f}") -> list[Element]:
        """Lines across at round values, moments along the bottom."""
        found = []
        for value in _round_values(self.top):
            y = self.y(value)
            found.append(el("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
            found.append(el("text", word(value), class_="tick", x=LEFT - 8, y=y + 4, text_anchor="end"))
        step = _nice((self.last - self.first) / 6)
        at = math.ceil(self.first / step) * step
        while at <= self.last + 1e-9:
            x = self.x(at)
            anchor = "end" if x > WIDTH - 40 else "middle"
            found.append(el("text", _tick(at), class_="tick", x=x, y=self.height - 6, text_anchor=anchor))
            at += step
        return found


def stock(over_time: Sequence[Moment], total: int) -> Element:
    """Sold and held over each other, up to what there was."""
    plane = _Plane(over_time[0].at_s, over_time[-1].at_s, float(max(total, 1)), 250)
    sold = [(moment.at_s, float(moment.sold)) for moment in over_time]
    held = [(moment.at_s, float(moment.sold + moment.held)) for moment in over_time]
    y = plane.y(total)
    return _picture(
        plane.height,
        f"Stock over time: {over_time[-1].sold:,} of {total:,} sold after {span(over_time[-1].at_s)}.",
        *plane.axes(),
        el("path", class_="held", d=_area(plane, held)),
        el("path", class_="sold", d=_area(plane, sold)),
        el("path", class_="sold-edge", d=_line(plane, sold)),
        el("line", class_="mark", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y),
    )


def orders(over_time: Sequence[Moment], step_s: float) -> Element:
    """Orders placed in each step of time."""
    most = max(moment.orders for moment in over_time)
    plane = _Plane(over_time[0].at_s, over_time[-1].at_s, float(max(most, 1)), 150)
    bars = []
    for before, moment in pairwise(over_time):
        if moment.orders:
            left, right, y = plane.x(before.at_s), plane.x(moment.at_s), plane.y(moment.orders)
            width = max(right - left - 0.6, 0.8)
            bars.append(el("rect", class_="bar", x=left, y=y, width=width, height=plane.height - BOTTOM - y))
    said = f"Orders placed in each {span(step_s)}: {most:,} at most."
    return _picture(plane.height, said, *plane.axes(), *bars)


def funnel(steps: Sequence[Step]) -> Element:
    """A bar a step, with what is left of the step before."""
    rows = [(step.name, step.number, "" if step.of_before is None else share(step.of_before)) for step in steps]
    said = "; ".join(f"{name}: {number:,}" for name, number, _ in rows)
    return _bars(rows, "bar", f"The way of a purchase. {said}.")


def refusals(found: Sequence[Refusal]) -> Element:
    """The most frequent reasons."""
    rows = [(refusal.words, refusal.number, "") for refusal in found[:REFUSALS_MAX]]
    rest = sum(refusal.number for refusal in found[REFUSALS_MAX:])
    rows += [("other reasons", rest, "")] if rest else []
    return _bars(rows, "bar-soft", "Refusals by reason: " + "; ".join(f"{n:,} {words}" for words, n, _ in rows) + ".")


def spread(latency: Latency) -> Element:
    """How many purchases took how long, bucket by bucket."""
    places = _filled(latency.counts)
    plane = _Plane(places[0], places[-1] + 1, float(max(*latency.counts, 1)), 170)
    parts = []
    for place in places:
        count = latency.counts[place]
        left, right, y = plane.x(place), plane.x(place + 1), plane.y(count * 0.9)
        beyond = place >= len(latency.bounds_ms)
        label = "more" if beyond else f"≤ {took(latency.bounds_ms[place])}".replace(".0 ", " ")
        middle, bottom = (left + right) / 2, plane.height - BOTTOM
        parts.append(el("rect", class_="bar", x=left + 2, y=y, width=right - left - 4, height=bottom - y))
        parts.append(el("text", label, class_="tick", x=middle, y=plane.height - 8, text_anchor="middle"))
        if count:
            parts.append(el("text", f"{count:,}", class_="value", x=middle, y=y - 4, text_anchor="middle"))
    said = f"{latency.name}: half within {took(latency.p50_ms)}, 95% within {took(latency.p95_ms)}."
    return _picture(plane.height, said, *parts)


def burn(over_time: Sequence[Burnt], last_s: float) -> Element:
    """How fast the budget burned, and from where on something is done."""
    most = max(burnt.burn for burnt in over_time)
    first, last = over_time[0].at_s, max(over_time[-1].at_s, last_s, over_time[0].at_s + 1)
    plane = _Plane(first, last, max(most * 1.1, ESCALATION * 1.25), 170)
    points = [(burnt.at_s, burnt.burn) for burnt in over_time]
    marks = []
    for value, words in ((1.0, "as planned"), (ALERT, "the line is slowed"), (ESCALATION, "the line is paused")):
        y = plane.y(value)
        marks.append(el("line", class_="mark", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
        marks.append(el("text", words, class_="tick", x=WIDTH - RIGHT, y=y - 4, text_anchor="end"))
    said = f"Burn rate of the error budget: {most:.1f} times as fast as planned at most."
    return _picture(
        plane.height,
        said,
        *plane.axes(lambda value: f"{value:g}×"),
        *marks,
        el("path", class_="burn-area", d=_area(plane, points)),
        el("path", class_="burn", d=_line(plane, points)),
    )


def _bars(rows: Sequence[tuple[str, int, str]], class_: str, said: str) -> Element:
    height = len(rows) * (BAR + BAR_GAP)
    widest = max(*(number for _, number, _ in rows), 1)
    room = WIDTH - LABEL - 130
    parts = []
    for place, (name, number, note) in enumerate(rows):
        y = place * (BAR + BAR_GAP)
        width = max(number / widest * room, 1.5 if number else 0.0)
        parts.append(el("text", name, class_="label", x=LABEL - 12, y=y + 15.5, text_anchor="end"))
        parts.append(el("rect", class_=class_, x=LABEL, y=y, width=width, height=BAR, rx=3))
        value = el("text", f"{number:,}", class_="value", x=LABEL + width + 8, y=y + 15.5)
        if note:
            value.append(el("tspan", note, class_="note", dx=8))
        parts.append(value)
    return _picture(height, said, *parts)


def _picture(height: int, said: str, *parts: Element) -> Element:
    return el("svg", el("title", said), *parts, viewBox=f"0 0 {WIDTH} {height}", role="img", class_="chart")


def _line(plane: _Plane, points: Sequence[tuple[float, float]]) -> str:
    """Level until the next point: what is counted does not change between two of them."""
    first = points[0]
    path = [f"M{plane.x(first[0]):.1f} {plane.y(first[1]):.1f}"]
    for at, value in points[1:]:
        path.append(f"H{plane.x(at):.1f}V{plane.y(value):.1f}")
    return "".join(path)


def _area(plane: _Plane, points: Sequence[tuple[float, float]]) -> str:
    bottom = plane.y(0)
    return f"{_line(plane, points)}V{bottom:.1f}H{plane.x(points[0][0]):.1f}Z"


def _filled(counts: Sequence[int]) -> range:
    """The places without the empty ones at both ends, but for one before the first."""
    filled = [place for place, count in enumerate(counts) if count] or [0]
    return range(max(filled[0] - 1, 0), filled[-1] + 1)


def _nice(value: float) -> float:
    """The next round step at or above `value`: of a clock where it is long."""
    for step in (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 6 * 3600, 86_400):
        if step >= value:
            return step
    return math.ceil(value / 86_400) * 86_400.0


def _tick(seconds: float) -> str:
    if abs(seconds) < 60:
        return f"{seconds:g} s"
    if abs(seconds) < 3600:
        return f"{seconds / 60:g} min"
    return f"{seconds / 3600:g} h" if abs(seconds) < 2 * 86_400 else f"{seconds / 86_400:g} d"


def _round_values(top: float) -> list[float]:
    rough = top / GRID_LINES
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    if top >= GRID_LINES:
        step = max(1.0, step)
    return [step * number for number in range(int(top / step + 1e-9) + 1)]
