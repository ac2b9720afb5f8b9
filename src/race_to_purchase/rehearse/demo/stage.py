"""Where the sale is shown while it runs: a live picture on a terminal, a line a second everywhere else."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live

from race_to_purchase.rehearse.live import Scene, line, picture

LINE_EVERY_S = 1.0


class Stage:
    """A context in which scenes are shown. The picture is gone afterwards; lines stay."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._next_line_s = float("-inf")

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, scene: Scene, *, at_once: bool = False) -> None:
        """Show it; as a line only if the last one is a second old, or it is told to be shown `at_once`."""
        if self._live is not None:
            self._live.update(picture(scene, self._console.height), refresh=True)
        elif at_once or scene.at_s >= self._next_line_s:
            self._console.print(line(scene), markup=False, soft_wrap=True)
            self._next_line_s = scene.at_s + LINE_EVERY_S
