"""From what the metrics counted during the sale to its latencies, refusals, and the burn of its budget."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from race_to_purchase.app.commands.report.figures import Budget, Burnt, Latency, Refusal
from race_to_purchase.observe.series import Counted, Slice, Spread, labels_of

LATENCIES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("purchase", "A purchase, what the shop took of it", "race_checkout_seconds", {}),
    ("reserve", "Request to reserve", "race_http_request_seconds", {"route": "reserve"}),
    ("pay", "Request to pay", "race_http_request_seconds", {"route": "pay"}),
    ("join", "Request to join the line", "race_http_request_seconds", {"route": "join"}),
    ("authorize", "The gateway's authorization", "race_gateway_seconds", {"operation": "authorize"}),
    ("commit", "Writing a batch to the database", "race_batch_write_seconds", {}),
    ("buyer", "Reservation to order, the buyer's own time included", "race_purchase_seconds", {}),
)
"""Key, name, histogram and the labels wanted of it."""

REFUSED = (
    ("pass", "race_claims_refused_total", "no_pass"),
    ("reserve", "race_reservations_refused_total", "why"),
    ("pay", "race_payments_refused_total", "why"),
    ("payment", "race_payments_ended_total", "payment_end"),
    ("guard", "race_requests_limited_total", "limited_by"),
    ("room", "race_requests_shed_total", "route"),
)
"""At which step, by which counter, told apart by which label."""

WORDS = {
    "pass/not_called": "asked for a pass before their turn",
    "pass/no_pass_free": "came while every pass was out",
    "pass/sold_out": "came for a pass after the sell-out",
    "reserve/sold_out": "came when everything was sold",
    "reserve/all_reserved": "found everything reserved by others",
    "reserve/limit_reached": "had what one buyer may have",
    "reserve/promo_used_up": "had a code that was used up",
    "reserve/not_open": "came before the opening",
    "reserve/closed": "came after the closing",
    "reserve/no_pass": "had no pass of the line",
    "reserve/price_changed": "had an older price in their cart",
    "pay/lapsed": "came to pay when the reservation was over",
    "pay/wrong_state": "came to pay what cannot be paid any more",
    "guard/network": "came too often from one network",
    "guard/session": "came too often in one session",
    "guard/buyer": "came too often as one buyer",
    "guard/ticket": "came too often with one ticket",
    "guard/device": "came too often from one device",
    "guard/storefront": "came too often by one storefront",
    "payment/declined": "had a card that its bank declined",
    "payment/abandoned": "did not confirm the payment at their bank",
    "payment/expired": "paid too late: nothing was charged",
    "payment/sold_out": "paid when everything was sold: nothing was charged",
}


def latencies(counted: Counted) -> tuple[Latency, ...]:
    """Those that there were."""
    found = (_latency(key, name, counted.spread(metric, **labels)) for key, name, metric, labels in LATENCIES)
    return tuple(latency for latency in found if latency.number)


def _latency(key: str, name: str, spread: Spread) -> Latency:
    p50, p95, p99 = (_ms(spread.quantile(share)) for share in (0.5, 0.95, 0.99))
    bounds = tuple(bound * 1000 for bound in spread.bounds)
    return Latency(key, name, int(spread.number), p50, p95, p99, bounds, tuple(map(int, spread.buckets[:-1])))


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def refusals(counted: Counted) -> tuple[Refusal, ...]:
    """By step and reason, the most frequent first."""
    found = [
        Refusal(step, code, _words(step, code), int(number))
        for step, name, label in REFUSED
        for code in counted.by(name, label)
        if (number := _refused(counted, name, label, code))
    ]
    return tuple(sorted(found, key=lambda refusal: -refusal.number))


def _refused(counted: Counted, name: str, label: str, code: str) -> float:
    """How many were: not those whose refusal was only noted, since the guard lets them in while it is tried out."""
    noted = counted.total(name, **{label: code, "enforced": "false"}) if "enforced" in labels_of(name) else 0
    return counted.total(name, **{label: code}) - noted


def _words(step: str, code: str) -> str:
    plain = code.replace("_", " ")
    return f"found no room ({plain})" if step == "room" else WORDS.get(f"{step}/{code}", plain)


class Burning:
    """The burn of the budget over time, gathered from slices as they come."""

    def __init__(self, opens_at: datetime, step_s: float) -> None:
        self._opens_at = opens_at
        self._step_s = max(step_s, 1.0)
        self._burnt: dict[int, float] = {}

    def add(self, slices: Iterable[Slice]) -> None:
        """The fastest burn that any process saw counts."""
        for one in slices:
            levels = one.counted.levels.get("race_drop_burn_rate", {})
            if levels:
                at = int((one.at - self._opens_at).total_seconds() // self._step_s)
                self._burnt[at] = max(self._burnt.get(at, 0.0), *levels.values())

    def budget(self, counted: Counted) -> Budget:
        """With the steps that were counted."""
        over_time = tuple(Burnt(round(at * self._step_s, 1), round(self._burnt[at], 3)) for at in sorted(self._burnt))
        steps = {step: int(number) for step, number in counted.by("race_budget_steps_total", "budget_step").items()}
        return Budget(over_time, steps)
