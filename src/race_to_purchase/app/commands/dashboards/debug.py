"""The dashboard for looking deeper: where the time goes, what is repeated, and who is at the door."""

from race_to_purchase.app.commands.dashboards.panel import (
    DROP,
    Board,
    Panel,
    Query,
    Section,
    grown,
    or_nothing,
    quantile,
    rate,
)

BOARD = Board(
    "race-debug",
    "Race to Purchase: debug",
    refresh="10s",
    span="now-30m",
    sections=(
        Section(
            "Where the time goes",
            (
                Panel(
                    "Requests",
                    "The 95th percentile, by route. Its exemplars lead to traces.",
                    (Query(quantile(0.95, "race_http_request_seconds", "route"), "{{route}}"),),
                    unit="seconds",
                    width=12,
                ),
                Panel(
                    "Batches, by step",
                    "The 95th percentile of waiting, connecting, reading, deciding and writing.",
                    tuple(
                        Query(quantile(0.95, f"race_{step}_seconds"), step.replace("_", " "))
                        for step in ("batch_wait", "connection_wait", "batch_read", "batch_decide", "batch_write")
                    ),
                    unit="seconds",
                    width=12,
                    runbook="database-slow",
                ),
                Panel(
                    "Commands in a batch",
                    "The median and the 95th percentile.",
                    (
                        Query(quantile(0.5, "race_batch_commands"), "p50"),
                        Query(quantile(0.95, "race_batch_commands"), "p95"),
                    ),
                ),
                Panel(
                    "Batches again",
                    "Not committed as they were decided, by why.",
                    (Query(rate("race_batches_again_total", "trouble"), "{{trouble}}"),),
                    unit="per_second",
                ),
                Panel(
                    "Answers",
                    "By class of their status.",
                    (Query(rate("race_http_requests_total", "answer"), "{{answer}}"),),
                    unit="per_second",
                ),
            ),
        ),
        Section(
            "What is repeated",
            (
                Panel(
                    "Requests sent again",
                    "Keys that were used before, and what became of it. None of them did anything twice (M6).",
                    (
                        Query(
                            rate("race_requests_repeated_total", "asked, repeat"),
                            "{{asked}} {{repeat}}",
                        ),
                    ),
                    unit="per_second",
                ),
                Panel(
                    "Payments that wait",
                    "For their gateway's word, or for their buyer.",
                    (
                        Query(
                            rate("race_payments_waiting_total", "gateway, wait"),
                            "{{gateway}} {{wait}}",
                        ),
                    ),
                    unit="per_second",
                    runbook="gateway-failing",
                ),
                Panel(
                    "Steps tried again",
                    "By step.",
                    (Query(rate("race_steps_again_total", "task"), "{{task}}"),),
                    unit="per_second",
                    runbook="queue-backlog",
                ),
            ),
        ),
        Section(
            "At the door",
            (
                Panel(
                    "Challenges",
                    "M8: asked and passed, by tier.",
                    (
                        Query(rate("race_challenges_asked_total", "tier", DROP), "asked {{tier}}"),
                        Query(rate("race_challenges_passed_total", "tier", DROP), "passed {{tier}}"),
                    ),
                    unit="per_second",
                    runbook="bot-flood",
                ),
                Panel(
                    "What was noticed",
                    "Signs, by their reason code.",
                    (Query(or_nothing(rate("race_signs_total", "sign", DROP)), "{{sign}}"),),
                    unit="per_second",
                    runbook="bot-flood",
                ),
                Panel(
                    "Turned away",
                    "Over a limit, by what it is kept by; and without room.",
                    (
                        Query(or_nothing(rate("race_requests_limited_total", "limited_by")), "{{limited_by}}"),
                        Query(rate("race_requests_shed_total"), "no room"),
                    ),
                    unit="per_second",
                    runbook="bot-flood",
                ),
            ),
        ),
        Section(
            "Behind the sale",
            (
                Panel(
                    "Gateways' messages",
                    "By what became of them at the door.",
                    (
                        Query(
                            rate("race_messages_received_total", "gateway, reception"),
                            "{{gateway}} {{reception}}",
                        ),
                    ),
                    unit="per_second",
                ),
                Panel(
                    "Findings",
                    "What reconciliation found and what it repaired, by kind.",
                    (
                        Query(
                            or_nothing(grown("race_findings_total", "finding, finding_state", window="10m")),
                            "{{finding}} {{finding_state}}",
                        ),
                    ),
                    runbook="reconciliation-lag",
                ),
                Panel(
                    "Money",
                    "Captures that failed, refunds, disputes.",
                    (
                        Query(grown("race_captures_failed_total", where=DROP, window="10m"), "captures failed"),
                        Query(
                            grown("race_refunds_total", "refund_state", window="10m"),
                            "refunds {{refund_state}}",
                        ),
                        Query(
                            grown("race_disputes_total", "dispute_state", window="10m"),
                            "disputes {{dispute_state}}",
                        ),
                    ),
                    runbook="reconciliation-lag",
                ),
            ),
        ),
    ),
)
