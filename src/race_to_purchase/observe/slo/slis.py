"""Service level indicators in PromQL: what is bad, of how many, and what somebody who is woken needs to be told.

`{w}` stands for the window, `{below}` for the bound of a latency. The measures M1 to M15 are those of docs/measures.md.
"""

from __future__ import annotations

import msgspec


class Sli(msgspec.Struct, frozen=True):
    """An indicator that has an error budget.

    `bad` and `total` are increases over `{w}`, by the labels `by`. `told` is the sentence that begins the alert, of
    which `{by}` is replaced by the labels; `rollback` is the command that takes pressure away at once. A latency is
    counted in the buckets of a `histogram`: its bound has to be one of theirs.
    """

    objective: str
    measure: str
    alert: str
    bad: str
    total: str
    by: tuple[str, ...]
    told: str
    runbook: str
    rollback: str
    histogram: str = ""


_FAILED = 'race_checkouts_ended_total{{step="paying",checkout_end="expired"}}'
_PAYING = 'operation=~"prepare|authorize"'
_AUTHORIZATIONS = f'race_gateway_answers_total{{{{{_PAYING},said=~"authorized|captured|no_answer|not_sent"}}}}'
_UNDECIDED = f'race_gateway_answers_total{{{{{_PAYING},said=~"no_answer|not_sent"}}}}'

SLIS: tuple[Sli, ...] = (
    Sli(
        "checkout_success",
        "M1",
        "CheckoutsFailing",
        bad=f"(sum by (drop) (increase({_FAILED}[{{w}}])) or 0 * sum by (drop) (increase(race_orders_total[{{w}}])))",
        total=f"(sum by (drop) (increase(race_orders_total[{{w}}])) + (sum by (drop) (increase({_FAILED}[{{w}}])) "
        "or 0 * sum by (drop) (increase(race_orders_total[{w}]))))",
        by=("drop",),
        told="Checkouts of {drop} fail that should have become orders",
        runbook="error-budget-burning",
        rollback="race line pause {drop}",
    ),
    Sli(
        "checkout_latency",
        "M2",
        "CheckoutsSlow",
        bad="(sum by (drop) (increase(race_checkout_seconds_count[{w}])) "
        '- sum by (drop) (increase(race_checkout_seconds_bucket{{le="{below}"}}[{w}])))',
        total="sum by (drop) (increase(race_checkout_seconds_count[{w}]))",
        by=("drop",),
        told="Checkouts of {drop} take longer than they may",
        runbook="database-slow",
        rollback="race line rate {drop} 10",
        histogram="race_checkout_seconds",
    ),
    Sli(
        "reservation_success",
        "M3",
        "ReservationsFailing",
        bad="(sum by (drop) (increase(race_commands_refused_total[{w}])) "
        "or 0 * sum by (drop) (increase(race_reservations_total[{w}])))",
        total="(sum by (drop) (increase(race_reservations_total[{w}])) "
        "+ (sum by (drop) (increase(race_commands_refused_total[{w}])) "
        "or 0 * sum by (drop) (increase(race_reservations_total[{w}]))))",
        by=("drop",),
        told="Reservations of {drop} are turned away for want of room or of a database",
        runbook="queue-backlog",
        rollback="race line pause {drop}",
    ),
    Sli(
        "payment_authorization",
        "M5",
        "PaymentsFailing",
        bad=f"(sum by (gateway) (increase({_UNDECIDED}[{{w}}])) "
        f"or 0 * sum by (gateway) (increase({_AUTHORIZATIONS}[{{w}}])))",
        total=f"sum by (gateway) (increase({_AUTHORIZATIONS}[{{w}}]))",
        by=("gateway",),
        told="{gateway} does not answer payments",
        runbook="gateway-failing",
        rollback="race gateways drain {gateway}",
    ),
    Sli(
        "payment_latency",
        "M11",
        "PaymentsSlow",
        bad='(sum by (gateway) (increase(race_gateway_seconds_count{{operation="authorize"}}[{w}])) '
        '- sum by (gateway) (increase(race_gateway_seconds_bucket{{operation="authorize",le="{below}"}}[{w}])))',
        total='sum by (gateway) (increase(race_gateway_seconds_count{{operation="authorize"}}[{w}]))',
        by=("gateway",),
        told="{gateway} takes longer to answer than it may",
        runbook="gateway-failing",
        rollback="race gateways drain {gateway}",
        histogram="race_gateway_seconds",
    ),
    Sli(
        "challenge_pass",
        "M8",
        "ChallengesFailing",
        bad="clamp_min(sum by (drop) (increase(race_challenges_asked_total[{w}])) "
        "- (sum by (drop) (increase(race_challenges_passed_total[{w}])) "
        "or 0 * sum by (drop) (increase(race_challenges_asked_total[{w}]))), 0)",
        total="sum by (drop) (increase(race_challenges_asked_total[{w}]))",
        by=("drop",),
        told="Visitors of {drop} do not pass their challenges",
        runbook="bot-flood",
        rollback="race drop show {drop}",
    ),
)
