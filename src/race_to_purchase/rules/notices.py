"""What the merchant's system is told, byte for byte: the same order gives the same message, however often it is sent.

Personal data is not in it. The merchant knows the buyer by the id that their own storefront gave.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from race_to_purchase.rules.rows import Checkout, Order, Quote

ORDER_PAID = "order.paid"

_encode = msgspec.json.Encoder().encode


class OrderNotice(msgspec.Struct, frozen=True):
    """An order as its merchant sees it; `amount` in minor units of `currency`, `placed_at` as RFC 3339."""

    id: str
    drop: str
    buyer: str
    amount: int
    currency: str
    placed_at: datetime


class OrderPaidData(msgspec.Struct, frozen=True):
    """The order, and the quote that the buyer paid: its lines say what to send."""

    order: OrderNotice
    quote: Quote


class OrderPaid(msgspec.Struct, frozen=True):
    """The whole message; `timestamp` is when the order was placed, not when the message was sent."""

    type: str
    timestamp: datetime
    data: OrderPaidData


def order_paid(order: Order, checkout: Checkout) -> bytes:
    """The JSON of `order.paid` for an order and the checkout that became it."""
    assert order.id == checkout.id, "an order has the id of its checkout"
    told = OrderNotice(order.id, order.drop_id, order.buyer, order.amount, order.currency, order.placed_at)
    return _encode(OrderPaid(ORDER_PAID, order.placed_at, OrderPaidData(told, checkout.quote)))
