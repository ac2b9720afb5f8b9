"""Money after the pivot, and what is undone: captures, voids, refunds, disputes. Emitted after their COMMIT."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import (
    Amount,
    AttemptNumber,
    CheckoutId,
    Code,
    Currency,
    DropId,
    GatewayName,
    OrderId,
)
from race_to_purchase.observe.events.event import Counter, Event, Log


class PaymentCaptured(Event, frozen=True):
    """The money of an order was taken."""

    log = Log("debug", "payment captured")
    metrics = (
        Counter("race_captures_total", "Payments captured.", by=("gateway",)),
        Counter("race_captured_minor_total", "What was captured, in minor units.", ("gateway", "currency"), "amount"),
    )

    drop: DropId
    checkout: CheckoutId
    order: OrderId
    attempt: AttemptNumber
    gateway: GatewayName
    amount: Amount
    currency: Currency


class CaptureFailed(Event, frozen=True):
    """The gateway will never capture an order's payment: the order is cancelled, its stock is free again."""

    log = Log("warning", "capture failed")
    metrics = (Counter("race_captures_failed_total", "Orders undone for a failed capture.", by=("drop", "gateway")),)

    failure = True

    drop: DropId
    checkout: CheckoutId
    order: OrderId
    attempt: AttemptNumber
    gateway: GatewayName
    amount: Amount
    currency: Currency
    code: Code


class PaymentVoided(Event, frozen=True):
    """What an attempt had authorized that may not become an order is gone, or was paid back."""

    log = Log("debug", "payment voided")
    metrics = (Counter("race_voids_total", "Authorizations given back.", by=("gateway",)),)

    drop: DropId
    checkout: CheckoutId
    attempt: AttemptNumber
    gateway: GatewayName


class RefundChanged(Event, frozen=True):
    """A refund was asked for, or has come further."""

    log = Log("info", "refund")
    metrics = (
        Counter("race_refunds_total", "Refunds that came to a state.", by=("gateway", "refund_state")),
        Counter("race_refunded_minor_total", "Their amounts.", by=("refund_state", "currency"), add="amount"),
    )

    drop: DropId
    checkout: CheckoutId
    order: OrderId
    gateway: GatewayName
    amount: Amount
    currency: Currency
    refund_state: Annotated[
        Literal["requested", "sent", "unknown", "done", "failed"], Meta(description="State of the refund now.")
    ]


class DisputeChanged(Event, frozen=True):
    """A bank asks about an order's payment, takes it, or has decided."""

    log = Log("warning", "dispute")
    metrics = (
        Counter("race_disputes_total", "Disputes that came to a state.", by=("gateway", "dispute_state")),
        Counter("race_disputed_minor_total", "Their amounts.", by=("dispute_state", "currency"), add="amount"),
    )

    drop: DropId
    checkout: CheckoutId
    order: OrderId
    gateway: GatewayName
    amount: Amount
    currency: Currency
    dispute_state: Annotated[
        Literal["inquiry", "open", "won", "lost", "closed"], Meta(description="State of the dispute now.")
    ]
