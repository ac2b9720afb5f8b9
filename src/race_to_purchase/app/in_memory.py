"""The store in memory, for the simulation."""

from __future__ import annotations

from race_to_purchase.store.memory import MemoryStore, Rows
from race_to_purchase.store.memory_findings import MemoryFindings
from race_to_purchase.store.memory_inbox import MemoryInbox

__all__ = ["MemoryFindings", "MemoryInbox", "MemoryStore", "Rows"]
