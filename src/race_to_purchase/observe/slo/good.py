"""Which events are good and which are bad for the budget of a drop; all others are outcomes, or not about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from race_to_purchase.observe.events.commit import CommandRefused
from race_to_purchase.observe.events.event import Event
from race_to_purchase.observe.events.money import CaptureFailed
from race_to_purchase.observe.events.path import CheckoutEnded, CheckoutReserved, OrderPlaced, PaymentWaits

_JUDGED: dict[type[Event], Callable[[Any], bool | None]] = {
    CheckoutReserved: lambda _: True,
    OrderPlaced: lambda _: True,
    CommandRefused: lambda _: False,
    CaptureFailed: lambda _: False,
    CheckoutEnded: lambda ended: False if (ended.step, ended.checkout_end) == ("paying", "expired") else None,
    PaymentWaits: lambda waits: False if waits.wait == "unknown" else None,
}
JUDGED = tuple(_JUDGED)
"""The events that may count."""


def judged(event: Event) -> bool | None:
    """True for a good one, False for a bad one, None where it is neither."""
    return _JUDGED[type(event)](event)
