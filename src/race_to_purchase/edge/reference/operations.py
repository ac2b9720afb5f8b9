"""Every operation of the API as a table: what it takes, what it gives, and which problems it may answer with."""

from __future__ import annotations

from typing import Any

import msgspec

from race_to_purchase.edge import shapes
from race_to_purchase.edge.principals import Needed
from race_to_purchase.edge.reference import examples
from race_to_purchase.operate import disputes
from race_to_purchase.operate.findings import OpenFindings
from race_to_purchase.rules import answers
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.rows import Finding


class Told(msgspec.Struct, frozen=True):
    """One good answer: the struct of its body (None for a page of text), and an example of it."""

    meaning: str
    shape: type | None
    example: Any = None
    media_type: str = "application/json"


class Operation(msgspec.Struct, frozen=True):
    """One method of one path; `query` names its parameters.

    `key`: whether an Idempotency-Key is required, or None where none is looked at.
    """

    method: str
    path: str
    id: str
    tag: str
    summary: str
    description: str
    told: dict[int, Told]
    problems: tuple[str, ...] = ()
    role: Needed | None = None
    body: type | None = None
    example: Any = None
    key: bool | None = None
    query: tuple[str, ...] = ()


SECURED = ("unauthorized", "forbidden", "duplicate_header")
ANY_BUYER = ("buyer_invalid",)
WITH_BODY = ("malformed_json", "body_too_slow", "body_too_large", "unsupported_media_type", "invalid_input")
KEYED = ("idempotency_key_invalid", "idempotency_in_flight", "idempotency_key_reused")
STORED = ("internal_error", "overloaded", "database_unavailable", "stopping", "unavailable")
OF_STOCK = ("sold_out", "all_reserved", "limit_reached", "promo_used_up")

_BUYING = "Buying"
_SALE = "The sale"
_AFTER = "After the sale"
_TELLING = "Gateways"
_OPERATING = "Operating"
_SERVICE = "The service"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/v1/drops/{drop}",
        "show_drop",
        _SALE,
        "Look at a drop",
        "What everybody may see, without a key: phase, items, prices, and a band of what is left. Up to a second old.",
        {200: Told("The drop.", shapes.DropOnSale, examples.DROP_ON_SALE)},
        ("unknown_drop", *STORED),
    ),
    Operation(
        "post",
        "/v1/checkouts",
        "reserve",
        _BUYING,
        "Reserve",
        "Makes a checkout and holds its stock until `reserved_until`, all lines or none. A payment-first drop gives "
        "an `open` checkout, which has a price and holds nothing yet. A refusal uses up no Idempotency-Key: the "
        "same request may be sent again with the same key.",
        {201: Told("The checkout.", answers.CheckoutView, examples.RESERVED)},
        (
            "unknown_drop", "unknown_item", "unknown_promo", "duplicate_line", "amount_too_large", "drop_not_open",
            "drop_closed", *OF_STOCK, *SECURED, *ANY_BUYER, *WITH_BODY, "idempotency_key_missing", *KEYED, *STORED,
        ),
        role="storefront",
        body=shapes.NewCheckout,
        example=examples.NEW_CHECKOUT,
        key=True,
    ),
    Operation(
        "get",
        "/v1/checkouts/{id}",
        "show_checkout",
        _BUYING,
        "Look at a checkout",
        "Its state, its price, and how long it is held. `order` is there once it is paid.",
        {200: Told("The checkout.", answers.CheckoutView, examples.RESERVED)},
        ("unknown_checkout", *SECURED, *ANY_BUYER, *STORED),
        role="storefront",
    ),
    Operation(
        "delete",
        "/v1/checkouts/{id}",
        "cancel_checkout",
        _BUYING,
        "Cancel a checkout",
        "Gives back at once what it holds. Not possible while a payment is being decided; harmless when repeated.",
        {200: Told("The cancelled checkout.", answers.CheckoutView, examples.CANCELLED)},
        ("unknown_checkout", "payment_in_flight", "wrong_state", *SECURED, *ANY_BUYER, *KEYED, *STORED),
        role="storefront",
        key=False,
    ),
    Operation(
        "post",
        "/v1/checkouts/{id}/payment",
        "pay",
        _BUYING,
        "Pay",
        "Authorizes the payment and turns the checkout into an order. Where the gateway takes its time the answer is "
        "202: ask again with the same request and the same key, or look at the checkout. With `next_action` the buyer "
        "has to act there first, and comes back to `return_url`; `queued` is the place of a payment that waits its "
        "turn. However often it is sent, nothing is charged twice. After a decline, take a new key for the next "
        "method.",
        {
            200: Told("Paid: the order exists.", answers.PaidView, examples.PAID),
            202: Told("Not decided yet.", answers.PayingView, examples.PAYING),
        },
        (
            "unknown_checkout", "payment_declined", "reservation_expired", "payment_in_flight", "wrong_state",
            *OF_STOCK, *SECURED, *ANY_BUYER, *WITH_BODY, "idempotency_key_missing", *KEYED, *STORED, "no_gateway",
        ),
        role="storefront",
        body=shapes.NewPayment,
        example=examples.NEW_PAYMENT,
        key=True,
    ),
    Operation(
        "post",
        "/v1/checkouts/{id}/payment/return",
        "return_from_action",
        _BUYING,
        "Come back from acting",
        "Asks the gateway at once, and answers what the payment would: for a buyer who is back from `next_action`. "
        "It needs no body and no key, may be sent at any time and any number of times, and need not be sent at all.",
        {
            200: Told("Paid: the order exists.", answers.PaidView, examples.PAID),
            202: Told("Not decided yet.", answers.PayingView, examples.PAYING),
        },
        (
            "unknown_checkout", "payment_declined", "reservation_expired", "sold_out", "wrong_state",
            *SECURED, *ANY_BUYER, *STORED,
        ),
        role="storefront",
    ),
    Operation(
        "get",
        "/v1/orders/{id}",
        "show_order",
        _BUYING,
        "Look at an order",
        "An order has the id of its checkout.",
        {200: Told("The order.", shapes.PlacedOrder, examples.ORDER)},
        ("unknown_order", *SECURED, *ANY_BUYER, *STORED),
        role="storefront",
    ),
    Operation(
        "post",
        "/v1/orders/{id}/refunds",
        "refund",
        _AFTER,
        "Refund an order",
        "Gives back `amount`, or without one all that is left, through the gateway that took it. With a storefront key "
        "or an admin key, and without `Race-Buyer`. Where the gateway takes its time the answer is 202: ask again with "
        "the same request and key, or look at the refunds. The goods stay sold unless `restock` says otherwise.",
        {
            201: Told("Ended: `done`, or `failed` with the gateway's reason.", answers.RefundView, examples.REFUND),
            202: Told("Not ended yet.", answers.RefundView, examples.REFUND_SENT),
        },
        (
            "unknown_order", "order_not_captured", "order_disputed", "nothing_to_refund", "amount_too_large",
            "restock_needs_whole", "wrong_state", *SECURED, *ANY_BUYER, *WITH_BODY, "idempotency_key_missing", *KEYED,
            *STORED,
        ),
        role="merchant",
        body=shapes.NewRefund,
        example=examples.NEW_REFUND,
        key=True,
    ),
    Operation(
        "get",
        "/v1/orders/{id}/refunds",
        "list_refunds",
        _AFTER,
        "Look at an order's refunds",
        "The first first, with what was captured, what went back, and what may still be refunded.",
        {200: Told("The refunds.", shapes.OrderRefunds, examples.REFUNDS)},
        ("unknown_order", *SECURED, *ANY_BUYER, *STORED),
        role="merchant",
    ),
    Operation(
        "get",
        "/v1/orders/{id}/evidence",
        "show_evidence",
        _AFTER,
        "Everything about an order",
        "For the answer to a dispute: what was bought, by whom, how it was paid and delivered, and when each of it "
        "happened.",
        {200: Told("The evidence.", disputes.Evidence, examples.EVIDENCE)},
        ("unknown_order", *SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "get",
        "/v1/admin/disputes",
        "list_disputes",
        _AFTER,
        "List open disputes",
        "Those whose evidence is due first in front, and the chargeback rate of the last 120 days.",
        {200: Told("The disputes.", disputes.OpenDisputes, examples.DISPUTES)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "post",
        "/v1/webhooks/{gateway}",
        "receive_webhook",
        _TELLING,
        "Take in a gateway's message",
        "For payment gateways alone: the body, of any type, is believed to be theirs by its signature. It is stored "
        "before it is acknowledged; a copy is acknowledged and changes nothing. What it tells of is then asked for.",
        {200: Told("It is stored.", shapes.MessageReceived, examples.MESSAGE_RECEIVED)},
        ("unknown_gateway", "webhook_invalid", "webhook_too_old", "body_too_slow", "body_too_large",
         "duplicate_header", "malformed_json", *STORED),
    ),
    Operation(
        "get",
        "/v1/admin/inbox",
        "show_inbox",
        _OPERATING,
        "Look into the inbox",
        "Messages of gateways that are not done, counted, with the first hundred of one state: those that wait, those "
        "about nothing that we know, which are tried again for three days, and those that were left after that.",
        {200: Told("What is there.", shapes.InboxView, examples.INBOX)},
        ("invalid_input", *SECURED, *ANY_BUYER, *STORED),
        role="admin",
        query=("state",),
    ),
    Operation(
        "put",
        "/v1/admin/drops/{drop}",
        "put_drop",
        _OPERATING,
        "Create or change a drop",
        "The whole definition, in the shape of a drop file. Stock may grow and shrink while the sale runs, but never "
        "below what is held and sold; currency and flow are fixed once the drop exists. `id` may be left out.",
        {
            200: Told("The drop as it is now.", Drop, examples.DROP),
            201: Told("The drop was created.", Drop, examples.DROP),
        },
        ("stock_below_use", "field_is_fixed", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="admin",
        body=Drop,
        example=examples.DROP,
    ),
    Operation(
        "get",
        "/v1/admin/drops",
        "list_drops",
        _OPERATING,
        "List the drops",
        "The newest opening first.",
        {200: Told("All drops.", shapes.Drops, examples.DROPS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "get",
        "/v1/admin/drops/{drop}",
        "watch_drop",
        _OPERATING,
        "Watch a drop",
        "The definition, and the exact counts of everything that it limits.",
        {200: Told("The drop and its counts.", shapes.WatchedDrop, examples.WATCHED)},
        ("unknown_drop", *SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "post",
        "/v1/admin/drops/{drop}/close",
        "close_drop",
        _OPERATING,
        "Close a drop",
        "No new checkouts from now on; those that exist may still be paid. Harmless when repeated.",
        {200: Told("The closed drop.", Drop, examples.DROP)},
        ("unknown_drop", *SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "get",
        "/v1/admin/gateways",
        "list_gateways",
        _OPERATING,
        "Watch the payment gateways",
        "Whether each is drained; and its answers, declines, latency, queue and circuit breaker, as the one process "
        "sees them that answers this request.",
        {200: Told("All gateways.", shapes.Gateways, examples.GATEWAYS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "put",
        "/v1/admin/gateways/{gateway}",
        "drain_gateway",
        _OPERATING,
        "Drain a payment gateway, or use it again",
        "Within about a second no process begins a payment there; what was begun is finished, captured and refunded "
        "there all the same.",
        {200: Told("The gateway.", shapes.WatchedGateway, examples.GATEWAY)},
        ("unknown_gateway", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="admin",
        body=shapes.GatewayUse,
        example=examples.GATEWAY_USE,
    ),
    Operation(
        "get",
        "/v1/admin/ledger/balance",
        "ledger_balance",
        _OPERATING,
        "Look at the books",
        "What every account of the ledger was moved by, and the trial balance: debits and credits are the same in "
        "every currency, or `balanced` is false.",
        {200: Told("The balances.", shapes.TrialBalance, examples.TRIAL_BALANCE)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "get",
        "/v1/admin/findings",
        "list_findings",
        _OPERATING,
        "List the findings",
        "What reconciliation has found to differ, where it is open or being repaired, and how far it is behind.",
        {200: Told("Findings, at most 500.", OpenFindings, examples.FINDINGS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "post",
        "/v1/admin/findings/{finding}/close",
        "close_finding",
        _OPERATING,
        "Close a finding",
        "It was dealt with, or can be lived with. One that is being repaired, or has ended, stays as it is.",
        {200: Told("The finding as it is now.", Finding, {**examples.FINDING, "state": "closed"})},
        ("unknown_finding", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="admin",
        body=shapes.ClosedFor,
        example=examples.CLOSED_FOR,
    ),
    Operation(
        "get",
        "/healthz",
        "alive",
        _SERVICE,
        "Is the process alive?",
        "Answers as long as the process does. It does not ask the database.",
        {200: Told("It is.", shapes.Health, examples.HEALTH)},
    ),
    Operation(
        "get",
        "/readyz",
        "ready",
        _SERVICE,
        "Can it serve?",
        "Asks the database.",
        {200: Told("It can.", shapes.Health, examples.HEALTH)},
        STORED,
    ),
    Operation(
        "get",
        "/openapi.json",
        "openapi",
        _SERVICE,
        "This document",
        "OpenAPI 3.1.",
        {200: Told("The document.", dict)},
    ),
    Operation(
        "get",
        "/docs",
        "docs",
        _SERVICE,
        "This document as a page",
        "For people.",
        {200: Told("The page.", None, media_type="text/html")},
    ),
)  # fmt: skip
