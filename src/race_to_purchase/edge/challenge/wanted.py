"""What a challenge is asked for, and what an answer to one is worth: values that all ways of answering share."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import msgspec

from race_to_purchase.edge.challenge.score import Tier

Purpose = Literal["line", "reserve"]
Way = Literal["proof_of_work", "email_code", "turnstile", "hcaptcha"]


class Wanted(msgspec.Struct, frozen=True):
    """What a challenge is for; `holder` is whoever asks, as their buyer id, and stands in no challenge as such."""

    drop: str
    purpose: Purpose
    holder: str

    def digest(self) -> str:
        """What of the holder stands in a challenge; it differs from drop to drop."""
        return blake2b(f"{self.drop}\n{self.holder}".encode("utf-8", "replace"), digest_size=8).hexdigest()


class Solved(msgspec.Struct, frozen=True):
    """`id` is the challenge's own, the same however often its solution is sent; `tier` is what it counts for."""

    id: str
    tier: Tier
    way: Way


Reason = Literal[
    "malformed",
    "forged",
    "unsolved",
    "expired",
    "other_drop",
    "other_purpose",
    "other_holder",
    "code_wrong",
    "code_guessed",
    "third_party",
]


class Wrong(msgspec.Struct, frozen=True):
    """Why an answer is worth nothing.

    `malformed`: it answers no kind of challenge. `forged`: it was not made here, or was changed. `unsolved`: the number
    is not the one asked for. `expired`, and `other_drop`, `other_purpose`, `other_holder`: it was for something else.
    `code_wrong` and, after too many of those, `code_guessed`. `third_party`: they do not confirm it.
    """

    reason: Reason
