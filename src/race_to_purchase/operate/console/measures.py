"""Figures of a running drop, made of its counts, besides M1 to M15."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from race_to_purchase.observe.series import Counted
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.observe.together import level
from race_to_purchase.operate.console.points import Point
from race_to_purchase.operate.console.shapes import (
    Budget,
    ChallengeSeen,
    Humans,
    Reason,
    Saturation,
    StepTime,
    Tally,
)

RATE_S = 10
"""Over so many seconds a rate is told: what is written every five must be in it."""


def budget_of(points: Iterable[Point], now_s: float, window_s: float, slo: Slo) -> Budget:
    """The budget of M1 over all points, and how it burns over those of the last `window_s`."""
    allowed, target = slo.objectives.checkout_success.budget, slo.objectives.checkout_success.target
    good = bad = lately_good = lately_bad = 0.0
    for point in points:
        good, bad = good + point.orders, bad + point.failed
        if point.at_s >= now_s - window_s:
            lately_good, lately_bad = lately_good + point.orders, lately_bad + point.failed
    share, lately = _share(bad, good + bad), _share(lately_bad, lately_good + lately_bad)
    return Budget(
        target,
        round(good),
        round(bad),
        None if share is None else round(1 - share / allowed, 4),
        None if lately is None else round(lately / allowed, 3),
        int(window_s),
    )


def humans_of(totals: Counted) -> Humans:
    """Whom the doors have judged: who was asked for more than what everybody is, or refused, is suspected."""
    tiers = totals.by("race_challenges_asked_total", "tier")
    refused = totals.total("race_visitors_refused_total")
    suspected = sum(count for tier, count in tiers.items() if tier in ("2", "3")) + refused
    judged = sum(tiers.values()) + refused
    share = _share(judged - suspected, judged)
    return Humans(share, int(judged), int(sum(tiers.values())), int(refused))


def reasons_of(totals: Counted, most: int) -> list[Reason]:
    """Why buyers did not get what they wanted, what happened most first; no failure is left out for an outcome."""
    found = [
        Reason("reservation", why, int(count), failure=False)
        for why, count in totals.by("race_reservations_refused_total", "why").items()
    ]
    found += [
        Reason("payment", end, int(count), failure=end == "expired")
        for end, count in totals.by("race_payments_ended_total", "payment_end").items()
        if end != "abandoned"  # Its checkout tells it.
    ]
    for (end, step), count in totals.counts.get("race_checkouts_ended_total", {}).items():
        found.append(Reason("checkout", f"{end}_{step}", int(count), failure=(end, step) == ("expired", "paying")))
    told = sorted(found, key=lambda reason: (not reason.failure, -reason.count, reason.why))[:most]
    return sorted(told, key=lambda reason: (-reason.count, reason.why))


def saturation_of(lately: Counted, told: Sequence[Counted]) -> Saturation:
    """Sums over the processes that have `told` lately."""
    lag = lately.spread("race_loop_lag_seconds").quantile(0.99)
    names = ("race_commands_waiting", "race_connections_used", "race_connections", "race_payments_under_way")
    sums = [int(level(told, name)) for name in names]
    return Saturation(len(told), None if lag is None else round(lag * 1000, 2), *sums)


STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("reserve", "race_http_request_seconds", {"route": "reserve"}),
    ("pay", "race_http_request_seconds", {"route": "pay"}),
    ("authorize", "race_gateway_seconds", {"operation": "authorize"}),
    ("capture", "race_gateway_seconds", {"operation": "capture"}),
    ("read rows", "race_batch_read_seconds", {}),
    ("decide", "race_batch_decide_seconds", {}),
    ("write rows", "race_batch_write_seconds", {}),
    ("tell the merchant", "race_delivery_seconds", {}),
)


def steps_of(lately: Counted) -> list[StepTime]:
    """How long each step of a purchase took."""
    found = []
    for step, name, labels in STEPS:
        spread = lately.spread(name, **labels)
        times = (spread.quantile(share) for share in (0.5, 0.95, 0.99))
        found.append(StepTime(step, int(spread.number), *(None if at is None else round(at * 1000, 2) for at in times)))
    return found


def challenges_of(totals: Counted) -> list[ChallengeSeen]:
    """What visitors were asked for and showed, by door and tier."""

    def of_each(name: str) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for labels, count in totals.counts.get(name, {}).items():
            door = (labels[0], labels[1])
            found[door] = found.get(door, 0) + int(count)
        return found

    asked, passed = of_each("race_challenges_asked_total"), of_each("race_challenges_passed_total")
    doors = sorted(asked.keys() | passed.keys())
    return [ChallengeSeen(door[0], int(door[1]), asked.get(door, 0), passed.get(door, 0)) for door in doors]


def tallies(totals: Counted, name: str) -> list[Tally]:
    """A counter by all of its labels, what happened most first."""
    counts = totals.counts.get(name, {})
    found = [Tally(labels, int(count)) for labels, count in counts.items() if count]
    return sorted(found, key=lambda tally: -tally.count)[:12]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
