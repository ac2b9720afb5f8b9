"""The budgets of the drops that are on sale now: good and bad counted by drop, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from race_to_purchase.observe.slo.burn import Burning, BurnWindow
from race_to_purchase.observe.slo.objectives import DropBudget

DROPS_MAX = 50
"""So many are watched at once; a further one takes the place of that which was silent longest."""


class DropBurns:
    """One window a drop, as long as `DropBudget` says for the drop's own length once that is known."""

    def __init__(self, policy: DropBudget, budget: float) -> None:
        """`budget` is the share of events that may be bad."""
        self._policy = policy
        self._budget = budget
        self._windows: dict[str, BurnWindow] = {}
        self._unknown: set[str] = set()

    def count(self, drop: str, at_s: float, *, good: bool) -> None:
        """One more event of `drop`."""
        window = self._windows.pop(drop, None)
        if window is None:
            if len(self._windows) >= DROPS_MAX:
                del self._windows[next(iter(self._windows))]
            window = BurnWindow(self._policy.window_s(None), self._budget)
            self._unknown.add(drop)
        self._windows[drop] = window  # The latest stands last.
        window.count(at_s, good=good)

    def unknown(self) -> Iterator[str]:
        """Drops whose length has not been told."""
        return iter(sorted(self._unknown))

    def tell_length(self, drop: str, length_s: float | None) -> None:
        """Count from now on in the window of a drop of that length; what was counted before is forgotten."""
        self._unknown.discard(drop)
        window_s = self._policy.window_s(length_s)
        window = self._windows.get(drop)
        if window is not None and window.window_s != window_s:
            self._windows[drop] = BurnWindow(window_s, self._budget)

    def burning(self, at_s: float) -> Iterator[tuple[str, Burning]]:
        """Every drop that was counted, with what its window shows now."""
        for drop, window in self._windows.items():
            yield drop, window.burning(at_s)
