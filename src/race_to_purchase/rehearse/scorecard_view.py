"""The scorecard as people read it: promises, measures, and how it went for everybody. It fits into 80 columns."""

from __future__ import annotations

import io
import re

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from race_to_purchase.observe.measures import Measure
from race_to_purchase.rehearse.live import NOTES, REFUSALS
from race_to_purchase.rehearse.scorecard import Scorecard

WIDTH = 80
REFUSALS_SHOWN = 6
KEPT, MISSED, BROKEN, NOTHING = ("✓", "green"), ("✗", "bold yellow"), ("✗", "bold red"), ("–", "dim")

ENDS = {
    "bought": "bought",
    "sold_out": "came too late",
    "all_reserved": "gave up waiting",
    "limit_reached": "stopped by the limit",
    "declined": "no card approved",
    "abandoned": "walked away",
    "closed": "found it closed",
    "expired": "lost it while paying",
    "failed": "no usable answer",
}


def view(card: Scorecard) -> RenderableType:
    """The whole scorecard."""
    parts: list[RenderableType] = [_headline(card), _promises(card), _measures(card.measures), _crowd(card)]
    if card.broken:
        parts.append(_broken(card))
    verdict, colour = _verdict(card)
    return Panel(
        Group(*(Padding(part, (0, 0, 1, 0)) for part in parts[:-1]), parts[-1]),
        title=Text(verdict, f"bold {colour}"),
        title_align="left",
        border_style=colour,
        padding=(1, 2),
        width=WIDTH,
    )


def svg(card: Scorecard) -> str:
    """The scorecard as an image that needs nothing from elsewhere: whichever monospaced font is there will do."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, color_system="truecolor")
    console.print(view(card))
    fonts = re.compile(r"@font-face\s*{[^}]*}\s*")
    return fonts.sub("", console.export_svg(title="race demo", font_aspect_ratio=0.6))


def _verdict(card: Scorecard) -> tuple[str, str]:
    missed = sum(measure.met is False for measure in card.measures)
    if card.broken:
        return "A promise was broken", "red"
    if missed:
        return f"Every promise was kept; {missed} target{'s were' if missed > 1 else ' was'} missed", "yellow"
    return "Every promise was kept", "green"


def _headline(card: Scorecard) -> Text:
    speed = "" if card.p95_checkout_ms is None else f" · p95 {card.p95_checkout_ms:,.0f} ms"
    return Text.assemble(
        (f"{card.sold:,} of {card.stock:,} sold", "bold"),
        f" · {card.oversold} oversold · {card.duplicate_orders} charged twice{speed}\n",
        (
            f"{card.rehearsal.buyers:,} people and {card.rehearsal.bots:,} bots, {sum(card.requests.values()):,} "
            f"requests in {card.elapsed_s:,.0f} s, seed {card.rehearsal.seed}",
            "dim",
        ),
    )


def _promises(card: Scorecard) -> Table:
    table = _table("Promises", "found")
    exist = f"{card.missing_orders:,} missing" if card.missing_orders else f"all {card.answered_orders:,}"
    off = f"{card.ledger_imbalance_minor:,} off"
    rows = (
        ("nothing is sold beyond the stock", f"{card.oversold:,} oversold", card.oversold),
        ("nobody is charged twice", f"{card.duplicate_orders:,} duplicates", card.duplicate_orders),
        (
            "every captured payment has its order",
            f"{card.captured_without_order:,} without",
            card.captured_without_order,
        ),
        (
            "every order has its captured payment",
            f"{card.orders_without_capture:,} without",
            card.orders_without_capture,
        ),
        ("the ledger balances to the cent", off, card.ledger_imbalance_minor),
        ("every purchase that was answered exists", exist, card.missing_orders),
        ("everybody pays the price agreed", f"{card.wrong_amounts:,} wrong", card.wrong_amounts),
        ("a repeated request gets the same answer", f"{card.answers_differ:,} differ", card.answers_differ),
        ("two tabs make one order", f"{card.tabs_disagree:,} disagree", card.tabs_disagree),
        ("nobody gets more than the limit", f"{card.limit_evaded:,} evaded", card.limit_evaded),
    )
    for promise, found, number in rows:
        table.add_row(Text(*(BROKEN if number else KEPT)), promise, found, "")
    return table


def _measures(measures: tuple[Measure, ...]) -> Table:
    table = _table("Measures", "measured", "target")
    for measure in measures:
        mark = NOTHING if measure.met is None else KEPT if measure.met else MISSED
        name = Text.assemble((f"{measure.id:<4}", "dim"), measure.name)
        table.add_row(Text(*mark), name, _value(measure), Text(measure.target, "dim"))
    return table


def _table(title: str, found: str, target: str = "") -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="none")
    table.add_column("", width=1)
    table.add_column(Text(title, "bold"), width=39, no_wrap=True)
    table.add_column(Text(found, "dim"), justify="right", no_wrap=True, width=14)
    table.add_column(Text(target, "dim"), no_wrap=True)
    return table


def _value(measure: Measure) -> str:
    if measure.value is None:
        return "nothing"
    if measure.unit == "%":
        return f"{measure.value:.2%}"
    return f"{measure.value:,.0f}{'' if measure.unit.startswith('/') else ' '}{measure.unit}"


def _crowd(card: Scorecard) -> Group:
    beside = Table.grid(padding=(0, 4))
    beside.add_row(_ends(card), _notes(card))
    return Group(beside, Text(), _refusals(card))


def _ends(card: Scorecard) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="none")
    table.add_column(Text("How it ended", "bold"), no_wrap=True)
    table.add_column(Text("people", "dim"), justify="right", style="cyan")
    table.add_column(Text("bots", "dim"), justify="right", style="magenta")
    for end, words in ENDS.items():
        people, bots = card.ends.get(f"human/{end}", 0), card.ends.get(f"bot/{end}", 0)
        if people or bots:
            table.add_row(words, f"{people:,}", f"{bots:,}")
    if card.bot_share is not None:
        table.add_row(Text("share of the shoes", "bold"), f"{1 - card.bot_share:.0%}", f"{card.bot_share:.0%}")
    return table


def _notes(card: Scorecard) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", style="cyan")
    table.add_column(Text("What people did", "bold"), no_wrap=True)
    for note, words in NOTES.items():
        table.add_row(f"{card.notes.get(note, 0):,}", words)
    return table


def _refusals(card: Scorecard) -> Text:
    told = [f"{number:,} {REFUSALS.get(code, code)}" for code, number in card.refusals.items()]
    more = [f"{len(told) - REFUSALS_SHOWN} other reasons"] if len(told) > REFUSALS_SHOWN else []
    words = " · ".join((*told[:REFUSALS_SHOWN], *more)) or "nobody"
    return Text.assemble(("Refused, each with its reason: ", "bold"), words)


def _broken(card: Scorecard) -> Group:
    return Group(Text("Broken", "bold red"), *(Text(f"✗ {sentence}", "red") for sentence in card.broken))
