"""What follows an order."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import ANY_BUYER, KEYED, SECURED, STORED, WITH_BODY, Operation, Told
from race_to_purchase.operate import disputes
from race_to_purchase.rules import answers

TAG = "After the sale"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/orders/{id}/refunds",
        "refund",
        TAG,
        "Refund an order",
        "Gives back `amount`, or without one all that is left, through the gateway that took it. With a storefront key "
        "or an admin key, and without `Race-Buyer`. Where the gateway takes its time the answer is 202: ask again with "
        "the same request and key, or look at the refunds. The goods stay sold unless `restock` says otherwise.",
        {
            201: Told("Ended: `done`, or `failed` with the gateway's reason.", answers.RefundView, examples.REFUND),
            202: Told("Not ended yet.", answers.RefundView, examples.REFUND_SENT),
        },
        (
            "unknown_order", "order_not_captured", "order_disputed", "nothing_to_refund", "gateway_gone",
            "amount_too_large", "restock_needs_whole", "wrong_state", *SECURED, *ANY_BUYER, *WITH_BODY,
            "idempotency_key_missing", *KEYED, *STORED,
        ),
        role="refunder",
        body=shapes.NewRefund,
        example=examples.NEW_REFUND,
        key=True,
    ),
    Operation(
        "get",
        "/v1/orders/{id}/refunds",
        "list_refunds",
        TAG,
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
        TAG,
        "Everything about an order",
        "For the answer to a dispute: what was bought, by whom, how it was paid and delivered, and when each of it "
        "happened.",
        {200: Told("The evidence.", disputes.Evidence, examples.EVIDENCE)},
        ("unknown_order", *SECURED, *ANY_BUYER, *STORED),
        role="operator",
    ),
    Operation(
        "get",
        "/v1/admin/disputes",
        "list_disputes",
        TAG,
        "List open disputes",
        "Those whose evidence is due first in front, and the chargeback rate of the last 120 days.",
        {200: Told("The disputes.", disputes.OpenDisputes, examples.DISPUTES)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
)  # fmt: skip
