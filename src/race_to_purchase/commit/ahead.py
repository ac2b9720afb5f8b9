"""A batch that may bear another one: what is decided on top of it while it is being written, and what it tells those.

decide(snapshot) ──► the next batch is decided on top of it ──► end(written) ──► the next is written, or settled anew

Whoever is to be told of a batch is told once the next one is on its way, so that the database does not wait for that.
"""

from __future__ import annotations

import asyncio

from race_to_purchase.rules.snapshot import Snapshot


class Ahead:
    """See the module; only what is told first counts, since a batch that is decided again is another one."""

    __slots__ = ("bears_one", "decided", "snapshot", "task", "written")

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        """None until it is decided, and for good where nothing can be decided on top of it."""
        self.decided = asyncio.Event()
        self.written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """True once it is committed as it was decided, False once it is known that it will not be."""
        self.bears_one = False
        """Whether one has been decided on top of it, which waits to be written."""
        self.task: asyncio.Task[None]

    @property
    def bears(self) -> bool:
        """Whether another batch can be decided on top of it now."""
        return self.snapshot is not None and not self.written.done()

    def decide(self, snapshot: Snapshot) -> None:
        """It will write this, and what comes after may take it for written. It bears nothing where `snapshot` changes
        what a later one could not see."""
        if not self.decided.is_set():
            if not snapshot.rare:
                self.snapshot = snapshot
            self.decided.set()

    async def committed(self) -> None:
        """It is committed as it was decided; returns once the next one has been sent to the database."""
        self.end(written=True)
        if self.bears_one:
            await asyncio.sleep(0)  # The next one is woken in this turn of the loop,
            await asyncio.sleep(0)  # and what it writes leaves at the end of it.

    def end(self, *, written: bool) -> None:
        """It is committed as it was decided, or will not be."""
        self.decided.set()
        if not self.written.done():
            self.written.set_result(written)
