"""Where the rows of a sale live, for the one writer."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from race_to_purchase.rules.snapshot import Keys, Snapshot


class Conflict(Exception):
    """Somebody else changed what was read, or a row was inserted meanwhile: read and decide again."""


class Rejected(Exception):
    """The database refused a value or a constraint: one command of the batch is wrong, and would be again."""


class Session(Protocol):
    """One batch. Leaving the session without `apply` writes nothing."""

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        """The rows of `keys`; with `lock`, none of them changes before `apply`. Attempts come with checkouts."""
        ...

    def prepare(self, snapshot: Snapshot) -> None:
        """Do ahead what `apply` needs no database for, where it has to wait; nothing may be put into it afterwards."""
        ...

    async def apply(self, snapshot: Snapshot) -> None:
        """Write and commit what was put into `snapshot`, all or nothing, durably.

        Pools that are not locked and keep their capacity are moved by differences, on top of what others did to them.

        Raises Conflict (also where a version is not the one that was read, or an unlocked pool has too little left),
        Rejected, or DatabaseUnavailable; after the last it is unknown whether the batch was committed, and running it
        again with the same ids is safe.
        """
        ...


class Store(Protocol):
    """Where rows live, for the one writer."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """A batch of its own; raises DatabaseUnavailable where no connection can be had."""
        ...
