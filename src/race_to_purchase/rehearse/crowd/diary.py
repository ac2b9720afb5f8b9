"""What the crowd writes down while it lives through a sale, and how it is told to the demo: counts and purchases.

The diary judges nothing. `docs/measures.md` says what each count means, and `scorecard` makes measures of them. It
travels from the crowd's processes to the demo as one JSON object a line, each holding what is new since the last.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

Who = Literal["human", "bot"]
End = Literal[
    "bought",
    "sold_out",
    "all_reserved",
    "limit_reached",
    "abandoned",
    "declined",
    "closed",
    "expired",
    "failed",
    "not_called",
    "stayed_away",
    "turned_away",
]
"""How one person's try to buy ended. Only `expired` and `failed` are failures of the shop. At a door: `not_called`
before everything was sold, `stayed_away` when called, `turned_away` by the guard or without a pass."""


class Purchase(msgspec.Struct, frozen=True):
    """A payment that was answered with an order. `expected` minor units were agreed, `amount` were charged.

    `waited_ms` is what the shop took, from the intended sends to the answers; thinking is not in it. `paid_at_s` and
    `placed_at_s` are seconds after the opening: the intended send of the payment, and the order's own time.
    """

    order: str
    who: Who
    buyer: str
    item: str
    pieces: int
    amount: int
    expected: int
    currency: str
    waited_ms: float
    paid_at_s: float
    placed_at_s: float
    strategy: str = "person"


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A ticket that somebody got at `joined_at_s`: its id, hexadecimal, and its number where it came late."""

    tid: str
    who: Who
    strategy: str
    joined_at_s: float
    late: int | None = None


class Page(msgspec.Struct):
    """What is new in a diary. Latencies are milliseconds from the intended send, by operation."""

    counts: dict[str, int] = {}
    latencies_ms: dict[str, list[float]] = {}
    purchases: list[Purchase] = []
    places: list[Place] = []
    in_shop: int = 0
    last: bool = False


class Diary:
    """The diary of everybody who is played by one process."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._latencies_ms: dict[str, list[float]] = {}
        self._purchases: list[Purchase] = []
        self._places: list[Place] = []

    def count(self, what: str) -> None:
        """One more of `what`, a path such as `refusal/sold_out`."""
        self._counts[what] += 1

    def end(self, who: Who, how: End) -> None:
        """A try to buy ended."""
        self._counts[f"end/{who}/{how}"] += 1

    def bought(self, purchase: Purchase) -> None:
        """A try to buy ended in an order."""
        self._purchases.append(purchase)
        self.end(purchase.who, "bought")

    def joined(self, place: Place) -> None:
        """Somebody has a ticket."""
        self._places.append(place)

    def latency(self, operation: str, latency_ms: float) -> None:
        """An answer to `operation` took this long, from the intended send."""
        self._latencies_ms.setdefault(operation, []).append(latency_ms)

    def page(self, in_shop: int, *, last: bool = False) -> Page:
        """What was written since the last page."""
        page = Page(dict(self._counts), self._latencies_ms, self._purchases, self._places, in_shop, last)
        self._counts, self._latencies_ms, self._purchases, self._places = Counter(), {}, [], []
        return page
