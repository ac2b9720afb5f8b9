"""Seal the journal in blocks that hang together by their hashes, a moment behind the sale.

The chain has one head, so it is not moved by the transactions that sell: they would wait for each other. Every process
runs this loop; one of them seals at a time.
"""

from __future__ import annotations

from race_to_purchase.ports import Ledger

ENTRIES = 10_000
"""In one block, when there are as many: some tenths of a second of the database's time."""


class Seal:
    """Makes one block at a tick."""

    name = "seal"

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def tick(self) -> bool:
        """Seal what is over; whether there may be more."""
        return await self._ledger.seal(ENTRIES) >= ENTRIES
