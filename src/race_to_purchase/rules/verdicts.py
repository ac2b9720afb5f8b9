"""What a gateway said, or that it said nothing: the only vocabulary between gateways and rules.

An adapter translates its gateway's words into one of these and never raises for them. `NoAnswer` means that the
effect may or may not have happened; `NotSent` that it provably has not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Advice = Literal["retry_later", "other_gateway", "other_card", "fix_data", "stop"]
"""What may help after a decline: the same card in a while; the same card at another gateway, since this one never put
it before the bank; another card; its data typed right; or nothing, and this card must not be tried again anywhere."""


class Prepared(msgspec.Struct, frozen=True, tag=True):
    """The payment exists as `ref`, and nothing is authorized yet, nor will be before it is asked for."""

    ref: str


class Authorized(msgspec.Struct, frozen=True, tag=True):
    """Funds are reserved under `ref`, for `amount` minor units, until `capture_before` where the gateway says."""

    ref: str
    amount: int
    capture_before: datetime | None = None


class Declined(msgspec.Struct, frozen=True, tag=True):
    """Refused for good by this gateway under this key; `retryable` says that another card or gateway may do.

    `advice` is more exact, where the gateway says enough for that.
    """

    code: str
    retryable: bool
    advice: Advice | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether the same card may be tried at another gateway without asking the buyer."""
        return self.retryable and self.advice in (None, "other_gateway")

    @property
    def same_method(self) -> bool:
        """Whether the buyer may have success with the same payment method."""
        return self.retryable and self.advice != "other_card"


class ActionRequired(msgspec.Struct, frozen=True, tag=True):
    """The buyer has to do something first, such as 3-D Secure at `url`."""

    ref: str
    url: str


class Captured(msgspec.Struct, frozen=True, tag=True):
    """The authorized `amount` was taken."""

    ref: str
    amount: int


class CaptureRefused(msgspec.Struct, frozen=True, tag=True):
    """The gateway will never capture this: the authorization expired, was voided, or was refused."""

    code: str


class Voided(msgspec.Struct, frozen=True, tag=True):
    """The authorization is gone; nothing was or will be taken."""

    ref: str


class Refunded(msgspec.Struct, frozen=True, tag=True):
    """`amount` minor units went back to the buyer."""

    ref: str
    amount: int


class RefundPending(msgspec.Struct, frozen=True, tag=True):
    """The gateway has the refund `ref` and will carry it out; ask again."""

    ref: str


class RefundFailed(msgspec.Struct, frozen=True, tag=True):
    """The refund `ref` was made, and the money came back: the buyer has not got it."""

    ref: str
    code: str


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing was authorized under this key, and nothing will be unless it is sent again."""


class NoAnswer(msgspec.Struct, frozen=True, tag=True):
    """A time-out, a broken connection or a server error after sending: the effect is unknown."""

    reason: str


class NotSent(msgspec.Struct, frozen=True, tag=True):
    """The request provably did not leave, or (`limited`) the gateway's limiter refused it before it did anything."""

    reason: str
    retry_after_s: float = 1.0
    limited: bool = False


Verdict = (
    Prepared
    | Authorized
    | Declined
    | ActionRequired
    | Captured
    | CaptureRefused
    | Voided
    | Refunded
    | RefundPending
    | RefundFailed
    | Absent
    | NoAnswer
    | NotSent
)
