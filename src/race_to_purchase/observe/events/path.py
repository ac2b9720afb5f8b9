"""The way of a purchase: what was committed of it. Emitted by `observe.committed`, and by nothing else."""

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
    KeyAtGateway,
    OrderId,
    Pieces,
    TaskKind,
    TookSeconds,
)
from race_to_purchase.observe.events.event import Counter, Event, Histogram, Log, Span

LONG = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0)

Why = Literal[
    "sold_out",
    "all_reserved",
    "limit_reached",
    "promo_used_up",
    "not_open",
    "closed",
    "unknown",
    "amount_too_large",
    "price_changed",
    "cart_changed",
    "lapsed",
    "wrong_state",
    "no_pass",
    "other",
]
Asked = Literal["reserve", "pay", "cancel", "refund", "other"]
Repeated = Literal["replayed", "in_flight", "key_reused", "second_tab"]
Wait = Literal["unknown", "action_required"]
Step = Literal["reserved", "declined", "confirming", "paying"]


class CheckoutReserved(Event, frozen=True):
    """A checkout was made: its stock is held until its deadline or, payment first, its price is promised."""

    log = Log("debug", "reserved")
    metrics = (
        Counter("race_reservations_total", "Reservations granted.", by=("drop",)),
        Counter("race_reserved_pieces_total", "Pieces in granted reservations.", by=("drop",), add="pieces"),
    )

    drop: DropId
    checkout: CheckoutId
    amount: Amount
    currency: Currency
    pieces: Pieces


class ReservationRefused(Event, frozen=True):
    """A reservation was not granted, for a reason that a scarce good or the buyer decides: an outcome, no failure."""

    log = Log("debug", "reservation refused")
    metrics = (Counter("race_reservations_refused_total", "Reservations not granted, by why.", by=("drop", "why")),)

    drop: DropId
    why: Annotated[Why, Meta(description="Why a buyer could not have what they wanted, by its code.")]


class RequestRepeated(Event, frozen=True):
    """A request was sent again: under a key that was used before, or in a second tab. Nothing was done twice."""

    log = Log("debug", "request repeated")
    metrics = (
        Counter(
            "race_requests_repeated_total", "Requests that were sent again, and had no effect.", by=("asked", "repeat")
        ),
    )

    drop: DropId
    asked: Annotated[Asked, Meta(description="What the request wanted.")]
    repeat: Annotated[
        Repeated,
        Meta(
            description="`replayed`: the stored answer was given; `in_flight`: the first has no answer yet; "
            "`key_reused`: the key belongs to another request, which was refused; `second_tab`: another key, and the "
            "payment of that checkout that was there already."
        ),
    ]


class PaymentBegun(Event, frozen=True):
    """An attempt to pay was stored; its gateway is called next, or once its turn has come."""

    log = Log("debug", "payment begun")
    metrics = (Counter("race_payments_begun_total", "Attempts to pay that were stored.", by=("drop", "gateway")),)

    drop: DropId
    checkout: CheckoutId
    attempt: AttemptNumber
    gateway: GatewayName
    key: KeyAtGateway
    queued: Annotated[bool, Meta(description="Whether it waits for its turn before it is sent.")]


class PaymentRefused(Event, frozen=True):
    """A payment was not begun: the checkout cannot be paid any more, or not now."""

    log = Log("debug", "payment refused")
    metrics = (Counter("race_payments_refused_total", "Payments not begun, by why.", by=("drop", "why")),)

    drop: DropId
    checkout: CheckoutId
    why: Annotated[Why, Meta(description="Why a buyer could not have what they wanted, by its code.")]


class PaymentWaits(Event, frozen=True):
    """A payment is neither authorized nor refused: its gateway did not say, or its buyer has to act first."""

    log = Log("debug", "payment waits")
    metrics = (Counter("race_payments_waiting_total", "Times that a payment had to wait.", by=("gateway", "wait")),)

    drop: DropId
    checkout: CheckoutId
    attempt: AttemptNumber
    gateway: GatewayName
    wait: Annotated[Wait, Meta(description="What it waits for: the gateway's word, or its buyer.")]


class PaymentFailedOver(Event, frozen=True):
    """A gateway could not take a payment, and the next attempt was stored, at another one."""

    log = Log("warning", "payment failed over")
    metrics = (Counter("race_payments_failed_over_total", "Payments that went on elsewhere.", by=("gateway", "to")),)

    failure = True

    drop: DropId
    checkout: CheckoutId
    attempt: AttemptNumber
    gateway: GatewayName
    to: GatewayName
    code: Code
    void: Annotated[bool, Meta(description="Whether something may be authorized that has to be voided.")]


class OrderPlaced(Event, frozen=True):
    """The pivot: an authorized payment became an order, exactly once. M1, M2 and M13 count these."""

    log = Log("info", "order placed")
    metrics = (
        Counter("race_orders_total", "Orders placed.", by=("drop", "gateway")),
        Counter(
            "race_order_amount_minor_total", "What orders came to, in minor units.", ("drop", "currency"), "amount"
        ),
        Counter("race_sold_pieces_total", "Pieces in orders.", by=("drop",), add="pieces"),
        Histogram(
            "race_purchase_seconds",
            "From the reservation to the order, its buyer's own time included.",
            field="took_s",
            by=("drop",),
            buckets=LONG,
        ),
    )

    drop: DropId
    checkout: CheckoutId
    order: OrderId
    attempt: AttemptNumber
    gateway: GatewayName
    amount: Amount
    currency: Currency
    pieces: Pieces
    took_s: TookSeconds
    reclaimed: Annotated[bool, Meta(description="Whether the reservation had lapsed meanwhile and was taken again.")]


class PurchaseServed(Event, frozen=True):
    """How long the shop itself took for a purchase that became an order: M2. The buyer's own time does not count.

    It is the time of the reservation plus that of every payment, by the process that worked on them.
    """

    metrics = (
        Histogram(
            "race_checkout_seconds", "What the shop took for a purchase.", field="took_s", by=("drop", "reserved_here")
        ),
    )

    drop: DropId
    checkout: CheckoutId
    took_s: TookSeconds
    reserved_here: Annotated[
        bool, Meta(description="Whether this process made the reservation, too; else its time is not known, nor in it.")
    ]


class PaymentEnded(Event, frozen=True):
    """An attempt ended without an order; nothing is charged."""

    log = Log("info", "payment ended")
    metrics = (
        Counter(
            "race_payments_ended_total", "Payments that ended without an order.", by=("drop", "gateway", "payment_end")
        ),
    )

    drop: DropId
    checkout: CheckoutId
    attempt: AttemptNumber
    gateway: GatewayName
    amount: Amount
    currency: Currency
    payment_end: Annotated[
        Literal["declined", "expired", "sold_out", "abandoned"],
        Meta(
            description="`expired` and `sold_out`: what it was for was gone when the gateway's answer came; "
            "`abandoned`: its buyer was asked by their bank and did not answer in time."
        ),
    ]
    code: Code
    void: Annotated[bool, Meta(description="Whether something may be authorized that has to be voided.")]


class CheckoutLapsed(Event, frozen=True):
    """A deadline passed while a payment was under way: what was held is free again, the payment is not touched."""

    log = Log("info", "checkout lapsed")
    metrics = (Counter("race_checkouts_lapsed_total", "Deadlines that passed under a payment.", by=("drop",)),)

    failure = True

    drop: DropId
    checkout: CheckoutId


class CheckoutEnded(Event, frozen=True):
    """A checkout ended without an order, and holds nothing. M1, M3 and M9 count these."""

    log = Log("debug", "checkout ended")
    metrics = (
        Counter(
            "race_checkouts_ended_total", "Checkouts that ended without an order.", by=("drop", "checkout_end", "step")
        ),
    )

    drop: DropId
    checkout: CheckoutId
    checkout_end: Annotated[
        Literal["expired", "cancelled", "sold_out"],
        Meta(description="`expired`: its deadline; `cancelled`: its buyer; `sold_out`: the stock was gone."),
    ]
    step: Annotated[
        Step,
        Meta(
            description="How far it had come: `reserved`, no payment begun; `declined`, none left under way; "
            "`confirming`, its buyer was asked by their bank and did not answer; `paying`, under its buyer's payment, "
            "which is a failure of the shop."
        ),
    ]


class OrderTold(Event, frozen=True):
    """The merchant's system was told of an order, and accepted it or did not."""

    log = Log("debug", "order told")
    metrics = (
        Counter("race_deliveries_total", "Times that the merchant was told of an order.", by=("drop", "accepted")),
        Histogram("race_delivery_seconds", "Telling the merchant once.", field="took_s"),
    )
    span = Span("deliver", "client", fails_by="accepted", failures=(False,))

    drop: DropId
    checkout: CheckoutId
    order: OrderId
    accepted: Annotated[bool, Meta(description="Whether it was accepted.")]
    took_s: TookSeconds


class OrderFulfilled(Event, frozen=True):
    """The merchant's system has accepted the order."""

    log = Log("debug", "order fulfilled")
    metrics = (Counter("race_orders_fulfilled_total", "Orders that the merchant's system accepted.", by=("drop",)),)

    drop: DropId
    checkout: CheckoutId
    order: OrderId


class OrderUndeliverable(Event, frozen=True):
    """The merchant's system did not accept the order for days; it is not told again."""

    log = Log("error", "order undeliverable")
    metrics = (Counter("race_orders_undeliverable_total", "Orders that the merchant could not be told of.", ("drop",)),)

    failure = True

    drop: DropId
    checkout: CheckoutId
    order: OrderId


class StepAgain(Event, frozen=True):
    """A step that a purchase owes the world outside got no answer, and is tried again later."""

    log = Log("debug", "step again")
    metrics = (Counter("race_steps_again_total", "Steps that have to be tried again.", by=("task",)),)

    drop: DropId
    checkout: CheckoutId
    attempt: AttemptNumber
    task: Annotated[TaskKind, Meta(description="Kind of the step that is owed.")]


class DropStored(Event, frozen=True):
    """An operator made a drop, or changed it."""

    log = Log("info", "drop stored")
    metrics = (Counter("race_drops_stored_total", "Drops made or changed.", by=("created",)),)

    drop: DropId
    created: Annotated[bool, Meta(description="Whether it is new.")]
