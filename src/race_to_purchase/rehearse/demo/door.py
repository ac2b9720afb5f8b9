"""The door of a demo: a sale of hours in some seconds, and how the server is set up for it.

Everybody's computing shares this machine's cores, so that a proof of work has a twenty-fifth of its usual numbers; all
else is as in a sale. The limits by network are what an operator would set who expects bots: several dozen people behind
one address come through, a rack of scripts does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from race_to_purchase.rehearse.crowd.plan import Line
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.line.door import Door

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # The crowd's own requests come by a proxy that tells whom they are from: the crowd itself.
        "RACE_TRUSTED_PROXIES": "127.0.0.1/32",
        "RACE_LIMITS": "session.network=40/60, join.network=100/60",
        "RACE_CHALLENGE_NUMBERS": "2000",
        "RACE_CHALLENGE_NUMBERS_HARDER": "10000",
    }
)

REGISTRATION_SHARE = 1.5
"""How long one can register, by the time in which people arrive. They come in a burst, and a machine that serves slowly
must not make most of them late: behind the draw it is first come, first served, and there the fast win."""

DRAW_S = 1.5
"""From the end of registration to the opening: the list is published and the draw is made."""

SOLD_IN_S = 4.0
"""How soon everything would be sold if all places were called at the door's rate from the beginning."""

PASS_S = 6
"""How long a pass is good for; a demo's reservation lasts about as long."""


def registration_s(arrival_s: float) -> float:
    """From the opening of the registration to the opening of the sale."""
    return arrival_s * REGISTRATION_SHARE + DRAW_S


def door(opens_at_s: float, arrival_s: float, stock: int) -> Door:
    """The door of a drop that opens at `opens_at_s`."""
    closes_at_s = opens_at_s - DRAW_S
    return Door(
        registration_opens_at=datetime.fromtimestamp(closes_at_s - arrival_s * REGISTRATION_SHARE, UTC),
        registration_closes_at=datetime.fromtimestamp(closes_at_s, UTC),
        rate_per_s=max(2.0, stock / SOLD_IN_S),
        passes_outstanding_max=max(10, stock),
        pass_seconds=PASS_S,
    )


def line_of(definition: Drop) -> Line | None:
    """What the crowd knows of the door."""
    if definition.door is None:
        return None
    zero_s = definition.opens_at.timestamp()
    return Line(
        definition.door.registration_opens_at.timestamp() - zero_s,
        definition.door.registration_closes_at.timestamp() - zero_s,
    )
