"""The words of events: a field of this name means this, in every event, log line, span and label.

A field that may be a label of a metric is of a closed set: a Literal, a truth value, or text that is `bounded`, of
which so many values are told apart and the rest counted as "other". Ids of requests, buyers, checkouts and orders,
keys and addresses can therefore never become labels.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec


def bounded(most: int) -> dict[str, Any]:
    """For text that may be a label: at most so many of its values become series of their own."""
    return {"bounded": most}


DropId = Annotated[str, msgspec.Meta(description="Id of the drop.", extra=bounded(50))]
CheckoutId = Annotated[str, msgspec.Meta(description="Id of the checkout, which is its reservation's, too.")]
OrderId = Annotated[str, msgspec.Meta(description="Id of the order; the same as its checkout's.")]
AttemptNumber = Annotated[int, msgspec.Meta(description="Number of the payment attempt within its checkout, from 1.")]
GatewayName = Annotated[str, msgspec.Meta(description="Name of the payment gateway.", extra=bounded(10))]
KeyAtGateway = Annotated[str, msgspec.Meta(description="Idempotency key of the attempt at its gateway.")]
Amount = Annotated[int, msgspec.Meta(description="Amount of money in minor units of its currency.")]
Currency = Annotated[str, msgspec.Meta(description="ISO 4217 code of the currency.", extra=bounded(10))]
Pieces = Annotated[int, msgspec.Meta(description="Number of pieces.")]
TookSeconds = Annotated[float, msgspec.Meta(description="How long it took, in seconds.")]
Code = Annotated[str, msgspec.Meta(description="The other side's own code for why.", extra=bounded(40))]
TaskKind = Literal["resolve", "capture", "void", "deliver", "refund"]
Route = Annotated[
    str, msgspec.Meta(description="Short name of path and method, as in the table of limits.", extra=bounded(60))
]
