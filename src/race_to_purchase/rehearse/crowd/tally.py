"""Adds up the pages of the crowd's diaries: counts, latencies, and every purchase that was answered.

It only sums. What the sums mean is said in `scorecard`, and shown in `live`.
"""

from __future__ import annotations

from collections import Counter

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.rehearse.crowd.diary import Page, Place, Purchase

LONGEST_US = 600_000_000
SIGNIFICANT_DIGITS = 3


class Latencies:
    """Latencies of one kind, kept to three significant digits."""

    def __init__(self) -> None:
        self._microseconds = HdrHistogram(1, LONGEST_US, SIGNIFICANT_DIGITS)

    def add(self, latency_ms: float) -> None:
        """One more, in milliseconds."""
        self._microseconds.record_value(min(max(1, round(latency_ms * 1000)), LONGEST_US))

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self._microseconds.get_total_count())

    def percentile_ms(self, percent: float) -> float | None:
        """What `percent` of them do not exceed; None where there are none."""
        if self.count == 0:
            return None
        return round(float(self._microseconds.get_value_at_percentile(percent)) / 1000, 1)


class Tally:
    """All pages so far, of all processes of the crowd."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.purchases: list[Purchase] = []
        self.places: list[Place] = []
        self.checkout = Latencies()
        """Of whole purchases: what the shop took from the intended reservation to the order, thinking left out."""
        self._requests: dict[str, Latencies] = {}
        self._in_shop: dict[int, int] = {}

    def add(self, part: int, page: Page) -> None:
        """Add a page of process number `part`."""
        self.counts.update(page.counts)
        self._in_shop[part] = page.in_shop
        self.places += page.places
        for operation, latencies_ms in page.latencies_ms.items():
            kept = self._requests.setdefault(operation, Latencies())
            for latency_ms in latencies_ms:
                kept.add(latency_ms)
        for purchase in page.purchases:
            self.purchases.append(purchase)
            self.checkout.add(purchase.waited_ms)

    def requests(self, operation: str) -> Latencies:
        """Latencies of single requests of one operation, such as `reserve`, or whatever else was timed."""
        return self._requests.get(operation) or Latencies()

    def under(self, path: str) -> dict[str, int]:
        """The counts below `path`, by what follows it, the largest first: `under("refusal")`."""
        below = {name.removeprefix(f"{path}/"): n for name, n in self.counts.items() if name.startswith(f"{path}/")}
        return dict(sorted(below.items(), key=lambda item: (-item[1], item[0])))

    def ends(self) -> Counter[str]:
        """How tries to buy ended, humans and bots together."""
        ends: Counter[str] = Counter()
        for name, number in self.under("end").items():
            ends[name.partition("/")[2]] += number
        return ends

    @property
    def in_shop(self) -> int:
        """How many people are there at the moment."""
        return sum(self._in_shop.values())
