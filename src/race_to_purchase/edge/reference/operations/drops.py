"""What everybody may see of a sale."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import STORED, Operation, Told

TAG = "The sale"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/v1/drops/{drop}",
        "show_drop",
        TAG,
        "Look at a drop",
        "What everybody may see, without a key: phase, items, prices, and a band of what is left. Up to a second old.",
        {200: Told("The drop.", shapes.DropOnSale, examples.DROP_ON_SALE)},
        ("unknown_drop", "rate_limited", *STORED),
    ),
)  # fmt: skip
