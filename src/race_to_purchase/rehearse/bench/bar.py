"""How far the benchmark is: a bar on a terminal that moves with the time, a line a measurement everywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

TICK_S = 0.2


class Bar:
    """A context in which measurements are shown; `total_s` is how long all of them are meant to take."""

    def __init__(self, console: Console, total_s: float) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description:<42}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("of about"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total_s)
        self._at_s = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @asynccontextmanager
    async def step(self, what: str, meant_s: float) -> AsyncIterator[None]:
        """Show `what` while it is measured; the bar is `meant_s` further afterwards, however long it took."""
        if not self._console.is_terminal:
            self._console.print(f"  {what} …", markup=False)
        self._progress.update(self._task, description=what)
        moving = asyncio.create_task(self._move(meant_s))
        try:
            yield
        finally:
            moving.cancel()
            self._at_s += meant_s
            self._progress.update(self._task, completed=self._at_s)

    async def _move(self, meant_s: float) -> None:
        for tick in range(1, int(meant_s / TICK_S)):
            await asyncio.sleep(TICK_S)
            self._progress.update(self._task, completed=self._at_s + tick * TICK_S)
