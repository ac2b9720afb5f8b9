"""What a seed's world is to be struck by for certain: so that a few hundred seeds reach every fault at its place.

Chance alone strikes what is common a thousand times before it strikes what is rare once. So each seed is dealt some
cells of the coverage, in turn, and where those need a certain kind of world, half of the time it is that kind.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from random import Random

from race_to_purchase.rehearse.world import awaits
from race_to_purchase.rehearse.world.chaos import FAULTS, Cell

AIMS = 8
"""Cells that a seed is dealt."""

NEEDS: dict[str, str] = {
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
    "commit.queue": "queued",
    "path/desk.py": "queued",
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
    "path/ahead.py": "queued",
    "commit.lapse": "late",
    "commit.reclaim": "late",
}
"""Point, or file of an await, to the theme of worlds that come there often."""


@cache
def cells() -> tuple[Cell, ...]:
    """Everything that is to be struck: every fault at its point, a crash and a freeze at every await."""
    return (*((point, kind) for point, kinds in FAULTS.items() for kind in kinds), *awaits.cells())


def dealt(seed: int) -> tuple[Cell, ...]:
    """The cells of a seed: far from each other, so that one world can reach them all."""
    every = cells()
    return tuple(every[(seed + number * len(every) // AIMS) % len(every)] for number in range(AIMS))


def theme(aims: tuple[Cell, ...], chance: Random) -> str | None:
    """The theme that some of them need, if it is to be that."""
    needed = [NEEDS[file] for place, _ in aims if (file := place.split(" ")[0]) in NEEDS]
    return chance.choice(needed) if needed and chance.random() < 0.5 else None


def by_place(aims: tuple[Cell, ...]) -> dict[str, list[str]]:
    """The kinds to strike with, by their point or await."""
    found: dict[str, list[str]] = defaultdict(list)
    for place, kind in aims:
        found[place].append(kind)
    return dict(found)
