"""The dashboard of whoever is on call: what is wrong, where, and how long it may go on."""

from race_to_purchase.app.commands.dashboards.panel import DROP, Board, Panel, Query, Section, quantile, rate

_AUTH = 'operation="authorize"'
_ANSWERS = "race_gateway_answers_total"
_PAYING = 'operation=~"prepare|authorize"'
_SERVED = rate(_ANSWERS, "gateway", f'{_PAYING},said=~"authorized|captured"')
_DECIDED = rate(_ANSWERS, "gateway", f'{_PAYING},said=~"authorized|captured|no_answer|not_sent"')
_WAITING = 'max by (gateway) (race_inbox_oldest_seconds{inbox_state="waiting"})'

BOARD = Board(
    "race-on-call",
    "Race to Purchase: on call",
    refresh="5s",
    span="now-30m",
    sections=(
        Section(
            "Objectives",
            (
                Panel(
                    "Burn of budgets",
                    "The drop's own, by drop. 1 is as planned.",
                    (Query(f"max by (drop) (race_drop_burn_rate{{{DROP}}})", "{{drop}}"),),
                    runbook="error-budget-burning",
                ),
                Panel(
                    "Checkouts failed",
                    "M1's bad ones: reservations that expired under their buyer's payment.",
                    (Query(rate("race_checkouts_ended_total", where=f'{DROP},step="paying",checkout_end="expired"')),),
                    unit="per_second",
                    runbook="error-budget-burning",
                ),
                Panel(
                    "What a purchase takes",
                    "M2, of the shop's own time.",
                    (
                        Query(quantile(0.5, "race_checkout_seconds", where=DROP), "p50"),
                        Query(quantile(0.95, "race_checkout_seconds", where=DROP), "p95"),
                        Query(quantile(0.99, "race_checkout_seconds", where=DROP), "p99"),
                    ),
                    unit="seconds",
                    runbook="database-slow",
                ),
            ),
        ),
        Section(
            "Reservations",
            (
                Panel(
                    "Granted and turned away",
                    "M3: turned away with 503 is a failure, refused is an outcome.",
                    (
                        Query(rate("race_reservations_total", where=DROP), "granted"),
                        Query(rate("race_reservations_refused_total", where=DROP), "refused"),
                        Query(rate("race_commands_refused_total", where=DROP), "turned away"),
                    ),
                    unit="per_second",
                    runbook="queue-backlog",
                ),
                Panel(
                    "Holds",
                    "Reservations that end within a minute, and that should have ended.",
                    (
                        Query("max(race_holds_expiring) or vector(0)", "ending"),
                        Query("max(race_holds_overdue) or vector(0)", "overdue"),
                    ),
                    runbook="reservation-leak",
                ),
                Panel(
                    "Stock checks that failed",
                    "M4: recounts of the pools that found a difference.",
                    (Query('sum(increase(race_stock_checks_total{consistent="false"}[10m])) or vector(0)'),),
                    "number",
                    runbook="oversell-found",
                ),
            ),
        ),
        Section(
            "Payments",
            (
                Panel(
                    "Authorization rate",
                    "M5, by gateway: authorized, of those and of what got no answer. A declined card is an outcome.",
                    (Query(f"{_SERVED} / {_DECIDED}", "{{gateway}}"),),
                    unit="share",
                    runbook="gateway-failing",
                ),
                Panel(
                    "Latency of authorizations",
                    "M11: the 95th percentile, by gateway. Target below 1 s.",
                    (Query(quantile(0.95, "race_gateway_seconds", "gateway", _AUTH), "{{gateway}}"),),
                    unit="seconds",
                    runbook="gateway-failing",
                ),
                Panel(
                    "Circuit breakers",
                    "1 while a process begins nothing new with the gateway.",
                    (Query("max by (gateway) (race_gateway_breaker_open)", "{{gateway}}"),),
                    runbook="gateway-failing",
                ),
                Panel(
                    "What gateways said",
                    "By answer.",
                    (Query(rate("race_gateway_answers_total", "gateway, said"), "{{gateway}} {{said}}"),),
                    unit="per_second",
                    runbook="gateway-failing",
                ),
            ),
        ),
        Section(
            "Queues",
            (
                Panel(
                    "Steps owed",
                    "M10: captures, voids, deliveries and refunds that are due.",
                    (Query("max by (task) (race_tasks_due)", "{{task}}"),),
                    runbook="queue-backlog",
                ),
                Panel(
                    "Age of the oldest",
                    "Of steps, and of gateways' messages.",
                    (
                        Query("max by (task) (race_tasks_oldest_seconds)", "{{task}}"),
                        Query(
                            'max by (gateway) (race_inbox_oldest_seconds{inbox_state="waiting"})',
                            "messages of {{gateway}}",
                        ),
                    ),
                    unit="seconds",
                    runbook="queue-backlog",
                ),
                Panel(
                    "Reconciliation",
                    "M12: how far it is behind.",
                    (Query("max(race_reconcile_lag_seconds) or vector(0)", "behind"),),
                    unit="seconds",
                    runbook="reconciliation-lag",
                ),
            ),
        ),
        Section(
            "Saturation",
            (
                Panel("Commands waiting", "By process.", (Query("race_commands_waiting", "{{instance}}"),)),
                Panel(
                    "Lateness of the event loop",
                    "The 99th percentile, by process.",
                    (Query(quantile(0.99, "race_loop_lag_seconds", "instance"), "{{instance}}"),),
                    unit="seconds",
                    runbook="database-slow",
                ),
                Panel(
                    "Database connections",
                    "In use, of those that are open, by process.",
                    (Query("race_connections_used / clamp_min(race_connections, 1)", "{{instance}}"),),
                    unit="share",
                    runbook="database-slow",
                ),
            ),
        ),
    ),
)
