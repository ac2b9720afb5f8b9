"""Which fault strikes where: the one table of faults, and the dice that draw from it.

A point is a place where a process waits for something outside. Each time one is passed, the dice are thrown; what they
give is counted, so that it can be said what was never tried. Nothing else of the simulation decides on faults, but for
the deeds of `monkey`, which strike a whole process and are counted here too.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import msgspec

from race_to_purchase.rules.rows import Task
from race_to_purchase.rules.snapshot import Snapshot

Cell = tuple[str, str]
"""A point and a kind of fault."""

COMMIT_FAULTS = (
    "conflict", "lost_before", "lost_after", "lost_late", "rejected", "delay", "freeze", "crash_before", "crash_after",
)  # fmt: skip
"""A conflict; the connection lost before COMMIT, after it, and while the old backend still is about to carry it out; a
value refused; locks held long; the process frozen before it hears of its COMMIT; killed before COMMIT was sent, and
after it took effect."""

GATEWAY_FAULTS = (
    "not_sent", "lost_request", "lost_answer", "error_after", "late", "slow", "freeze", "crash_before",
    "crash_after",
)  # fmt: skip
"""No connection or too many requests; no answer before the effect, after it, an error after it; an effect that comes
after everybody has given up waiting; an answer slower than any patience; the process frozen
before it has sent; killed on both sides."""

READ_FAULTS = ("lost", "delay", "crash")

ASK_FAULTS = ("lost_answer", "slow", "crash")
"""Of questions to a gateway that move nothing."""

CHANGES = (
    "reserve", "begin", "queue", "prepare", "fail_over", "unknown", "action_required", "pivot", "reclaim", "decline",
    "doom", "capture", "capture_again", "capture_failed", "void", "void_again", "lapse", "expire", "cancel", "deliver",
    "deliver_again", "undeliverable", "refund", "refunded", "refund_again", "dispute", "drop", "gateway", "finding",
    "unresolved",
)  # fmt: skip
"""What a COMMIT can carry; see `changes_of`."""

READS = (
    "drop", "checkout", "attempt", "order", "next_deadline", "now", "first_deadline", "overdue", "take_tasks",
    "forget_keys", "gateways", "after", "waiting_since", "lead", "fetch", "booked",
    "captured", "finding", "unended", "reached", "reach", "inbox_keep", "inbox_take", "inbox_put", "inbox_forget",
)  # fmt: skip

FAULTS: dict[str, tuple[str, ...]] = {
    "connect": READ_FAULTS,
    "read": ("conflict", *READ_FAULTS),
    **{f"commit.{change}": COMMIT_FAULTS for change in CHANGES},
    **{f"reads.{name}": READ_FAULTS for name in READS},
    "reads.take_tasks": (*READ_FAULTS, "lost_after"),
    "gateway.prepare": GATEWAY_FAULTS,
    "gateway.authorize": (*GATEWAY_FAULTS, "error_kept"),
    "gateway.look_up": ("not_sent", "lost_answer", "slow", "crash_before", "crash_after"),
    "gateway.capture": GATEWAY_FAULTS,
    "gateway.void": GATEWAY_FAULTS,
    "gateway.refund": GATEWAY_FAULTS,
    "gateway.look_up_refund": ("not_sent", "lost_answer", "slow", "crash_before", "crash_after"),
    "gateway.payments": ASK_FAULTS,
    "gateway.reference_of": ASK_FAULTS,
    "merchant.deliver": ("refused", "lost_answer", "slow", "crash_before", "crash_after"),
    "webhook": ("lost", "twice", "late", "forged"),
    "http.reserve": ("lost_request", "lost_answer", "twice", "gone"),
    "http.pay": ("lost_request", "lost_answer", "twice", "gone"),
    "http.cancel": ("lost_request", "lost_answer", "twice"),
    "http.show": ("lost_request", "lost_answer"),
    "http.return": ("lost_request", "lost_answer", "twice", "gone"),
    "process": ("crash", "freeze", "clock_jump", "stop", "crash_while_stopping"),
    "database": ("outage", "clock_ahead", "clock_back"),
    "gateway": ("down",),
}
"""Point to kinds of fault: the first half of the coverage; the other is in `awaits`."""

SURVIVED: dict[str, list[str]] = {
    point: [kind for kind in kinds if not kind.startswith("crash")] or list(kinds) for point, kinds in FAULTS.items()
}

SURE = 0.3
"""How likely what is aimed at is struck, each time that it is passed; where it is the one thing, it is for certain."""

SPARED = 0.75
"""How often it is something else instead of a crash: a dead process makes everybody wait, and proves little by that."""


class Rates(msgspec.Struct, frozen=True):
    """How often a point is struck, by the first word of its name."""

    connect: float
    read: float
    commit: float
    reads: float
    gateway: float
    merchant: float
    webhook: float
    http: float


class Chaos:
    """The dice. `struck` counts every fault by its cell; while `on` is False, nothing happens.

    `aims` are kinds by point that shall strike for certain: each does so one of the first times its point is passed.
    """

    def __init__(
        self,
        chance: Random,
        rates: Rates,
        strikes: dict[str, float],
        favours: tuple[str, ...],
        aims: dict[str, list[str]],
    ) -> None:
        self._chance = chance
        self._favours = favours
        self._rates = {point: float(getattr(rates, point.split(".")[0], 0.0)) for point in FAULTS} | strikes
        self._aims = {point: kinds for point, kinds in aims.items() if point in FAULTS}
        self.directed = sum(map(len, aims.values())) == 1
        """Whether the world is there for one cell; then nothing is left out that may lead to it."""
        self.sure = 1.0 if self.directed else SURE
        self.on = True
        self.struck: Counter[Cell] = Counter()

    def draw(self, *points: str) -> str | None:
        """The fault that strikes now, if one does; of several points, one is asked."""
        if not self.on or not points:
            return None
        if self._aims:
            for point in points:
                if point in self._aims and self._chance.random() < self.sure:
                    return self._aimed(point)
        point = points[0] if len(points) == 1 else self._chance.choice(points)
        if self._chance.random() >= self._rates[point]:
            return None
        kind = self._chance.choice(FAULTS[point])
        if kind.startswith("crash") and self._chance.random() < SPARED:
            kind = self._chance.choice(SURVIVED[point])
        if self._favours and self._chance.random() < 0.5:
            kind = next((favoured for favoured in self._shuffled() if favoured in FAULTS[point]), kind)
        self.count(kind, point)
        return kind

    def _aimed(self, point: str) -> str:
        kind = self._aims[point].pop()
        if not self._aims[point]:
            del self._aims[point]
        self.count(kind, point)
        return kind

    def _shuffled(self) -> list[str]:
        return self._chance.sample(self._favours, len(self._favours))

    def count(self, kind: str, *points: str) -> None:
        """Note a fault at every one of `points`."""
        for point in points:
            self.struck[(point, kind)] += 1


_BY_HISTORY = {
    "reserved": "reserve",
    "open": "reserve",
    "sent": "begin",
    "prepared": "queue",
    "made": "prepare",
    "unknown": "unknown",
    "action_required": "action_required",
    "declined": "decline",
    "doomed": "doom",
    "captured": "capture",
    "capture_failed": "capture_failed",
    "voided": "void",
    "lapsed": "lapse",
    "expired": "expire",
    "cancelled": "cancel",
    "fulfilled": "deliver",
    "undeliverable": "undeliverable",
    "unresolved": "unresolved",
    "refund_requested": "refund",
    "refunded": "refunded",
    **dict.fromkeys(("dispute_asked", "dispute_opened", "dispute_won", "dispute_lost", "dispute_closed"), "dispute"),
}


def changes_of(snapshot: Snapshot) -> tuple[str, ...]:
    """What the COMMIT of `snapshot` would change, as points of the table."""
    found: dict[str, None] = {}
    for lines in snapshot.history.values():
        for line in lines:
            if line.what == "paid":
                found["commit.pivot" if line.detail == "commit" else "commit.reclaim"] = None
            elif line.what == "doomed" and line.detail == "failed_over":
                found["commit.fail_over"] = None
            elif line.what in _BY_HISTORY:
                found[f"commit.{_BY_HISTORY[line.what]}"] = None
    for task in snapshot.tasks.values():
        if isinstance(task, Task) and task.tries and task.kind != "resolve":
            first = task.kind == "deliver" and task.due_at <= snapshot.now
            if not first:
                found[f"commit.{task.kind}_again"] = None
    if snapshot.drops.changed:
        found["commit.drop"] = None
    if snapshot.gateways:
        found["commit.gateway"] = None
    if snapshot.findings.changed:
        found["commit.finding"] = None
    return tuple(found)
