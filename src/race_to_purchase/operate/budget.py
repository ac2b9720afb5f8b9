"""What is done where a drop's budget burns: its line is slowed or paused, as an operator would, with the cause noted.

Only the process that leads the line acts, so that several do not slow it one after the other. A drop without a line has
no rate to lower: its budget is told, and people decide.
"""

from __future__ import annotations

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.slo import BudgetStepTaken
from race_to_purchase.observe.slo.burn import Burning
from race_to_purchase.observe.slo.objectives import Step
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.ports import LineSeen
from race_to_purchase.rules.line.commands import SteerLine
from race_to_purchase.rules.outcomes import Steered


class BudgetSaver:
    """See the module; `leader` is the name under which this process leads lines."""

    def __init__(self, lines: LineDesk, leader: str) -> None:
        self._lines = lines
        self._leader = leader

    async def act(self, drop: str, step: Step, burning: Burning) -> bool:
        """Take the step; whether it changed anything. DatabaseUnavailable, Overloaded."""
        seen = await self._lines.seen(drop)
        if seen is None or seen.line.leader != self._leader or seen.line.paused_at is not None:
            return False
        outcome = await self._lines.steer(_command(seen, step, burning))
        if isinstance(outcome, Steered):
            emit(BudgetStepTaken(drop, step.do, burning.rate, burning.bad))
        return isinstance(outcome, Steered)


def _command(seen: LineSeen, step: Step, burning: Burning) -> SteerLine:
    cause = f"budget: {burning.bad} of {burning.total} bad in {burning.window_s:g} s, {burning.rate:.1f} times too fast"
    if step.do == "pause":
        return SteerLine(seen.row.id, cause, paused=True)
    door = seen.row.definition.door
    assert door is not None
    return SteerLine(seen.row.id, cause, rate_per_s=(seen.line.rate_per_s or door.rate_per_s) * step.factor)
