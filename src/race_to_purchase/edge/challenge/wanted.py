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


class Wrong(msgspec.Struct, frozen=True):
    """`reason` is one of `WRONG`."""

    reason: str


WRONG: dict[str, str] = {
    "malformed": "It is no answer to any kind of challenge.",
    "forged": "It was not made here, or was changed.",
    "unsolved": "The number is not the one that was asked for.",
    "expired": "It was for a challenge that has expired.",
    "other_drop": "It was for another drop.",
    "other_purpose": "It was for another purpose.",
    "other_holder": "It was for another buyer.",
    "code_wrong": "The code is not the one that was sent.",
    "code_guessed": "Too many codes were tried.",
    "third_party": "The third party did not confirm it.",
}
