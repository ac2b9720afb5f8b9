"""M1 to M15 of one drop, and what else is read off the counts; the definitions are those of docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from race_to_purchase.observe.series import Counted
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.console.points import Point, failures
from race_to_purchase.operate.console.shapes import (
    Budget,
    Humans,
    Measure,
    Reason,
    Saturation,
    StepTime,
    Tally,
)

FAILURES = (("race_checkouts_ended_total", "checkout"), ("race_payments_ended_total", "payment"))


def measures_of(lately: Counted, last_s: Counted, seconds: float, levels: Iterable[Counted], slo: Slo) -> list[Measure]:
    """Over `lately`; the rate of orders over `last_s`, which is `seconds` long."""
    goals, bounds = slo.objectives, slo.bounds
    orders, reserved = lately.total("race_orders_total"), lately.total("race_reservations_total")
    bad = failures(lately)
    given_up = lately.total("race_checkouts_ended_total", checkout_end="expired", step="paying")
    not_reserved = lately.total("race_http_requests_total", route="reserve", answer="5xx")
    unpaid = lately.total("race_payments_ended_total", payment_end="expired")
    checks = lately.total("race_stock_checks_total")
    asked = lately.total("race_challenges_asked_total")
    told = list(levels)
    abandoned = sum(
        lately.total("race_checkouts_ended_total", checkout_end=end, step=step)
        for end in ("expired", "cancelled")
        for step in ("reserved", "declined")
    )
    m1 = _share(orders, orders + bad)
    p95 = lately.spread("race_checkout_seconds").quantile(0.95)
    authorize = lately.spread("race_gateway_seconds", operation="authorize").quantile(0.95)
    waiting = level(told, "race_commands_waiting") + level(told, "race_tasks_due", most=True)
    lag = level(told, "race_reconcile_lag_seconds", most=True)
    m3 = _share(reserved - given_up, reserved + not_reserved)
    burn = None if m1 is None else (1 - m1) / goals.checkout_success.budget
    consistent = lately.total("race_stock_checks_total", consistent="true")
    recent, disputed = (level(told, f"race_orders_{name}", most=True) for name in ("recent", "disputed_recent"))
    return [
        _least("M1", "Checkouts that succeed", m1, goals.checkout_success.target),
        _most("M2", "Checkout, 95th percentile", p95, goals.checkout_latency.below_s, "s"),
        _least("M3", "Reservations that succeed", m3, goals.reservation_success.target),
        _least("M4", "Stock consistent", _share(consistent, checks), 1.0),
        _least("M5", "Payments authorized", _share(orders, orders + unpaid), goals.payment_authorization.target),
        _least("M8", "Challenges passed", _share(lately.total("race_challenges_passed_total"), asked), 0.95),
        Measure("M9", "Carts abandoned", _share(abandoned, reserved), "share", None, None),
        Measure("M10", "Backlog", waiting, "count", None, None),
        _most("M11", "Payment, 95th percentile", authorize, goals.payment_latency.below_s, "s"),
        _most("M12", "Reconciliation lag", lag, bounds.reconciliation_lag_s, "s"),
        Measure("M13", "Orders a second", last_s.total("race_orders_total") / seconds, "per_s", None, None),
        _most("M14", "Chargebacks", _share(disputed, recent), bounds.chargeback_rate, "share"),
        _most("M15", "Budget burn", burn, 4.0, "times"),
    ]


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
        int(good),
        int(bad),
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
    """Why buyers did not get what they wanted, what happened most first."""
    found = [
        Reason("reservation", why, int(count), failure=False)
        for why, count in totals.by("race_reservations_refused_total", "why").items()
    ]
    found += [
        Reason("payment", end, int(count), failure=end == "expired")
        for end, count in totals.by("race_payments_ended_total", "payment_end").items()
    ]
    for (end, step), count in totals.counts.get("race_checkouts_ended_total", {}).items():
        found.append(Reason("checkout", f"{end}_{step}", int(count), failure=(end, step) == ("expired", "paying")))
    return sorted(found, key=lambda reason: (-reason.count, reason.why))[:most]


def saturation_of(lately: Counted, levels: Iterable[Counted]) -> Saturation:
    """Sums over the processes that have told."""
    told = list(levels)
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


def tallies(totals: Counted, name: str) -> list[Tally]:
    """A counter by all of its labels, what happened most first."""
    counts = totals.counts.get(name, {})
    found = [Tally(" ".join(labels), int(count)) for labels, count in counts.items()]
    return sorted(found, key=lambda tally: -tally.count)[:12]


def level(told: Iterable[Counted], name: str, *, most: bool = False) -> float:
    """A gauge over the processes: its sum, or the `most` where each tells of the same rows."""
    values = [sum(one.levels[name].values()) for one in told if name in one.levels]
    return (max(values) if most else sum(values)) if values else 0.0


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _least(id_: str, name: str, value: float | None, target: float) -> Measure:
    return Measure(id_, name, value, "share", target, None if value is None else value >= target)


def _most(id_: str, name: str, value: float | None, target: float, unit: str) -> Measure:
    return Measure(id_, name, value, unit, target, None if value is None else value < target)
