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
from race_to_purchase.rehearse.fairness import Fairness
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
    "not_called": "sold out before their turn",
    "stayed_away": "did not come when called",
    "turned_away": "turned away at the door",
}

STRATEGY_NAMES = {
    "person": "people",
    "patient": "patient scripts",
    "solver": "fast solvers",
    "flood_one_network": "flood, one network",
    "flood_many_networks": "flood, many networks",
    "many_identities": "many accounts",
    "ticket_sharing": "ticket sharing",
    "replay": "replay",
}


def view(card: Scorecard) -> RenderableType:
    """The whole scorecard."""
    parts: list[RenderableType] = [_headline(card), _promises(card), _measures(card), _crowd(card)]
    if card.strategies:
        parts.append(_strategies(card))
    if card.fairness is not None:
        parts.append(_fairness(card.fairness))
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
    for promise, found, number in (*rows, *_door_promises(card)):
        table.add_row(Text(*(BROKEN if number else KEPT)), promise, found, "")
    return table


def _door_promises(card: Scorecard) -> list[tuple[str, str, int]]:
    """What a door promises besides."""
    if card.fairness is None:
        return []
    beside = sum(card.notes.get(note, 0) for note in ("entered_without_pass", "pass_used_twice"))
    again = sum(card.notes.get(note, 0) for note in ("place_lost", "proof_used_twice"))
    failed = len(card.fairness.draw_failed)
    return [
        ("one pass is one reservation", f"{beside:,} beside it", beside),
        ("one visitor has one place", f"{again:,} others", again),
        ("the draw can be verified", f"{failed:,} wrong", failed),
    ]


def _measures(card: Scorecard) -> Table:
    """As the crowd met them, and as the engine itself has counted them; what only one of them can know stands alone."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="none")
    table.add_column("", width=1)
    table.add_column(Text("Measures", "bold"), width=34, no_wrap=True)
    for heading in ("measured", "engine"):
        table.add_column(Text(heading, "dim"), justify="right", no_wrap=True, width=9)
    table.add_column(Text("target", "dim"), no_wrap=True)
    met, counted = ({one.id: one for one in side} for side in (card.measures, card.engine))
    for id_ in sorted({**met, **counted}, key=lambda name: int(name.removeprefix("M"))):
        shown = met.get(id_) or counted[id_]
        mark = NOTHING if shown.met is None else KEPT if shown.met else MISSED
        name = Text.assemble((f"{shown.id:<4}", "dim"), shown.name)
        sides = [_value(side[id_]) if id_ in side else "" for side in (met, counted)]
        table.add_row(Text(*mark), name, *sides, Text(shown.target, "dim"))
    return table


def _table(title: str, found: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="none")
    table.add_column("", width=1)
    table.add_column(Text(title, "bold"), width=39, no_wrap=True)
    table.add_column(Text(found, "dim"), justify="right", no_wrap=True, width=14)
    table.add_column("", no_wrap=True)
    return table


def _value(measure: Measure) -> str:
    if measure.value is None:
        return "–"
    if measure.unit == "%":
        return f"{measure.value:.2%}"
    number = (
        f"{measure.value:,.0f}"
        if measure.value >= 10 or measure.value == int(measure.value)
        else f"{measure.value:.1f}"
    )
    return f"{number}{'' if measure.unit.startswith('/') else ' '}{measure.unit}".rstrip()


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


def _strategies(card: Scorecard) -> Group:
    """Who came how, and what it brought."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="none")
    table.add_column(Text("What each strategy gained", "bold"), no_wrap=True)
    for heading in ("arrivals", "tickets", "pieces", "share", "gain"):
        table.add_column(Text(heading, "dim"), justify="right", no_wrap=True)
    for one in card.strategies:
        gain = "–" if one.gain is None else f"{one.gain:.2f}"
        cells = (f"{one.arrivals:,}", f"{one.tickets:,}", f"{one.pieces:,}", f"{one.share:.1%}", gain)
        table.add_row(STRATEGY_NAMES[one.strategy], *cells, style="cyan" if one.strategy == "person" else "")
    if card.bot_share is None or card.bot_arrival_share is None:
        return Group(table)
    words = f"Bots are {card.bot_arrival_share:.1%} of those who came, and got {card.bot_share:.1%} of the shoes."
    return Group(table, Text(words, "bold"))


def _fairness(found: Fairness) -> Text:
    """The line and its draw, in sentences."""
    joined, opened = found.wait_from_join_s, found.wait_from_open_s
    return Text.assemble(
        ("The line: ", "bold"),
        f"{found.registered:,} in the draw, {found.late:,} late, {found.called:,} places called, {found.came:,} came. "
        f"People waited {_seconds(joined['p50'])} for a pass, p95 {_seconds(joined['p95'])}; from the opening "
        f"{_seconds(opened['p50'])}, p95 {_seconds(opened['p95'])}.\n",
        ("The draw ", "bold"),
        "can be verified. " if found.draw_holds else "cannot be verified. ",
        f"Coming early and place: correlation {_figure(found.rank_correlation)} "
        f"(chance alone: up to {_figure(found.rank_correlation_bound)}); "
        f"distance from uniform {_figure(found.ks_distance)} (up to {_figure(found.ks_bound)}).",
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _broken(card: Scorecard) -> Group:
    return Group(Text("Broken", "bold red"), *(Text(f"✗ {sentence}", "red") for sentence in card.broken))
