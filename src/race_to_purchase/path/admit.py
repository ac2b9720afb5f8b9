"""Admit: who may come as far as a reservation. Every drop is open to all until it has a door of its own."""

from __future__ import annotations

from race_to_purchase.path.known import Known
from race_to_purchase.rules.drop import Flow
from race_to_purchase.rules.outcomes import Unknown


async def admit(known: Known, drop_id: str) -> Flow | Unknown:
    """The flow of the drop that the buyer may enter. A drop that does not exist never reaches the committer."""
    return await known.flow(drop_id) or Unknown("drop", drop_id)
