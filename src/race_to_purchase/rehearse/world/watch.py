"""What the engine logs while it is simulated: an error that the world did not make is a violation."""

from __future__ import annotations

import logging

from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.process import expected


class Watching(logging.Handler):
    """Errors that the engine logs and that the world did not make are violations."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world
        self._logger = logging.getLogger("race")
        self._before = (self._logger.level, self._logger.propagate, self._logger.handlers)
        self._logger.setLevel(logging.ERROR)
        self._logger.propagate = False
        self._logger.handlers = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        if record.exc_info and not expected(record.exc_info[1]):
            self._world.violated("unforeseen_error", "", f"{record.getMessage()}: {record.exc_info[1]!r}")

    def end(self) -> None:
        """Leave the loggers as they were."""
        level, self._logger.propagate, self._logger.handlers = self._before
        self._logger.setLevel(level)
