"""Prometheus rules from the objectives: shares of bad events recorded for every window, and the alerts on them.

An alert on a budget fires when both windows of a burn rate are over it, so that it begins soon and ends soon. Its value
is how long the budget lasts at this pace, since that is what whoever is woken wants to know. Google's SRE workbook,
chapter 5; what is added is a minimum of events, for a sale in which two of three failed has shown nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from race_to_purchase.observe.slo.bounds import Bound, bounds_of
from race_to_purchase.observe.slo.objectives import Burn, Latency, Ratio, Slo, seconds_of
from race_to_purchase.observe.slo.slis import SLIS, Sli

EVENTS_MIN = 20
"""So many events in the long window, or an alert on a budget says nothing."""

Rule = dict[str, Any]


def rules(slo: Slo) -> dict[str, Any]:
    """The content of a Prometheus rule file."""
    groups = [{"name": f"race-{sli.objective}", "rules": list(_of_sli(slo, sli))} for sli in SLIS]
    bounds = [_alert(slo, bound) for bound in bounds_of(slo.bounds)]
    return {
        "groups": [
            *groups,
            {"name": "race-bounds", "rules": bounds},
            {"name": "race-drop-budget", "rules": list(_of_drops(slo))},
        ]
    }


def share(sli: Sli, window: str) -> str:
    """Name of the recorded share of bad events."""
    return f"race:{sli.objective}:bad_share{window}"


def events(sli: Sli, window: str) -> str:
    """Name of the recorded number of events."""
    return f"race:{sli.objective}:events{window}"


def target(slo: Slo, sli: Sli) -> Ratio | Latency:
    """The objective of an indicator."""
    found: Ratio | Latency = getattr(slo.objectives, sli.objective)
    return found


def _of_sli(slo: Slo, sli: Sli) -> Iterator[Rule]:
    windows = sorted({span for burn in slo.burn for span in (burn.long, burn.short)}, key=seconds_of)
    for window in windows:
        # A latency's bound has to be that of a bucket, as its label writes it.
        below = float(getattr(target(slo, sli), "below_s", 0))
        bad, total = (text.format(w=window, below=below) for text in (sli.bad, sli.total))
        yield {"record": events(sli, window), "expr": total}
        yield {"record": share(sli, window), "expr": f"{bad} / ({events(sli, window)} > 0)"}
    for burn in slo.burn:
        if burn.can_come(target(slo, sli).budget):
            yield _of_burn(slo, sli, burn)


def _of_burn(slo: Slo, sli: Sli, burn: Burn) -> Rule:
    budget = target(slo, sli).budget
    over = _number(burn.rate * budget)
    lasts = f"{_number(slo.period_days * 86_400 * budget)} / {share(sli, burn.long)}"
    both = f"{share(sli, burn.long)} > {over} and {share(sli, burn.short)} > {over}"
    named = {name: f"{{{{ $labels.{name} }}}}" for name in sli.by}
    gone = f"at this pace the budget of {slo.period_days} days is gone in {{{{ $value | humanizeDuration }}}}"
    alert = Bound(
        sli.alert,
        f"{lasts} and {both} and {events(sli, burn.long)} >= {EVENTS_MIN}",
        "0s",
        burn.severity,
        sli.objective,
        f"{sli.told.format(**named)}; {gone}",
        sli.runbook,
        sli.rollback.format(**named),
    )
    return _alert(slo, alert, burn=f"{burn.rate:g}", objective=sli.objective, measure=sli.measure)


def _of_drops(slo: Slo) -> Iterator[Rule]:
    """The budget of a drop, which the processes count themselves: see `observe.slo.burn`."""
    for step in slo.drop.steps:
        paused = step.do == "pause"
        pace = "{{ $labels.drop }} uses up its budget {{ $value | humanize }} times as fast as it may"
        alert = Bound(
            "DropBudgetBurning",
            f"max by (drop) (race_drop_burn_rate) >= {_number(step.burn)}"
            f" and max by (drop) (race_drop_burn_bad) >= {slo.drop.bad_min}",
            "0s",
            "page" if paused else "ticket",
            "drop",
            f"{pace}; at {step.burn:g} its line is {'paused' if paused else 'slowed'}, if it has one",
            "error-budget-burning",
            "race line resume {{ $labels.drop }}",
        )
        yield _alert(slo, alert, burn=f"{step.burn:g}", objective="drop", measure="M15")


def _alert(slo: Slo, alert: Bound, **labels: str) -> Rule:
    told = {"summary": f"{alert.told}.", "runbook_url": f"{slo.runbooks.rstrip('/')}/{alert.runbook}.md"}
    if alert.rollback:
        told["rollback"] = alert.rollback
    region = {"region": slo.region} if slo.region else {}
    return {
        "alert": alert.alert,
        "expr": alert.expr,
        "for": alert.lasting,
        "labels": {"severity": alert.severity, "incident": alert.incident, **labels, **region},
        "annotations": told,
    }


def _number(value: float) -> str:
    return f"{value:.10g}"
