"""How long each part of a batch takes, for those who watch."""

from __future__ import annotations

from time import monotonic


class Laps:
    """Times since the one before, in seconds: `took` has them in their order."""

    __slots__ = ("_at_s", "began_s", "took")

    def __init__(self) -> None:
        self.began_s = self._at_s = monotonic()
        self.took: list[float] = []

    def lap(self) -> None:
        """Another part is done."""
        now_s = monotonic()
        self.took.append(now_s - self._at_s)
        self._at_s = now_s

    def rest(self) -> None:
        """What passed since the last part belongs to none."""
        self._at_s = monotonic()
