"""Admit: who may come as far as a reservation. A drop with a door asks for a pass; all others are open to everybody.

The edge has looked whether the pass is one of ours, for this drop and this browser. That it is used once, and in time,
is decided with the reservation, by the database's clock.
"""

from __future__ import annotations

from race_to_purchase.path.known import Entrance, Known
from race_to_purchase.rules.line.commands import Admitted
from race_to_purchase.rules.outcomes import PassRefused, Unknown


async def admit(known: Known, drop_id: str, admitted: Admitted | None) -> Entrance | Unknown | PassRefused:
    """The way into the drop that the buyer may enter. A drop that does not exist never reaches the committer."""
    entrance = await known.entrance(drop_id)
    if entrance is None:
        return Unknown("drop", drop_id)
    return PassRefused("pass_required") if entrance.door and admitted is None else entrance
