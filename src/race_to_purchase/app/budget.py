"""The budgets of the drops on sale, wired: events are counted as they happen, and a loop looks each second."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from race_to_purchase.loops.budget import WatchBudgets
from race_to_purchase.loops.loop import Loop
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.slo import BudgetWatched
from race_to_purchase.observe.slo.burn import Burning
from race_to_purchase.observe.slo.drops import DropBurns
from race_to_purchase.observe.slo.good import judged
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.budget import BudgetSaver
from race_to_purchase.operate.slofile import read_slo_file
from race_to_purchase.ports import Reads
from race_to_purchase.settings import Settings

LOOK_EVERY_S = 1.0


def objectives(settings: Settings) -> Slo:
    """The objectives of RACE_SLO, or the usual ones. UnreadableSloFile, WrongSloFile."""
    return read_slo_file(Path(settings.slo)) if settings.slo else Slo()


class Budgets:
    """What one process knows of the budgets; itself a sink of events."""

    def __init__(self, slo: Slo, reads: Reads, saver: BudgetSaver) -> None:
        self._burns = DropBurns(slo.drop, slo.objectives.checkout_success.budget)
        self._reads = reads
        watch = WatchBudgets(slo.drop, self._burns, self._length_s, saver.act, _tell, time.monotonic)
        self.loop = Loop(watch, LOOK_EVERY_S)

    def __call__(self, event: Any) -> None:
        """Count an event, if it is good or bad."""
        good = judged(event)
        if good is not None:
            self._burns.count(event.drop, time.monotonic(), good=good)

    async def _length_s(self, drop: str) -> float | None:
        """How long the drop lasts; None where it has no end."""
        row = await self._reads.drop(drop)
        if row is None or row.definition.closes_at is None:
            return None
        return (row.definition.closes_at - row.definition.opens_at).total_seconds()


def _tell(drop: str, burning: Burning) -> None:
    emit(BudgetWatched(drop, burning.rate, burning.bad, burning.total))
