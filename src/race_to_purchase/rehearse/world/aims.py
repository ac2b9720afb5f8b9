"""What a seed's world is to be struck by for certain: so that a few hundred seeds reach every fault at its place.

Chance alone strikes what is common a thousand times before it strikes what is rare once. So each seed is dealt some
cells of the coverage, in turn, and where those need a certain kind of world, it is that kind.

Seeds from `DIRECTED` on are for what a run has not reached so far: the number itself says which cell its world aims at,
and at nothing else, so that such a world too is made again from its seed alone.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from random import Random

from race_to_purchase.rehearse.world import awaits
from race_to_purchase.rehearse.world.chaos import FAULTS, Cell

AIMS = 12
"""Cells that a seed is dealt."""

DIRECTED = 1_000_000
TRIES_MAX = 1000
"""Directed seeds of one cell."""

NEEDS: dict[str, str] = {
    "path/looks.py": "tight",
    "reads.next_deadline": "tight",
    "path/purchase.py reserve: _next_deadlines.of": "tight",
    "path/purchase.py _still: _payments.waits": "queued",
    "path/purchase.py resolve: _payments.waits": "queued",
    "path/purchase.py waits: _payments.waits": "queued",
    "path/purchase.py _next: _tried": "failover",
    "path/purchase.py _tried: _reads.attempt": "failover",
    "path/purchase.py _settle: _next": "failover",
    "commit/combiner.py _write_ahead: _store.session": "storm",
    "commit.action_required": "declines",
    "commit.doom": "voids",
    "commit.void": "voids",
    "commit.void_again": "voids",
    "gateway.void": "voids",
    "path/undo.py": "voids",
    "commit.capture_failed": "captures",
    "commit.capture_again": "captures",
    "commit.deliver_again": "merchant",
    "commit.undeliverable": "merchant",
    "commit.unresolved": "days",
    "commit.queue": "queued",
    "path/paced.py": "queued",
    "path/pace.py": "queued",
    "commit.prepare": "two_steps",
    "gateway.prepare": "two_steps",
    "commit.fail_over": "failover",
    "commit.gateway": "failover",
    "http.return": "declines",
    "commit.refund": "returns",
    "commit.refunded": "returns",
    "commit.refund_again": "returns",
    "gateway.refund": "returns",
    "gateway.look_up_refund": "returns",
    "reads.after": "returns",
    "path/refund.py": "returns",
    "loops/inbox.py": "returns",
    "reads.inbox_put": "returns",
    "webhook": "returns",
    "commit.dispute": "disputes",
    "gateway.reference_of": "disputes",
    "commit.finding": "reconcile",
    "gateway.payments": "reconcile",
    **dict.fromkeys(
        [f"reads.{name}" for name in ("lead", "fetch", "booked", "captured", "finding", "unended", "reached", "reach")],
        "reconcile",
    ),
    **dict.fromkeys(
        [f"loops/reconcile/{name}.py" for name in ("again", "gateway", "loop", "mend", "note", "rows", "walk")],
        "reconcile",
    ),
    "reads.waiting_since": "queued",
    "path/positions.py": "queued",
    "commit.lapse": "late",
    "commit.reclaim": "late",
}
"""Point, or file of an await, to the theme of worlds that come there often."""


@cache
def cells() -> tuple[Cell, ...]:
    """Everything that is to be struck: every fault at its point, a crash and a freeze at every await."""
    return (*((point, kind) for point, kinds in FAULTS.items() for kind in kinds), *awaits.cells())


def needed(cell: Cell) -> str | None:
    """The theme of worlds that come to the place of a cell often; None where most do."""
    place = cell[0]
    return NEEDS.get(place) or NEEDS.get(place.split(" ")[0])


@cache
def _deals() -> tuple[tuple[str | None, tuple[Cell, ...]], ...]:
    """All cells, `AIMS` to a deal, those of one deal needing the same theme and lying far from each other."""
    by_theme: dict[str | None, list[Cell]] = defaultdict(list)
    for cell in cells():
        by_theme[needed(cell)].append(cell)
    deals: list[tuple[str | None, tuple[Cell, ...]]] = []
    for theme, some in by_theme.items():
        count = -(-len(some) // AIMS)
        deals += [(theme, tuple(some[number::count])) for number in range(count)]
    # Seeds that follow each other shall not be alike.
    return tuple(Random(0).sample(deals, len(deals)))


def directed(cell: Cell, number: int) -> int:
    """The seed of a world that aims at one cell, of which it is the `number`th."""
    assert 0 <= number < TRIES_MAX
    return DIRECTED + cells().index(cell) * TRIES_MAX + number


def is_directed(seed: int) -> bool:
    """Whether the world of a seed aims at one cell alone."""
    return DIRECTED <= seed < DIRECTED + len(cells()) * TRIES_MAX


def dealt(seed: int) -> tuple[str | None, tuple[Cell, ...]]:
    """The theme that the world of a seed is to have, if any, and its cells. Every deal comes again and again."""
    if is_directed(seed):
        cell = cells()[(seed - DIRECTED) // TRIES_MAX]
        return needed(cell), (cell,)
    deals = _deals()
    return deals[seed % len(deals)]


def by_place(aims: tuple[Cell, ...]) -> dict[str, list[str]]:
    """The kinds to strike with, by their point or await."""
    found: dict[str, list[str]] = defaultdict(list)
    for place, kind in aims:
        found[place].append(kind)
    return dict(found)
