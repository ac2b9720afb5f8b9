"""The requests about carts."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import FROM_BUYERS, STORED, WITH_BODY, Operation, Told
from race_to_purchase.rules.cart import CartView

TAG = "The cart"

_CART = {200: Told("The cart.", CartView, examples.CART)}
_ABOUT = ("unknown_drop", "buyer_required", *FROM_BUYERS, *STORED)
_CHANGED = ("cart_changed", "if_match_invalid")
_FILLED = ("unknown_item", "duplicate_line", "cart_full", *WITH_BODY)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/v1/carts/{drop}",
        "show_cart",
        TAG,
        "Look at a cart",
        "What the buyer means to buy in this drop, at the prices of now. Where a price has changed since the buyer saw "
        "it, the line says so (`was`): show it, and set the line with the new `price` once it was seen. A cart holds "
        "no stock. Its `version` is the ETag.",
        _CART,
        _ABOUT,
        role="buyer",
    ),
    Operation(
        "patch",
        "/v1/carts/{drop}",
        "change_cart",
        TAG,
        "Change lines of a cart",
        "Sets the quantities of the items that are named, and leaves all others alone: two tabs that add different "
        "items at once both have theirs, and the same change twice is one. A `version` is not needed.",
        _CART,
        (*_ABOUT, *_CHANGED, *_FILLED),
        role="buyer",
        body=shapes.CartChange,
        example=examples.CART_CHANGE,
    ),
    Operation(
        "put",
        "/v1/carts/{drop}",
        "put_cart",
        TAG,
        "Replace a cart",
        "These lines, and no others. The version that is replaced has to be said, in `If-Match` or as `version`.",
        _CART,
        (*_ABOUT, *_CHANGED, *_FILLED, "version_required"),
        role="buyer",
        body=shapes.CartChange,
        example={**examples.CART_CHANGE, "version": 3},
    ),
    Operation(
        "delete",
        "/v1/carts/{drop}",
        "empty_cart",
        TAG,
        "Empty a cart",
        "As after the order. Harmless when repeated.",
        _CART,
        (*_ABOUT, *_CHANGED),
        role="buyer",
    ),
)
