"""A cart: what a buyer means to buy in one drop, with the prices that they have seen.

A cart holds nothing and counts nothing: it is a wish, and the reservation decides. Every change makes another version.
A change sets the quantities of the items that it names and leaves all others alone, so that changes of two tabs, in
whatever order, lose no line, and the same change twice is one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.cart_outcomes import CartFull
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.outcomes import Unknown

LINES_MAX = 20
"""As many as a checkout may have."""

QUANTITY_MAX = 1000


class Cart(msgspec.Struct, frozen=True):
    """One buyer's in one drop; lines in the order in which their items came. Version 0 has never been stored.

    `price` of a line is what the buyer has seen, in minor units.
    """

    buyer: str
    drop_id: str
    lines: tuple[Line, ...] = ()
    version: int = 0
    changed_at: datetime | None = None


class CartLineView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line as its buyer sees it. `price` is what a piece costs now; `was` what the buyer has seen, where it differs.

    `gone`: the drop does not have the item any more; it cannot be reserved, and costs nothing.
    """

    item: str
    title: str
    quantity: int
    price: int
    total: int
    was: int | None = None
    price_changed: bool = False
    gone: bool = False


class CartView(msgspec.Struct, frozen=True):
    """A cart as its buyer sees it; amounts in minor units. `expires_at`: forgotten then, unless it changes before."""

    drop: str
    version: int
    currency: str
    lines: tuple[CartLineView, ...]
    total: int
    price_changed: bool
    expires_at: datetime | None


def put(cart: Cart, drop: Drop, lines: tuple[Line, ...], how: Literal["set", "replace"]) -> Cart | Unknown | CartFull:
    """The cart with these quantities `set`, or with these lines alone; 0 takes an item out.

    A line without a price is taken to be seen as it is now, unless the cart has it already: whoever only changes a
    quantity has not looked at the price.
    """
    before = {line.item: line for line in cart.lines}
    after = dict(before) if how == "set" else {}
    for index, line in enumerate(lines):
        item = drop.item(line.item)
        if line.quantity == 0:
            after.pop(line.item, None)
            continue
        if item is None:
            return Unknown("item", line.item, f"lines[{index}].item")
        known = before.get(line.item)
        seen = line.price if line.price is not None else item.price if known is None else known.price
        after[line.item] = Line(line.item, line.quantity, seen)
    if len(after) > LINES_MAX:
        return CartFull(LINES_MAX)
    return replace(cart, lines=tuple(after.values()))


def merged(cart: Cart, other: Cart) -> Cart:
    """The cart with what the same buyer put into another one: the larger quantity of each item, the price seen last.

    So a merge that is repeated changes nothing. What is too much for one cart stays out.
    """
    lines = {line.item: line for line in cart.lines}
    for line in other.lines:
        known = lines.get(line.item)
        if known is not None:
            lines[line.item] = Line(line.item, max(known.quantity, line.quantity), line.price)
        elif len(lines) < LINES_MAX:
            lines[line.item] = line
    return replace(cart, lines=tuple(lines.values()))


def view(cart: Cart, drop: Drop, expires_at: datetime | None) -> CartView:
    """What the buyer is shown, at the prices of now."""
    lines = tuple(_line(line, drop) for line in cart.lines)
    return CartView(
        drop=drop.id,
        version=cart.version,
        currency=drop.currency,
        lines=lines,
        total=sum(line.total for line in lines),
        price_changed=any(line.price_changed for line in lines),
        expires_at=expires_at if cart.lines else None,
    )


def _line(line: Line, drop: Drop) -> CartLineView:
    item = drop.item(line.item)
    if item is None:
        return CartLineView(line.item, line.item, line.quantity, 0, 0, gone=True)
    changed = line.price != item.price
    return CartLineView(
        item.id,
        item.title,
        line.quantity,
        item.price,
        item.price * line.quantity,
        line.price if changed else None,
        changed,
    )
