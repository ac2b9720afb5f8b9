"""What a report says, as values; the JSON has these names. Amounts in minor units, moments in seconds of the sale.

The sale's clock is zero at its opening. A figure that is not known is None, and is not shown as zero.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from race_to_purchase.observe.measures import Measure

Tone = Literal["plain", "act", "trouble"]


class Sale(msgspec.Struct, frozen=True):
    """Which sale it was; `ended_at` is its closing, or when it had been sold out, or None while it goes on."""

    id: str
    title: str
    currency: str
    flow: str
    opens_at: datetime
    ended_at: datetime | None
    sold_out_at_s: float | None
    made_at: datetime
    version: str


class Step(msgspec.Struct, frozen=True):
    """One step of the funnel: how many came so far; `of_before` is the share of the step before."""

    key: str
    name: str
    number: int
    of_before: float | None


class Shelf(msgspec.Struct, frozen=True):
    """One item: its stock, and what of it is sold and held now."""

    item: str
    title: str
    stock: int
    sold: int
    held: int


class Moment(msgspec.Struct, frozen=True):
    """How the stock stood at the end of a step of time, and the orders that were placed within it."""

    at_s: float
    sold: int
    held: int
    orders: int


class Latency(msgspec.Struct, frozen=True):
    """How long something took, in milliseconds; `counts` are those up to each of `bounds_ms`, and the last beyond."""

    key: str
    name: str
    number: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    bounds_ms: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """How often somebody was refused for one reason, and at which step."""

    step: str
    code: str
    words: str
    number: int


class Seller(msgspec.Struct, frozen=True):
    """What a seller's accounts hold from this sale: `revenue` without tax; refunds and disputes as they reduce it."""

    seller: str
    currency: str
    revenue: int
    tax: int
    refunds: int
    disputes: int


class Aftersale(msgspec.Struct, frozen=True):
    """Refunds or disputes that are in one state."""

    what: str
    state: str
    number: int
    amount: int
    currency: str


class Money(msgspec.Struct, frozen=True):
    """The books of the sale. `imbalance` is what all of its postings add up to, zero in sound books."""

    orders: int
    revenue: dict[str, int]
    """Without tax, by currency."""
    tax: dict[str, int]
    fees: dict[str, int]
    """What gateways kept and was booked to its orders."""
    imbalance: dict[str, int]
    sellers: tuple[Seller, ...]
    aftersale: tuple[Aftersale, ...]


class Draw(msgspec.Struct, frozen=True):
    """What anybody needs to check a draw: `race verify-draw` does."""

    registered: int | None
    late: int
    called: int
    commitment: str
    root: str
    beacon: str
    seed: str


class Fairness(msgspec.Struct, frozen=True):
    """Who got in. `bot_share` is known where a rehearsal played the bots; `signs` are what visitors looked like."""

    draw: Draw | None
    bot_share: float | None
    challenges_asked: int
    challenges_passed: int
    visitors_refused: int
    limit_reached: int
    signs: dict[str, int]


class Burnt(msgspec.Struct, frozen=True):
    """How fast the budget burned at a moment; 1 is as planned."""

    at_s: float
    burn: float


class Budget(msgspec.Struct, frozen=True):
    """The drop's error budget: its burn over time, and how often something was done about it."""

    over_time: tuple[Burnt, ...]
    steps: dict[str, int]


class Incident(msgspec.Struct, frozen=True):
    """Something that happened to the sale, in a sentence."""

    at: datetime
    at_s: float
    kind: str
    tone: Tone
    sentence: str


class Promise(msgspec.Struct, frozen=True):
    """What must hold, and how often it did not."""

    name: str
    broken: int
    found: str


class Rehearsed(msgspec.Struct, frozen=True):
    """What only whoever played the crowd can know: latencies from the intended send, and how many bots bought."""

    latencies_ms: dict[str, dict[str, float | None]]
    bot_share: float | None
    crowd: str


class Report(msgspec.Struct, frozen=True):
    """Everything."""

    sale: Sale
    promises: tuple[Promise, ...]
    funnel: tuple[Step, ...]
    shelves: tuple[Shelf, ...]
    over_time: tuple[Moment, ...]
    step_s: float
    """The length of a step of `over_time`."""
    latency: tuple[Latency, ...]
    refusals: tuple[Refusal, ...]
    money: Money
    fairness: Fairness
    budget: Budget
    incidents: tuple[Incident, ...]
    measures: tuple[Measure, ...]
    rehearsed: Rehearsed | None = None
