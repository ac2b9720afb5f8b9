"""What stands in the way of a refund; see `outcomes`, which they belong to."""

from __future__ import annotations

import msgspec


class RefundTooLarge(msgspec.Struct, frozen=True):
    """Only `left` minor units of the order may still be refunded; 0: all of it was, or is being."""

    left: int


class NotCaptured(msgspec.Struct, frozen=True):
    """The order's money has not been taken yet."""

    order_id: str


class GatewayGone(msgspec.Struct, frozen=True):
    """The order was paid at a gateway that the engine knows no more."""

    order_id: str
    gateway: str


class Disputed(msgspec.Struct, frozen=True):
    """A dispute about the order is open: the bank decides whether the money goes back."""

    order_id: str


class RestockOfPart(msgspec.Struct, frozen=True):
    """Goods go back on sale only with the refund that gives back all that is `left`."""

    left: int
