"""The budgets of the drops that are on sale now: good and bad counted by drop, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from race_to_purchase.observe.slo.burn import Burning, BurnWindow
from race_to_purchase.observe.slo.objectives import DropBudget

DROPS_MAX = 50
"""So many are watched at once; a further one takes the place of that which was silent longest."""


class DropBurns:
    """One window a drop, as long as `DropBudget` says for the drop's own length."""

    def __init__(self, policy: DropBudget, budget: float, length_s: Callable[[str], float | None]) -> None:
        """`budget` is the share that may be bad; `length_s` tells how long a drop lasts, None where it has no end."""
        self._policy = policy
        self._budget = budget
        self._length_s = length_s
        self._windows: dict[str, BurnWindow] = {}

    def count(self, drop: str, at_s: float, *, good: bool) -> None:
        """One more event of `drop`."""
        window = self._windows.pop(drop, None)
        if window is None:
            if len(self._windows) >= DROPS_MAX:
                del self._windows[next(iter(self._windows))]
            window = BurnWindow(self._policy.window_s(self._length_s(drop)), self._budget)
        self._windows[drop] = window  # The latest stands last.
        window.count(at_s, good=good)

    def burning(self, at_s: float) -> Iterator[tuple[str, Burning]]:
        """Every drop that was counted, with what its window shows now."""
        for drop, window in self._windows.items():
            yield drop, window.burning(at_s)
