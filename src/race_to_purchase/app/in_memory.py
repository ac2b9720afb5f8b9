"""The store in memory, for the simulation."""

from __future__ import annotations

from race_to_purchase.store.memory.findings import MemoryFindings
from race_to_purchase.store.memory.inbox import MemoryInbox
from race_to_purchase.store.memory.store import MemoryStore, Rows

__all__ = ["MemoryFindings", "MemoryInbox", "MemoryStore", "Rows"]
