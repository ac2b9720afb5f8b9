"""What the console is told of a drop as it stands. Amounts in minor units, times by the database's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from race_to_purchase.observe.measures import Measure
from race_to_purchase.ports.console import Acted, Owed

Phase = Literal["announced", "registration", "draw", "open", "paused", "sold_out", "closed"]


class StockSeen(msgspec.Struct, frozen=True):
    """An item and what became of its stock."""

    id: str
    title: str
    price: int
    stock: int
    held: int
    sold: int


class Reason(msgspec.Struct, frozen=True):
    """Why buyers did not get what they wanted, how often, and whether that is the shop's failure or an outcome."""

    what: str
    why: str
    count: int
    failure: bool


class Budget(msgspec.Struct, frozen=True):
    """The drop's error budget of M1: how many were bad, how fast it burns over `window_s`, and what is left of it.

    A burn of 1 uses it up exactly. `left` is the share of what may be bad, among all that happened so far; below 0 it
    is overdrawn.
    """

    target: float
    good: int
    bad: int
    left: float | None
    burn: float | None
    window_s: int


class Humans(msgspec.Struct, frozen=True):
    """Visitors whom the door has judged: the `share` of those who came with nothing suspicious, null where there was
    nobody to judge; and how many were asked for more, and refused."""

    share: float | None
    judged: int
    asked: int
    refused: int


class GatewaySeen(msgspec.Struct, frozen=True):
    """A gateway over the last five minutes, of all processes; `open_in` so many of them its circuit breaker is open.

    `breaker` and `waiting` are the process' that answers.
    """

    name: str
    drained: bool
    by: str
    why: str
    breaker: str
    open_in: int
    waiting: int
    authorized: int
    declined: int
    unanswered: int
    p50_ms: float | None
    p95_ms: float | None


class LineSeen(msgspec.Struct, frozen=True):
    """The line as operators see it. `hand` is what is sent back as `seen` when it is steered."""

    phase: Phase
    registered: int | None
    late: int
    cursor: int
    waiting: int
    rate_per_s: float
    door_rate_per_s: float
    rate_now_per_s: float
    bound: str
    no_shows: float
    passes_out: int
    passes_max: int
    paused_at: datetime | None
    message: str | None
    hand: str


class Saturation(msgspec.Struct, frozen=True):
    """How full the processes are, now: the worst lag of an event loop, and sums of all that have told lately."""

    processes: int
    lag_p99_ms: float | None
    commands_waiting: int
    connections_used: int
    connections: int
    payments_under_way: int


class StepTime(msgspec.Struct, frozen=True):
    """How long one step took over the last five minutes."""

    step: str
    count: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class Noticed(msgspec.Struct, frozen=True):
    """Something that should not happen, or a process that came or went: what, where, how often from `at` to `until`."""

    at: datetime
    until: datetime
    what: str
    which: str
    count: int


class ChallengeSeen(msgspec.Struct, frozen=True):
    """What visitors were asked for at one tier, and how many showed it, since the counts begin."""

    purpose: str
    tier: int
    asked: int
    passed: int


class NetworkSeen(msgspec.Struct, frozen=True):
    """A network from which much comes, shortened to a /24 or a /48, and its requests a second over the last minute."""

    network: str
    per_s: float


class Tally(msgspec.Struct, frozen=True):
    """How often something happened since the counts begin, by its labels."""

    what: tuple[str, ...]
    count: int


class DropSeen(msgspec.Struct, frozen=True):
    """What is on sale, and where it stands."""

    id: str
    title: str
    currency: str
    exponent: int
    opens_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None
    phase: Phase
    version: int
    has_line: bool


class Overview(msgspec.Struct, frozen=True):
    """All of it at one moment. What is counted begins with `since`, and is complete up to `counted_at`, some seconds
    ago: orders and revenue follow what is sold by as much. `networks` are those that one process sees."""

    now: datetime
    since: datetime
    counted_at: datetime | None
    drop: DropSeen
    stock: tuple[StockSeen, ...]
    sold: int
    held: int
    capacity: int
    orders: int
    revenue: int
    revenue_per_min: float
    orders_per_s: float
    conversion: float | None
    humans: Humans
    budget: Budget
    reasons: tuple[Reason, ...]
    measures: tuple[Measure, ...]
    expiring: int
    overdue: int
    owed: tuple[Owed, ...]
    gateways: tuple[GatewaySeen, ...]
    line: LineSeen | None
    saturation: Saturation
    steps: tuple[StepTime, ...]
    repeated: tuple[Tally, ...]
    challenges: tuple[ChallengeSeen, ...]
    unproven: tuple[Tally, ...]
    signs: tuple[Tally, ...]
    limited: tuple[Tally, ...]
    networks: tuple[NetworkSeen, ...]
    noticed: tuple[Noticed, ...]
    actions: tuple[Acted, ...]
