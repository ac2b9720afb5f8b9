"""Write down every few seconds what this process has counted, for the console and the report."""

from __future__ import annotations

import logging

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.observe.series import Recorder
from race_to_purchase.ports import SeriesStore

log = logging.getLogger("race.loops")


class Record:
    """Writes at a tick; what cannot be written is kept for the next one. `finish` writes before the process ends."""

    name = "record"

    def __init__(self, recorder: Recorder, series: SeriesStore, source: str) -> None:
        self._recorder = recorder
        self._series = series
        self._source = source

    async def tick(self) -> bool:
        """Write, if there is anything."""
        await self._flush()
        return False

    async def finish(self) -> None:
        """Write for the last time. Where the database is gone, what was counted since the last time is lost."""
        try:
            await self._flush()
        except DatabaseUnavailable as gone:
            log.warning("the counts of the last seconds could not be kept: %s", gone)

    async def _flush(self) -> None:
        at = await self._series.now()  # Asked first: whatever has been committed by then is counted.
        taken = self._recorder.take()
        if not taken:
            return
        try:
            await self._series.write(self._source, taken, at)
        except BaseException:
            self._recorder.put_back(taken)
            raise
