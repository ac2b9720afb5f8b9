"""Payments and disputes of a simulation as their gateways have them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from race_to_purchase.ports import PaymentRequest

State = Literal["open", "authorized", "action_required", "declined", "captured", "voided", "refused"]


class Payment(msgspec.Struct):
    """A payment as its gateway has it; amounts in minor units, times in seconds of the world."""

    ref: str
    gateway: str
    request: PaymentRequest
    created_at: datetime
    state: State = "open"
    authorized: int = 0
    captured: int = 0
    refunds: dict[str, int] = {}
    decline_code: str = ""
    acts_at_s: float = 0.0
    """When the buyer has done what the gateway wants of them first."""
    lapses_at_s: float = 0.0
    checkout_id: str = ""
    """The checkout that it was made for."""

    def __post_init__(self) -> None:
        self.checkout_id = self.request.reference.partition("/")[0]

    @property
    def refunded(self) -> int:
        """What went back."""
        return sum(self.refunds.values())


class Objection(msgspec.Struct):
    """A dispute as its gateway has it: what a buyer objects to at their bank. `status` is the gateway's word."""

    id: str
    payment: Payment
    amount: int
    status: str
    fee: int = 0
    evidence: bool = False
