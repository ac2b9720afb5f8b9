"""Drops as merchants and buyers see them: make, change, close, look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import Reads
from race_to_purchase.rules.commands import CloseDrop, PutDrop
from race_to_purchase.rules.drop import Drop, shared_pools
from race_to_purchase.rules.line.commands import SealedSecret
from race_to_purchase.rules.outcomes import DropChanged, Outcome, Unknown
from race_to_purchase.rules.rows import DropRow, Pool


class DropState(msgspec.Struct, frozen=True):
    """A drop, its shared pools by id, and the database's time of looking."""

    row: DropRow
    pools: dict[str, Pool]
    now: datetime


Seal = Callable[[str], SealedSecret]
"""Makes the secret of a new drop's draw."""


class Catalogue:
    """The drops of this engine. Without `seal` it can make none with a door."""

    def __init__(self, committer: Committer, reads: Reads, seal: Seal | None = None) -> None:
        self._committer = committer
        self._reads = reads
        self._seal = seal

    async def put(self, definition: Drop, by: str = "", why: str = "", seen: int | None = None) -> Outcome:
        """Create or change, which is noted with who did it and why; StockBelowUse and FlowFixed say what cannot be
        changed any more, ChangedMeanwhile that the version is not that which was `seen`."""
        sealed = self._seal(definition.id) if self._seal is not None and definition.door is not None else None
        while True:
            pools = set(shared_pools(definition))
            existing = await self._reads.drop(definition.id)
            if existing is not None:
                pools |= set(shared_pools(existing.definition))
            shared = tuple(sorted(pools))
            command = PutDrop(definition.id, definition, shared, sealed, by=by, why=why, seen=seen)
            outcome = await self._committer.submit(command)
            # Each time round somebody else has changed it: that cannot go on for ever.
            if not isinstance(outcome, DropChanged):
                return outcome

    async def close(self, drop_id: str, by: str = "", why: str = "", seen: int | None = None) -> Outcome:
        """Let no new checkout begin; ChangedMeanwhile as with `put`."""
        if await self._reads.drop(drop_id) is None:
            return Unknown("drop", drop_id)
        return await self._committer.submit(CloseDrop(drop_id, by, why, seen))

    async def drop(self, drop_id: str) -> DropState | None:
        """One drop as it stands now."""
        row = await self._reads.drop(drop_id)
        if row is None:
            return None
        pools = await self._reads.shared_pools(drop_id)
        return DropState(row, {pool.id: pool for pool in pools}, await self._reads.now())

    async def all(self) -> Sequence[DropRow]:
        """Every drop, the newest opening first."""
        return await self._reads.drops()
