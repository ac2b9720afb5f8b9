"""The committer: the only way state changes. It sends each command to the combiner of its partition, the drop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from race_to_purchase.commit.combiner import Combiner, Observer
from race_to_purchase.commit.waiting import Alive, Lanes, Waiting
from race_to_purchase.errors import Overloaded, TryAgainLater
from race_to_purchase.observe.committed import Committed
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.commit import CommandRefused
from race_to_purchase.ports import Store
from race_to_purchase.rules.commands import Command
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Outcome

Policy = Literal["combine", "optimistic"]
"""`combine` decides under row locks. `optimistic` reads without and writes on versions, until it meets a conflict."""


def _nobody(_batch: Sequence[Committed]) -> None:
    return None


class Committer:
    """`submit` a command, get its outcome once it is committed. One combiner a partition and process."""

    def __init__(
        self,
        store: Store,
        *,
        policy: Policy = "optimistic",
        batch_max: int = 256,
        waiting_max: int = 4096,
        observe: Observer = _nobody,
    ) -> None:
        assert batch_max > 0 and waiting_max > 0
        self._store = store
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._optimistic = policy == "optimistic"
        self._observe = observe
        self._combiners: dict[str, Combiner] = {}
        self._stopping = False

    async def submit(self, command: Command, key: KeyUse | None = None, alive: Alive | None = None) -> Outcome:
        """Decide and commit `command`; its outcome is durable when this returns.

        `alive` says whether the caller still waits: if not, the command may be dropped before it is decided, and
        asyncio.CancelledError is raised. Raises Overloaded or DatabaseUnavailable for commands that are not urgent;
        after the latter it is unknown whether the command was carried out, and it may be sent again unchanged.
        """
        waiting = Waiting(command, key, alive, asyncio.get_running_loop().create_future())
        if self._stopping and not waiting.urgent:
            raise Overloaded
        combiner = self._combiners.get(command.drop_id)
        if combiner is None:
            combiner = self._combiners[command.drop_id] = self._combiner()
        try:
            combiner.put(waiting)
        except TryAgainLater as error:
            emit(CommandRefused(command.drop_id, "room" if isinstance(error, Overloaded) else "database"))
            raise
        return await waiting.future

    def _combiner(self) -> Combiner:
        return Combiner(
            self._store,
            Lanes(self._waiting_max),
            batch_max=self._batch_max,
            optimistic=self._optimistic,
            observe=self._observe,
        )

    @property
    def waiting(self) -> int:
        """Commands that wait to be decided."""
        return sum(combiner.waiting for combiner in self._combiners.values())

    async def stop(self, grace_s: float) -> None:
        """Take no more patient commands; finish what is queued within `grace_s`, then let go of the rest."""
        self._stopping = True
        combiners = list(self._combiners.values())
        try:
            async with asyncio.timeout(grace_s):
                await asyncio.gather(*(combiner.drain() for combiner in combiners))
        except TimeoutError:
            for combiner in combiners:
                combiner.cancel()
