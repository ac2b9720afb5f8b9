"""How fair a sale by the door was: what each strategy gained, how long people waited, and whether the draw was one.

Arithmetic alone. An arrival is a visitor, however many tickets they got: so a strategy that gets k tickets shows its k
chances as a gain, and is not hidden among its own tickets.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from race_to_purchase.rehearse.crowd.strategies import STRATEGIES
from race_to_purchase.rehearse.crowd.tally import Tally

PERSON = "person"
SIGNIFICANT = 3.3
"""Standard errors: what chance alone exceeds once in a thousand draws."""
KS_SIGNIFICANT = 1.95
"""The same for Kolmogorov and Smirnov's distance, times the root of the number."""


class Gained(msgspec.Struct, frozen=True):
    """What a strategy came to. `share` is of all pieces sold, `gain` that by the share of all arrivals."""

    strategy: str
    arrivals: int
    tickets: int
    pieces: int
    share: float
    gain: float | None


class DrawSeen(msgspec.Struct, frozen=True):
    """A published draw as anybody can check it. `failed` names what does not hold; `places` has that of each ticket."""

    failed: tuple[str, ...]
    places: Mapping[str, int]


class LineSeen(msgspec.Struct, frozen=True):
    """What a line came to: people in the draw and behind it, and how many places were called."""

    registered: int
    late: int
    called: int
    draw: DrawSeen


class Fairness(msgspec.Struct, frozen=True):
    """The door's part of the scorecard; waiting in seconds, as p50 and p95, of people.

    `rank_correlation` is Spearman's, between coming and place among those in the draw, and `ks_distance` that of the
    places from uniform ones; each beside what chance exceeds once in a thousand draws.
    """

    registered: int
    late: int
    called: int
    came: int
    no_shows: int
    wait_from_join_s: dict[str, float | None]
    wait_from_open_s: dict[str, float | None]
    challenges_asked: int
    challenges_passed: int
    draw_holds: bool
    draw_failed: tuple[str, ...]
    rank_correlation: float | None
    rank_correlation_bound: float | None
    ks_distance: float | None
    ks_bound: float | None


def strategies(tally: Tally) -> tuple[Gained, ...]:
    """People first, then each strategy of bots that there was."""
    arrivals, tickets, pieces = tally.under("arrival"), Counter[str](), Counter[str]()
    for place in {place.tid: place for place in tally.places}.values():
        tickets[place.strategy] += 1
    for purchase in tally.purchases:
        pieces[purchase.strategy] += purchase.pieces
    everybody, everything = sum(arrivals.values()), pieces.total()
    found = []
    for name in (PERSON, *STRATEGIES):
        came = arrivals.get(name, 0)
        share = pieces[name] / everything if everything else 0.0
        gain = share / (came / everybody) if came and everything else None
        if came:
            found.append(Gained(name, came, tickets[name], pieces[name], share, gain))
    return tuple(found)


def bot_arrival_share(tally: Tally) -> float | None:
    """The share of bots among those who came."""
    arrivals = tally.under("arrival")
    return 1 - arrivals.get(PERSON, 0) / sum(arrivals.values()) if arrivals else None


def fairness(tally: Tally, seen: LineSeen) -> Fairness:
    """The figures of a line that is over."""
    places = seen.draw.places
    arrived = {place.tid: place.joined_at_s for place in reversed(tally.places) if place.tid in places}
    came = sum(tally.requests(f"wait_from_join/{who}").count for who in ("human", "bot"))
    drawn = [places[tid] for tid in sorted(arrived, key=lambda tid: arrived[tid])]
    number = len(places)
    return Fairness(
        registered=seen.registered,
        late=seen.late,
        called=seen.called,
        came=came,
        no_shows=max(0, seen.called - came),
        wait_from_join_s=_waits(tally, "wait_from_join/human"),
        wait_from_open_s=_waits(tally, "wait_from_open/human"),
        challenges_asked=sum(tally.under("challenge/asked").values()),
        challenges_passed=sum(tally.under("challenge/passed").values()),
        draw_holds=not seen.draw.failed,
        draw_failed=seen.draw.failed,
        rank_correlation=rank_correlation(drawn),
        rank_correlation_bound=SIGNIFICANT / math.sqrt(len(drawn) - 1) if len(drawn) > 2 else None,
        ks_distance=ks_distance([place / seen.registered for place in places.values()]) if number else None,
        ks_bound=KS_SIGNIFICANT / math.sqrt(number) if number else None,
    )


def _waits(tally: Tally, name: str) -> dict[str, float | None]:
    kept = tally.requests(name)
    found = {percent: kept.percentile_ms(percent) for percent in (50, 95)}
    return {f"p{percent}": None if ms is None else round(ms / 1000, 2) for percent, ms in found.items()}


def rank_correlation(places: Sequence[int]) -> float | None:
    """Spearman's, between the order in which tickets came and their places; None of fewer than three, or of one place.

    Equal places have the mean of their ranks.
    """
    number = len(places)
    if number < 3 or len(set(places)) < 2:
        return None
    ranks, middle = _ranks(places), (number - 1) / 2
    covariance = sum((order - middle) * (rank - middle) for order, rank in enumerate(ranks))
    spread = sum((rank - middle) ** 2 for rank in ranks)
    steady = sum((order - middle) ** 2 for order in range(number))
    return covariance / math.sqrt(spread * steady)


def _ranks(values: Sequence[int]) -> list[float]:
    ordered = sorted(range(len(values)), key=lambda at: values[at])
    ranks, at = [0.0] * len(values), 0
    while at < len(ordered):
        until = at
        while until < len(ordered) and values[ordered[until]] == values[ordered[at]]:
            until += 1
        for index in ordered[at:until]:
            ranks[index] = (at + until - 1) / 2
        at = until
    return ranks


def ks_distance(shares: Sequence[float]) -> float:
    """How far the distribution of these numbers, 0 to 1, is from the uniform one at most."""
    number = len(shares)
    return max(max((at + 1) / number - share, share - at / number) for at, share in enumerate(sorted(shares)))
