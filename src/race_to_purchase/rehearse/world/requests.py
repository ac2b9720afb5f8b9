"""What buyers of a simulation send to a process, over which connection, and that it may die before it answers."""

from __future__ import annotations

import msgspec

from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.rules.decide import KeyUse


class Gone(Exception):
    """The process died before it answered."""


class Request(msgspec.Struct, frozen=True):
    """What a buyer sends; `wish` is what to reserve, or the payment method."""

    route: str
    buyer: str
    checkout_id: str = ""
    wish: ReserveRequest | str = ""
    key: KeyUse | None = None


class Told(msgspec.Struct, frozen=True):
    """What of an answer's body decides what its buyer does: the checkout's id, or the code of a refusal."""

    id: str = ""
    code: str = ""
    retryable: bool = False


read = msgspec.json.Decoder(Told).decode
"""The rest of a body costs more to read than all else that a buyer does."""


class Line:
    """A buyer's connection."""

    def __init__(self) -> None:
        self.open = True

    def alive(self) -> bool:
        """Whether the buyer is still there."""
        return self.open
