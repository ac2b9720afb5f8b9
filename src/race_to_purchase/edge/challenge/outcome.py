"""What became of a request at a door: passed, or told what to show."""

from __future__ import annotations

import msgspec

from race_to_purchase.edge.challenge.score import Tier
from race_to_purchase.rules.answers import Answer


class Passed(msgspec.Struct, frozen=True):
    """`id` stands for what was shown: the same each time that it is shown, so a ticket made from it is the same, too.

    `tier` is what it counts for, and `reasons` are the signs that were noticed.
    """

    id: str
    tier: Tier
    reasons: tuple[str, ...] = ()


class Demanded(msgspec.Struct, frozen=True):
    """`problem` is what to answer: it holds the challenge, or says that there is none."""

    problem: Answer
    tier: Tier
    reasons: tuple[str, ...] = ()
