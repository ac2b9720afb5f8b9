"""Alerts on what must not be exceeded at any time: no budget, a bound, and a time for which it has to last."""

from __future__ import annotations

import msgspec

from race_to_purchase.observe.slo.objectives import Bounds, Severity


class Bound(msgspec.Struct, frozen=True):
    """An alert: `expr` is PromQL, `incident` what alerts about one trouble have in common, `told` a sentence."""

    alert: str
    expr: str
    lasting: str
    severity: Severity
    incident: str
    told: str
    runbook: str
    rollback: str = ""


def bounds_of(bounds: Bounds) -> tuple[Bound, ...]:
    """Every such alert, with the bounds that `slo.toml` gives."""
    return (
        *_of_promises(bounds),
        *_of_gateways(),
        *_of_backlogs(bounds),
        *_of_processes(bounds),
        *_of_visitors(bounds),
    )


def _of_promises(bounds: Bounds) -> tuple[Bound, ...]:
    return (
        Bound(
            "StockMiscounted",
            'increase(race_stock_checks_total{consistent="false"}[10m]) > 0',
            "0s",
            "page",
            "stock",
            "A pool does not say what its checkouts say: something may be oversold",
            "oversell-found",
            "race drop close DROP",
        ),
        Bound(
            "DuplicateOrders",
            'sum(increase(race_findings_total{finding=~"duplicate_orders|charged_twice",finding_state="open"}[1h]))'
            f" / clamp_min(sum(increase(race_orders_total[1h])), 1) > {bounds.duplicate_order_rate}",
            "0s",
            "page",
            "money",
            "Somebody was charged twice, or has two orders for one checkout",
            "oversell-found",
        ),
        Bound(
            "Chargebacks",
            "max(race_orders_disputed_recent) / clamp_min(max(race_orders_recent), 1)"
            f" > {bounds.chargeback_rate} and max(race_orders_recent) >= 100",
            "1h",
            "ticket",
            "chargebacks",
            "{{ $value | humanizePercentage }} of the orders of the last 120 days are disputed",
            "bot-flood",
        ),
    )


def _of_gateways() -> tuple[Bound, ...]:
    return (
        Bound(
            "GatewaySilent",
            "max by (gateway) (race_gateway_breaker_open) > 0",
            "0s",
            "page",
            "gateway",
            "{{ $labels.gateway }} does not answer, and its circuit breaker is open",
            "gateway-failing",
            "race gateways drain {{ $labels.gateway }}",
        ),
        Bound(
            "GatewayDrainedLong",
            "max by (gateway) (race_gateway_drained) > 0",
            "1d",
            "ticket",
            "gateway",
            "{{ $labels.gateway }} has been kept out of use for a day",
            "gateway-failing",
            "race gateways resume {{ $labels.gateway }}",
        ),
    )


def _of_backlogs(bounds: Bounds) -> tuple[Bound, ...]:
    return (
        Bound(
            "StepsOverdue",
            f'max by (task) (race_tasks_oldest_seconds{{task!="resolve"}}) > {bounds.backlog_age_s}',
            "2m",
            "page",
            "backlog",
            "A {{ $labels.task }} has been due for {{ $value | humanizeDuration }}",
            "queue-backlog",
        ),
        Bound(
            "InboxBehind",
            f'max by (gateway) (race_inbox_oldest_seconds{{inbox_state="waiting"}}) > {bounds.backlog_age_s}',
            "2m",
            "ticket",
            "backlog",
            "A message of {{ $labels.gateway }} has waited for {{ $value | humanizeDuration }}",
            "queue-backlog",
        ),
        Bound(
            "ReservationsLeak",
            "max(race_holds_overdue) > 0",
            f"{round(bounds.overdue_reservation_s)}s",
            "page",
            "stock",
            "{{ $value }} reservations should have ended and still hold stock",
            "reservation-leak",
        ),
        Bound(
            "ReconciliationBehind",
            f"max(race_reconcile_lag_seconds) > {bounds.reconciliation_lag_s}",
            "1m",
            "ticket",
            "reconciliation",
            "Reconciliation is {{ $value | humanizeDuration }} behind",
            "reconciliation-lag",
            "race reconcile --once",
        ),
        Bound(
            "FindingsOpen",
            "max(race_findings_open) > 0",
            "15m",
            "ticket",
            "reconciliation",
            "{{ $value }} findings wait for somebody to look at them",
            "reconciliation-lag",
            "race reconcile --once",
        ),
    )


def _of_processes(bounds: Bounds) -> tuple[Bound, ...]:
    return (
        Bound(
            "DatabaseSlow",
            "histogram_quantile(0.99, sum by (le) (rate(race_batch_write_seconds_bucket[1m])))"
            f" > {bounds.commit_s} and sum(rate(race_batch_write_seconds_count[1m])) > 1",
            "1m",
            "page",
            "database",
            "Writing a batch takes {{ $value | humanizeDuration }} at the 99th percentile",
            "database-slow",
        ),
        Bound(
            "DatabaseGone",
            'sum(increase(race_commands_refused_total{lack="database"}[1m])) > 0',
            "0s",
            "page",
            "database",
            "Buyers are told to try again, because the database does not answer",
            "database-slow",
        ),
        Bound(
            "EventLoopLate",
            "histogram_quantile(0.99, sum by (le, instance) (rate(race_loop_lag_seconds_bucket[1m])))"
            f" > {bounds.event_loop_lag_s}",
            "2m",
            "ticket",
            "process",
            "{{ $labels.instance }} has more to do than its core can",
            "database-slow",
        ),
        Bound(
            "EngineDown",
            'up{job="race"} == 0',
            "15s",
            "page",
            "process",
            "{{ $labels.instance }} does not answer",
            "queue-backlog",
        ),
        Bound(
            "IndicatorsAbsent",
            'absent(up{job="race"})',
            "5m",
            "ticket",
            "process",
            "Nothing is measured: Prometheus knows no process of the engine",
            "error-budget-burning",
        ),
    )


def _of_visitors(bounds: Bounds) -> tuple[Bound, ...]:
    turned_away = "sum(increase(race_requests_limited_total[5m])) + sum(increase(race_requests_shed_total[5m]))"
    return (
        Bound(
            "BotFlood",
            f"({turned_away}) / clamp_min(sum(increase(race_http_requests_total[5m])), 1) > {bounds.refused_share}"
            f" and ({turned_away}) > 1000",
            "1m",
            "ticket",
            "bots",
            "{{ $value | humanizePercentage }} of all requests are turned away",
            "bot-flood",
        ),
    )
