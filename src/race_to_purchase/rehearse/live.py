"""The sale while it runs: a picture for a terminal, and a line for everything else. It draws, and knows nothing.

Colours carry no meaning that the words beside them do not have: green is sold, yellow is held, cyan are people,
magenta are bots.
"""

from __future__ import annotations

from collections import Counter

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from race_to_purchase.rehearse.crowd.tally import Latencies, Tally

WIDTH = 80
BAR_CELLS = 30
REFUSAL_CELLS = 6
REFUSALS_SHOWN = 7
REASON_CELLS = 19
SPARK_SECONDS = 24
FRAME_ROWS = 9
"""Of a picture without spaces, besides sizes and notes: borders, headline, all sizes, orders, latencies, headings."""
SPACES = 6
"""Empty rows between its parts and around them, where there is room."""
SPARKS = "▁▂▃▄▅▆▇█"

NOTES = {
    "double_click": "clicked twice",
    "lost_answer": "lost an answer, asked again",
    "second_tab_payment": "paid in two tabs at once",
    "second_tab_checkout": "wanted more in a second tab",
    "other_card": "declined, took another card",
    "abandoned": "walked away with stock",
    "waited_for_stock": "waited for stock",
    "reloaded": "reloaded, kept their place",
    "second_device": "came with a second device",
}
"""What the crowd is here to do, in the order in which it is told."""

REFUSALS = {
    "all_reserved": "all reserved",
    "sold_out": "sold out",
    "limit_reached": "limit reached",
    "payment_declined": "payment declined",
    "drop_not_open": "not open yet",
    "idempotency_in_flight": "being answered",
    "payment_in_flight": "payment in flight",
    "reservation_expired": "reservation expired",
    "overloaded": "overloaded",
    "database_unavailable": "no database",
    "lost": "connection lost",
    "drop_closed": "closed",
    "challenge_required": "asked for a proof",
    "challenge_failed": "proof not accepted",
    "registration_not_open": "not registering yet",
    "draw_under_way": "being drawn",
    "rate_limited": "too often",
    "not_called": "not called yet",
    "no_pass_free": "no pass free",
    "pass_required": "without a pass",
    "pass_invalid": "pass not valid",
    "pass_expired": "pass expired",
    "pass_used": "pass used before",
}
"""Codes in the words of people; a code that is not here is shown as it is."""


class Shelf(msgspec.Struct, frozen=True):
    """One size on the shelf: pieces there ever were, in somebody's hands, and sold."""

    title: str
    capacity: int
    held: int
    sold: int


class Waiting(msgspec.Struct, frozen=True):
    """The line at one moment: people in the draw and behind it, places called, and what bounds how many are called."""

    registered: int
    late: int
    called: int
    bound: str


class Scene(msgspec.Struct, frozen=True):
    """Everything there is to see at one moment. `at_s` counts from the opening, and is negative before it."""

    at_s: float
    doing: str
    title: str
    shelves: tuple[Shelf, ...]
    tally: Tally
    line: Waiting | None = None


def picture(scene: Scene, rows: int) -> RenderableType:
    """The scene as a panel of at most `rows`: where they are few, nothing stands between its parts, and less is told
    of what was refused and done."""
    unspaced = FRAME_ROWS + len(scene.shelves) + len(NOTES)
    space = int(rows >= unspaced + SPACES)
    beside = Table.grid(padding=(0, 4))
    told = max(1, len(NOTES) - max(0, unspaced - rows))
    beside.add_row(_refusals(scene.tally, min(told, REFUSALS_SHOWN)), _notes(scene.tally, told))
    parts = (_headline(scene), _stock(scene.shelves), _orders(scene), _took(scene.tally), beside)
    return Panel(
        Group(*(Padding(part, (0, 0, space, 0)) for part in parts[:-1]), parts[-1]),
        title=Text(scene.title, "bold"),
        title_align="left",
        border_style="cyan",
        padding=(space, 2),
        width=WIDTH,
    )


def line(scene: Scene) -> str:
    """The scene in one line of plain text."""
    sold, held = sum(shelf.sold for shelf in scene.shelves), sum(shelf.held for shelf in scene.shelves)
    capacity = sum(shelf.capacity for shelf in scene.shelves)
    refusals = ", ".join(
        f"{number:,} {REFUSALS.get(code, code)}" for code, number in _first(scene.tally.under("refusal"), 3)
    )
    return (
        f"{scene.at_s:6.1f} s  {scene.doing}: {sold:,} of {capacity:,} sold, {held:,} held, "
        f"{len(scene.tally.purchases):,} orders, p95 {_ms(scene.tally.checkout, 95)}"
        + (f", {scene.line.called:,} called ({scene.line.bound})" if scene.line and scene.line.called else "")
        + (f"; {refusals}" if refusals else "")
    )


def _first(counts: dict[str, int], number: int) -> list[tuple[str, int]]:
    return list(counts.items())[:number]


def _headline(scene: Scene) -> Text:
    clock = f"T−{-scene.at_s:.1f} s" if scene.at_s < 0 else f"{int(scene.at_s) // 60:02}:{scene.at_s % 60:04.1f}"
    return Text.assemble(
        (f"{clock:<9}", "bold"), (scene.doing, "bold green"), ("   in the shop ", "dim"), f"{scene.tally.in_shop:,}"
    )


def _stock(shelves: tuple[Shelf, ...]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    whole = Shelf(
        "all sizes", *(sum(getattr(shelf, name) for shelf in shelves) for name in ("capacity", "held", "sold"))
    )
    for shelf in (*shelves, whole):
        style = "bold" if shelf is whole else ""
        free = shelf.capacity - shelf.held - shelf.sold
        table.add_row(
            Text(shelf.title, style),
            bar(shelf),
            Text(f"{shelf.sold:,} sold", f"{style} green"),
            Text(f"{shelf.held:,} held", f"{style} yellow"),
            Text(f"{free:,} free", style or "dim"),
        )
    return table


def bar(shelf: Shelf, cells: int = BAR_CELLS) -> Text:
    """Sold, held and free as one bar. Whatever is not nothing has a cell, as far as there are cells."""
    sold = _cells(shelf.sold, shelf.capacity, cells)
    taken = min(cells, max(_cells(shelf.sold + shelf.held, shelf.capacity, cells), sold + (shelf.held > 0)))
    held = taken - sold
    return Text.assemble(("█" * sold, "green"), ("▒" * held, "yellow"), ("·" * (cells - sold - held), "dim"))


def _cells(part: int, whole: int, cells: int) -> int:
    if part <= 0 or whole <= 0:
        return 0
    return min(cells, max(1, part * cells // whole))


def _orders(scene: Scene) -> Text:
    purchases = scene.tally.purchases
    who = Counter(purchase.who for purchase in purchases)
    return Text.assemble(
        (f"{len(purchases):,} orders", "bold"),
        "   ",
        (f"{who['human']:,} people", "cyan"),
        " · ",
        (f"{who['bot']:,} bots", "magenta"),
        "   ",
        sparks(scene),
    )


def _took(tally: Tally) -> Table:
    took = Table.grid(padding=(0, 3))
    took.add_row("", *(Text(name, "dim") for name in ("a purchase", "reserve", "pay")))
    kinds = (tally.checkout, tally.requests("reserve"), tally.requests("pay"))
    for percent in (50, 95):
        took.add_row(Text(f"p{percent}", "dim"), *(Text(_ms(kept, percent), justify="right") for kept in kinds))
    return took


def _ms(kept: Latencies, percent: float) -> str:
    value = kept.percentile_ms(percent)
    if value is None:
        return "–"
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"


def sparks(scene: Scene) -> Text:
    """Orders in each of the last SPARK_SECONDS seconds, the highest one full."""
    per_second = Counter(int(purchase.placed_at_s) for purchase in scene.tally.purchases)
    last = max(0, int(scene.at_s))
    heights = [per_second[second] for second in range(max(0, last - SPARK_SECONDS + 1), last + 1)]
    highest = max(heights, default=0)
    if highest == 0:
        return Text()
    drawn = "".join(SPARKS[(height * len(SPARKS) - 1) // highest] if height else " " for height in heights)
    return Text.assemble((drawn, "green"), (f"  {highest:,}/s at best", "dim"))


def _refusals(tally: Tally, shown: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", style="yellow", min_width=6)
    table.add_column(Text("Refused", "bold"), no_wrap=True, width=REASON_CELLS)
    table.add_column("", no_wrap=True, width=REFUSAL_CELLS)
    counts = _first(tally.under("refusal"), shown)
    highest = max((number for _, number in counts), default=1)
    for code, number in counts:
        drawn = "▪" * _cells(number, highest, REFUSAL_CELLS)
        table.add_row(_short(number), REFUSALS.get(code, code)[:REASON_CELLS], Text(drawn, "yellow"))
    return table


def _short(number: int) -> str:
    """A count in seven characters at most."""
    return f"{number:,}" if number < 1_000_000 else f"{number // 1000:,}k"


def _notes(tally: Tally, shown: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", style="cyan")
    table.add_column(Text("What people do", "bold"), no_wrap=True)
    for note, words in list(NOTES.items())[:shown]:
        table.add_row(_short(tally.counts[f"note/{note}"]), words)
    return table
