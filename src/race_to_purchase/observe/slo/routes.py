"""Alertmanager's configuration: whom an alert reaches, what is told together, and when nobody is told.

A page goes to whoever is on call, a ticket to where work is kept. Alerts are told together by incident, drop and
region, so that one trouble is one message; where a page is out, the tickets of its incident keep silent. Of canaries,
and in times of maintenance, nobody is told.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from race_to_purchase.observe.slo.objectives import Maintenance, Slo

CAUSES = (
    ("GatewaySilent", ("PaymentsFailing", "PaymentsSlow", "CheckoutsFailing", "CheckoutsSlow", "DropBudgetBurning")),
    ("DatabaseGone", ("DatabaseSlow", "ReservationsFailing", "CheckoutsFailing", "CheckoutsSlow", "StepsOverdue")),
)
"""What follows from something that is told already is not told as well."""


def routes(slo: Slo, page_url: str, ticket_url: str) -> dict[str, Any]:
    """The content of `alertmanager.yml`; both addresses take Alertmanager's webhook."""
    muted = [f"maintenance-{number}" for number in range(1, len(slo.maintenance) + 1)]
    silent = {"mute_time_intervals": muted} if muted else {}
    return {
        "route": {
            "receiver": "ticket",
            "group_by": ["incident", "drop", "gateway", "region"],
            "group_wait": "10s",
            "group_interval": "1m",
            "repeat_interval": "4h",
            "routes": [
                {"matchers": ['canary="true"'], "receiver": "nobody"},
                {"matchers": ['severity="page"'], "receiver": "page", "repeat_interval": "1h", **silent},
                {"matchers": ['severity="ticket"'], "receiver": "ticket", **silent},
            ],
        },
        "inhibit_rules": [
            _silenced('severity="page"', 'severity="ticket"', "incident", "drop", "gateway", "region"),
            *(
                _silenced(f'alertname="{cause}"', f'alertname=~"{"|".join(after)}"', "region")
                for cause, after in CAUSES
            ),
        ],
        "receivers": [
            {"name": "page", "webhook_configs": [{"url": page_url, "send_resolved": True}]},
            {"name": "ticket", "webhook_configs": [{"url": ticket_url, "send_resolved": True}]},
            {"name": "nobody"},
        ],
        **({"time_intervals": _intervals(muted, slo.maintenance)} if muted else {}),
    }


def _silenced(source: str, target: str, *equal: str) -> dict[str, Any]:
    return {"source_matchers": [source], "target_matchers": [target], "equal": list(equal)}


def _intervals(names: list[str], times: tuple[Maintenance, ...]) -> list[dict[str, Any]]:
    return [{"name": name, "time_intervals": _days(time)} for name, time in zip(names, times, strict=True)]


def _days(time: Maintenance) -> list[dict[str, Any]]:
    """One interval a day: Alertmanager knows times of a day on days of a month, in UTC by the minute."""
    since, until = time.since.astimezone(UTC), time.until.astimezone(UTC)
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while day < until:
        end = min(until, day + timedelta(days=1))
        begin = max(since, day)
        last = "24:00" if end == day + timedelta(days=1) else f"{end:%H:%M}"
        found.append(
            {
                "times": [{"start_time": f"{begin:%H:%M}", "end_time": last}],
                "days_of_month": [f"{day.day}:{day.day}"],
                "months": [f"{day.month}:{day.month}"],
                "years": [f"{day.year}:{day.year}"],
            }
        )
        day += timedelta(days=1)
    return found
