"""How a door says what it wants, as problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from race_to_purchase.edge.challenge.proof import Challenge
from race_to_purchase.edge.challenge.score import Tier
from race_to_purchase.edge.challenge.wanted import Way
from race_to_purchase.rules.answers import Answer, problem


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would be accepted: any one of the `ways`.

    `challenge` is for a proof of work, `site_keys` are for the widgets of third parties, by name.
    """

    tier: Tier
    ways: tuple[Way, ...]
    challenge: Challenge | None = None
    site_keys: Mapping[str, str] | None = None

    def members(self) -> dict[str, Any]:
        """As members of a problem."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


def required(offer: Offer) -> Answer:
    """Nothing was shown, or not enough for what was noticed."""
    detail = "Solve the challenge, or ask for a code by e-mail, and send the request again with the answer."
    return problem(403, "challenge_required", "Challenge required", detail, **offer.members())


def failed(reason: str, offer: Offer) -> Answer:
    """What was shown is not accepted; a new challenge comes along."""
    if reason == "expired":
        detail = "The challenge has expired; here is a new one."
        return problem(403, "challenge_expired", "Challenge expired", detail, **offer.members())
    detail = "This is not the answer to a challenge for this drop and buyer; here is a new challenge."
    return problem(403, "challenge_failed", "Challenge failed", detail, **offer.members())


def refused() -> Answer:
    """Nothing would be accepted. Why is for the operator: whoever forges need not learn what to do better."""
    detail = "This request was refused. If you are a person, reload the page in an ordinary browser and try again."
    return problem(403, "refused_by_guard", "Refused", detail)


def no_codes() -> Answer:
    """No mail server is configured."""
    detail = "Codes by e-mail are not set up here; solve the challenge instead."
    return problem(409, "no_email_codes", "No codes by e-mail", detail)
