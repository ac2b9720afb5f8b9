"""What bots try at a door, each as well as it can be done: the table that the scorecard answers, row by row."""

from __future__ import annotations

from random import Random
from typing import Literal

import msgspec

Strategy = Literal[
    "patient", "solver", "flood_one_network", "flood_many_networks", "many_identities", "ticket_sharing", "replay"
]


class Trying(msgspec.Struct, frozen=True):
    """How one strategy plays: how often it is met among bots, and how many places one bot tries to get."""

    words: str
    weight: float
    tries: int = 1


STRATEGIES: dict[Strategy, Trying] = {
    "patient": Trying("waits like a person, in a browser's clothes", 0.27),
    "solver": Trying("first in, solves at native speed, asks without pause", 0.23),
    "flood_one_network": Trying("session after session from one network", 0.16, 8),
    "flood_many_networks": Trying("a new network for each session", 0.04, 4),
    "many_identities": Trying("several accounts that the shop believes", 0.04, 3),
    "ticket_sharing": Trying("one ticket, four browsers at once", 0.13),
    "replay": Trying("shows proofs, tickets and passes again", 0.13),
}

SHARED_BY = 4
"""Browsers of whoever shares a ticket."""

RACK = "203.0.113.7"
"""The network of all who flood from one."""

SHARED_NETWORKS = 12
SHARES_NETWORK = 0.15
"""Some people are behind one address with many others, as providers' translation has it."""


def strategy(chance: Random) -> Strategy:
    """One bot's."""
    names = tuple(STRATEGIES)
    return chance.choices(names, [STRATEGIES[name].weight for name in names])[0]


def network_of_person(chance: Random) -> str:
    """The address behind which somebody is: mostly their own."""
    if chance.random() < SHARES_NETWORK:
        return f"100.64.0.{chance.randrange(SHARED_NETWORKS) + 1}"
    return _somewhere(chance)


def network_of_bot(chance: Random, how: Strategy) -> str:
    """The address of a bot, or of its next session where it has many."""
    return RACK if how == "flood_one_network" else _somewhere(chance)


def _somewhere(chance: Random) -> str:
    return f"{chance.randrange(11, 100)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
