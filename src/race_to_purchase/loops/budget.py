"""Watch the budgets of the drops on sale, and act before one is gone: slow the line, pause it, and say why.

Nothing is done for a burn that has too few bad events behind it, nor soon after a step, which has to take effect first.
What is done is the operator's own action, recorded with its cause, and undone like any other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from race_to_purchase.observe.slo.burn import Burning
from race_to_purchase.observe.slo.drops import DropBurns
from race_to_purchase.observe.slo.objectives import DropBudget, Step

Act = Callable[[str, Step, Burning], Awaitable[bool]]
"""Takes the step in the drop; whether it changed anything. A drop without a line has nothing to slow."""


class WatchBudgets:
    """One look at a tick."""

    name = "budget"

    def __init__(
        self,
        policy: DropBudget,
        burns: DropBurns,
        length_s: Callable[[str], Awaitable[float | None]],
        act: Act,
        tell: Callable[[str, Burning], None],
        now_s: Callable[[], float],
    ) -> None:
        self._policy = policy
        self._burns = burns
        self._length_s = length_s
        self._act = act
        self._tell = tell
        self._now_s = now_s
        self._acted: dict[str, tuple[float, float]] = {}
        """By drop: when a step was taken last, and the burn that it answers."""

    async def tick(self) -> bool:
        """Tell how fast each budget burns, and take the steps that this asks for."""
        for drop in list(self._burns.unknown()):
            self._burns.tell_length(drop, await self._length_s(drop))
        for drop, burning in list(self._burns.burning(self._now_s())):
            self._tell(drop, burning)
            step = self._wanted(drop, burning)
            if step is not None:
                self._acted[drop] = (self._now_s(), step.burn)
                await self._act(drop, step, burning)
        return False

    def _wanted(self, drop: str, burning: Burning) -> Step | None:
        """The step to take now: a stronger one than the last at once, the same again after a rest."""
        step = self._policy.step(burning.rate)
        if step is None or burning.bad < self._policy.bad_min:
            return None
        taken_s, taken_burn = self._acted.get(drop, (0.0, 0.0))
        rested = self._now_s() - taken_s >= self._policy.rest_s
        return step if step.burn > taken_burn or rested else None
