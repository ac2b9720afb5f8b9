"""From the checkouts of a sale to its curve and its sums, range by range, so that a long sale fits into memory.

The stock over time is not sampled: each checkout's own history says when it took pieces and gave them back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from race_to_purchase.app.commands.report.figures import Aftersale, Moment, Money, Seller
from race_to_purchase.store.report import Booked, Part, Way

TICK_S = 0.1
TICK = timedelta(seconds=TICK_S)
"""How finely time is told apart."""
MOMENTS_MAX = 240
"""A curve has no more of them: a printed page shows no more."""
STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 6 * 3600, 86_400)

_OF_SELLERS = ("revenue", "tax", "refunds", "disputes")


class Walk:
    """Everything that is summed up over checkouts; `opens_at` is zero of the sale's clock."""

    def __init__(self, opens_at: datetime) -> None:
        self._opens_at = opens_at
        self._sold: Counter[int] = Counter()
        self._held: Counter[int] = Counter()
        self._orders: Counter[int] = Counter()
        self.reached: Counter[str] = Counter()
        self.last_at = opens_at
        self._booked: Counter[tuple[str, str]] = Counter()
        self._after: dict[tuple[str, str, str], tuple[int, int]] = {}

    def add(self, part: Part) -> None:
        """One more range."""
        for way in part.ways:
            self._reach(way)
            self._draw(way)
        for booked in part.booked:
            self._book(booked)
        for after in part.after:
            number, amount = self._after.get((after.what, after.state, after.currency), (0, 0))
            self._after[after.what, after.state, after.currency] = (number + after.number, amount + after.amount)

    def _reach(self, way: Way) -> None:
        self.reached["reserved"] += 1
        self.reached["payment"] += way.live_n > 0
        self.reached["paid"] += way.ordered
        self.reached["captured"] += way.attempt == "captured"
        self.reached["undone"] += way.attempt == "capture_failed"
        self.reached["fulfilled"] += any(line.what == "fulfilled" for line in way.history)

    def _draw(self, way: Way) -> None:
        """Its pieces in the curve: from its history, which tells each change of its state."""
        pieces, held, sold = sum(line.quantity for line in way.quote.lines), False, False
        back = way.history[-1].at if way.state == "returned" else None
        for line in way.history:
            tick = (line.at - self._opens_at) // TICK
            self.last_at = max(self.last_at, line.at)
            holds = line.what == "reserved" or (held and line.what not in ("paid", "lapsed", "expired", "cancelled"))
            sells = line.what == "paid" or (sold and line.what != "capture_failed" and line.at != back)
            self._held[tick] += pieces * (holds - held)
            self._sold[tick] += pieces * (sells - sold)
            self._orders[tick] += sells and not sold
            held, sold = holds, sells

    def _book(self, booked: Booked) -> None:
        self._booked[booked.account, booked.currency] += booked.amount

    def curve(self) -> tuple[tuple[Moment, ...], float]:
        """The stock over time, and how long one of its steps is."""
        ticks = sorted({*self._sold, *self._held})
        if not ticks:
            return (), STEPS_S[0]
        first, last = min(ticks[0], 0), ticks[-1] + 1
        step_s = next((step for step in STEPS_S if (last - first) * TICK_S / step <= MOMENTS_MAX), STEPS_S[-1])
        return tuple(self._moments(first, last, max(1, round(step_s / TICK_S)))), step_s

    def _moments(self, first: int, last: int, step: int) -> Iterator[Moment]:
        by_step = [Counter[int](), Counter[int](), Counter[int]()]
        for summed, ticks in zip(by_step, (self._sold, self._held, self._orders), strict=True):
            for tick, number in ticks.items():
                summed[(tick - first) // step] += number
        sold = held = 0
        yield Moment(round(first * TICK_S, 1), 0, 0, 0)
        for place, start in enumerate(range(first, last, step)):
            sold, held = sold + by_step[0][place], held + by_step[1][place]
            yield Moment(round((start + step) * TICK_S, 1), sold, held, by_step[2][place])

    def sold_out_at_s(self, stock: int) -> float | None:
        """When the last piece was sold; None where some are left."""
        sold = 0
        for tick in sorted(self._sold):
            sold += self._sold[tick]
            if stock and sold >= stock:
                return round((tick + 1) * TICK_S, 1)
        return None

    def money(self) -> Money:
        """The books."""
        totals: dict[str, Counter[str]] = {name: Counter() for name in (*_OF_SELLERS, "fees", "all")}
        sellers: dict[tuple[str, str], dict[str, int]] = {}
        for (account, currency), amount in sorted(self._booked.items()):
            kind, _, name = account.partition(":")
            totals["all"][currency] += amount
            if kind in _OF_SELLERS:
                earned = -amount if kind in ("revenue", "tax") else amount
                totals[kind][currency] += earned
                sellers.setdefault((name, currency), dict.fromkeys(_OF_SELLERS, 0))[kind] += earned
            elif kind == "fees":
                totals["fees"][currency] += amount
        return Money(
            orders=self.reached["paid"],
            revenue=dict(totals["revenue"]),
            tax=dict(totals["tax"]),
            fees=dict(totals["fees"]),
            imbalance=dict(totals["all"]),
            sellers=tuple(Seller(name, currency, **sums) for (name, currency), sums in sellers.items()),
            aftersale=tuple(
                Aftersale(what, state, number, amount, currency)
                for (what, state, currency), (number, amount) in sorted(self._after.items())
            ),
        )
