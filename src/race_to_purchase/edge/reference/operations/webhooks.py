"""What gateways tell us."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import STORED, Operation, Told

TAG = "Gateways"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/webhooks/{gateway}",
        "receive_webhook",
        TAG,
        "Take in a gateway's message",
        "For payment gateways alone: the body, of any type, is believed to be theirs by its signature. It is stored "
        "before it is acknowledged; a copy is acknowledged and changes nothing. What it tells of is then asked for.",
        {200: Told("It is stored.", shapes.MessageReceived, examples.MESSAGE_RECEIVED)},
        ("unknown_gateway", "webhook_invalid", "webhook_too_old", "body_too_slow", "body_too_large",
         "duplicate_header", "malformed_json", *STORED),
    ),
)  # fmt: skip
