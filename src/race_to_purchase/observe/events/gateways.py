"""Payment gateways: what they answer and how fast, and what an operator or the circuit breaker does about it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import Code, GatewayName, TookSeconds
from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram, Log, Span

Operation = Literal["prepare", "authorize", "look_up", "capture", "void", "refund", "payments"]
Said = Literal[
    "prepared",
    "authorized",
    "declined",
    "action_required",
    "captured",
    "capture_refused",
    "voided",
    "refunded",
    "refund_pending",
    "refund_failed",
    "absent",
    "no_answer",
    "not_sent",
]


class GatewayAnswered(Event, frozen=True):
    """A gateway was called, and answered, or did not in time. M11 is the distribution of its authorizations."""

    log = Log("debug", "gateway answered")
    metrics = (
        Counter("race_gateway_answers_total", "Calls of a gateway, by what it said.", ("gateway", "operation", "said")),
        Histogram(
            "race_gateway_seconds",
            "A call of a gateway, without the queue before it.",
            field="took_s",
            by=("gateway", "operation"),
        ),
    )
    span = Span("{gateway} {operation}", "client", fails_by="said", failures=("no_answer", "not_sent"))

    gateway: GatewayName
    operation: Annotated[Operation, Meta(description="What it was asked for.")]
    said: Annotated[Said, Meta(description="What it said; `no_answer` where nobody knows whether it was done.")]
    code: Code
    took_s: TookSeconds


class BreakerTurned(Event, frozen=True):
    """Too many calls in a row of a gateway had no answer, so this process begins nothing new there; or it may again."""

    log = Log("warning", "circuit breaker turned")
    metrics = (Gauge("race_gateway_breaker_open", "1 while nothing new is begun with it.", "open", ("gateway",), True),)

    gateway: GatewayName
    open: Annotated[bool, Meta(description="Whether the circuit breaker keeps new payments away.")]


class GatewayDrained(Event, frozen=True):
    """An operator said that nothing new is begun with a gateway, or that it may be again."""

    log = Log("warning", "gateway drained")
    metrics = (Gauge("race_gateway_drained", "1 while an operator keeps new payments away.", "drained", ("gateway",)),)

    gateway: GatewayName
    drained: Annotated[bool, Meta(description="Whether an operator keeps new payments away from it.")]
