"""M1 to M15 of a running engine, from what its metrics have counted; `docs/measures.md` says what each one means.

Pure: from the totals of any time, drop or number of processes to values, each with its target and whether it is met.
These are the queries of `docs/metrics.md` over counts that are kept (`observe.series`), so the console, the report and
the scorecard show what Prometheus shows. A measure of nothing has no value, and is neither met nor missed.

What belongs to no drop (requests that failed, calls of gateways, looks at the stock) is counted under "": add it to the
totals of a drop for measures that are whole.
"""

from __future__ import annotations

import msgspec

from race_to_purchase.observe.series import Counted
from race_to_purchase.observe.slo.objectives import Bounds, Objectives
from race_to_purchase.observe.together import Together

SPECIFIED = Objectives()
BOUNDS = Bounds()
"""Targets of the specification; those of an `slo.toml` stand in their place."""

ALERT_AT_BURN = 4.0
"""M15: from here on somebody is told."""


class Measure(msgspec.Struct, frozen=True):
    """One of the measures M1 to M15. A rate of parts has the unit % and is a share, 0 to 1.

    `met` is None where there was nothing to be measured, or where no target is set.
    """

    id: str
    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None


def measures_of(together: Together, objectives: Objectives = SPECIFIED, bounds: Bounds = BOUNDS) -> tuple[Measure, ...]:
    """All fifteen, of what all processes have written down."""
    return measures(together.counted(), together.busiest_per_s(), objectives, bounds)


def measures(
    counted: Counted,
    busiest_per_s: float | None = None,
    objectives: Objectives = SPECIFIED,
    bounds: Bounds = BOUNDS,
) -> tuple[Measure, ...]:
    """All fifteen. `busiest_per_s` is M13: no sum of counts knows it."""
    o, at_least, below = objectives, _at_least, _below
    m1 = checkout_success_rate(counted)
    return (
        at_least("M1", "checkout success rate", m1, o.checkout_success.target),
        below("M2", "end-to-end latency, p95", checkout_p95_ms(counted), "ms", o.checkout_latency.below_s * 1000),
        at_least("M3", "reservation success rate", reservation_rate(counted), o.reservation_success.target),
        at_least("M4", "inventory consistency rate", consistency_rate(counted), 1.0),
        at_least("M5", "payment authorization rate", authorization_rate(counted), o.payment_authorization.target),
        below("M6", "duplicate order rate", duplicate_rate(counted), "%", bounds.duplicate_order_rate),
        # Who was refused and is a buyer after all has to be labelled by people: no counter knows it.
        Measure("M7", "fraud false positive rate", None, "%", "< 1%", None),
        at_least("M8", "bot challenge pass rate", challenge_rate(counted), o.challenge_pass.target),
        Measure("M9", "abandonment", abandonment_rate(counted), "%", "varies", None),
        Measure("M10", "queue backlog", backlog(counted), "", "near zero", None),
        below("M11", "payment latency, p95", payment_p95_ms(counted), "ms", o.payment_latency.below_s * 1000),
        below("M12", "reconciliation lag", reconciliation_lag_s(counted), "s", bounds.reconciliation_lag_s),
        Measure("M13", "order commit rate, busiest 10 s", busiest_per_s, "/s", "≥ 90% of the expected peak", None),
        below("M14", "chargeback rate", chargeback_rate(counted), "%", bounds.chargeback_rate),
        below("M15", "error budget burn rate", burn_rate(m1, o.checkout_success.target), "×", ALERT_AT_BURN),
    )


def checkout_success_rate(counted: Counted) -> float | None:
    """M1: orders, of those and what the shop failed: reservations that ended under their payment, and 5xx."""
    orders = counted.total("race_orders_total")
    return _share(orders, orders + _expired_paying(counted) + _failed(counted, "reserve") + _failed(counted, "pay"))


def checkout_p95_ms(counted: Counted) -> float | None:
    """M2: what the shop took for a purchase."""
    return _milliseconds(counted.spread("race_checkout_seconds").quantile(0.95))


def reservation_rate(counted: Counted) -> float | None:
    """M3: reservations granted that lasted, of all that were granted or failed."""
    granted, failed = counted.total("race_reservations_total"), _failed(counted, "reserve")
    return _share(granted - _expired_paying(counted), granted + failed)


def consistency_rate(counted: Counted) -> float | None:
    """M4: looks at the counts of all pools that found each as its checkouts say."""
    looks = "race_stock_checks_total"
    return _share(counted.total(looks, consistent="true"), counted.total(looks))


def authorization_rate(counted: Counted) -> float | None:
    """M5: authorizations, of those and calls for one that a gateway did not answer. A decline is an outcome."""
    served, unanswered = _answers(counted, "authorized", "captured"), _answers(counted, "no_answer", "not_sent")
    return _share(served, served + unanswered)


def duplicate_rate(counted: Counted) -> float | None:
    """M6: second orders, and second charges, that reconciliation found, of all orders."""
    found = sum(
        counted.total("race_findings_total", finding=finding, finding_state=state)
        for finding in ("duplicate_orders", "charged_twice")
        for state in ("open", "repairing")
    )
    return _share(found, counted.total("race_orders_total"))


def challenge_rate(counted: Counted) -> float | None:
    """M8: challenges passed, of those asked, all of them at most: an answer that several processes are shown counts in
    each. Who was asked twice and answered once counts as asked twice."""
    passed = _share(counted.total("race_challenges_passed_total"), counted.total("race_challenges_asked_total"))
    return None if passed is None else min(passed, 1.0)


def abandonment_rate(counted: Counted) -> float | None:
    """M9: reservations that were cancelled or expired with no payment under way but one for its buyer to confirm."""
    left = sum(
        counted.total("race_checkouts_ended_total", checkout_end=end, step=step)
        for end in ("expired", "cancelled")
        for step in ("reserved", "declined", "confirming")
    )
    return _share(left, counted.total("race_reservations_total"))


def backlog(counted: Counted) -> float | None:
    """M10: commands that wait to be decided, in all processes, and steps that are due, as they were last."""
    said = [level for name in ("race_commands_waiting", "race_tasks_due") for level in _levels(counted, name)]
    return sum(said) if said else None


def payment_p95_ms(counted: Counted) -> float | None:
    """M11: authorizations of all gateways together, without the queue before them."""
    return _milliseconds(counted.spread("race_gateway_seconds", operation="authorize").quantile(0.95))


def reconciliation_lag_s(counted: Counted) -> float | None:
    """M12: how far behind reconciliation is, at last."""
    return max(_levels(counted, "race_reconcile_lag_seconds"), default=None)


def chargeback_rate(counted: Counted) -> float | None:
    """M14: of the orders of the last 120 days, those about which a dispute took money."""
    disputed = max(_levels(counted, "race_orders_disputed_recent"), default=0.0)
    return _share(disputed, max(_levels(counted, "race_orders_recent"), default=0.0))


def burn_rate(success: float | None, target: float) -> float | None:
    """M15: how many times faster than allowed the budget of M1 is used up."""
    return None if success is None else (1 - success) / (1 - target)


def _expired_paying(counted: Counted) -> float:
    return counted.total("race_checkouts_ended_total", checkout_end="expired", step="paying")


def _failed(counted: Counted, route: str) -> float:
    return counted.total("race_http_requests_total", route=route, answer="5xx")


def _answers(counted: Counted, *said: str) -> float:
    """Of gateways, to calls that begin or authorize a payment."""
    answers, operations = "race_gateway_answers_total", ("prepare", "authorize")
    return sum(counted.total(answers, operation=operation, said=what) for operation in operations for what in said)


def _levels(counted: Counted, name: str) -> list[float]:
    return list(counted.levels.get(name, {}).values())


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _at_least(id_: str, name: str, value: float | None, target: float) -> Measure:
    return Measure(id_, name, value, "%", _percent("≥ ", target), None if value is None else value >= target)


def _below(id_: str, name: str, value: float | None, unit: str, bound: float) -> Measure:
    target = _percent("< ", bound) if unit == "%" else f"< {bound:g} {unit}".rstrip()
    return Measure(id_, name, value, unit, target, None if value is None else value < bound)


def _percent(sign: str, share: float) -> str:
    return "100%" if share == 1 else f"{sign}{share * 100:g}%"
