"""The log: one line an event, for people on a terminal and as JSON otherwise, with the ids of what it is about.

What happens is told by events, for which `sink` is the sink. Ids only: a line never holds an e-mail address, a payment
method or a secret. What else is logged may quote what somebody sent, so it is looked through (`redact`).

Lines of events are made and written together, at most a tenth of a second later: a line by itself cost a purchase as
much as all its metrics. Whatever else is logged comes after them and takes them along, and so do a warning, an error
and the end of the process.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime
from time import time
from typing import Any, TextIO

import msgspec
from msgspec.structs import asdict

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.catalogue import all_events
from race_to_purchase.observe.events.feed import Sink
from race_to_purchase.observe.redact import redacted
from race_to_purchase.observe.request import Cause

_encode = msgspec.json.Encoder().encode
_IDS = ("drop", "checkout", "order", "request")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
LOGGER = "race.event"

WITHIN_S = 0.1
TOGETHER = 256
"""So long, and so many, lines of events wait to be written."""


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, ids, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of something that is no event."""
        fields = _ids(record)
        if record.exc_info:
            fields["traceback"] = redacted(self.formatException(record.exc_info))
        message = redacted(record.getMessage())
        return self.line(record.created, record.levelname.lower(), record.name, message, fields)

    def line(self, at: float, level: str, logger: str, message: str, fields: dict[str, Any]) -> str:
        """A line with these fields."""
        moment = datetime.fromtimestamp(at, UTC)
        return _encode({"at": moment, "level": level, "logger": logger, "message": message, **fields}).decode()


class HumanLines(logging.Formatter):
    """Time, level where it is not info, what happened, and the ids behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of something that is no event."""
        message = redacted(record.getMessage())
        text = self.line(record.created, record.levelname.lower(), record.name, message, _ids(record))
        return f"{text}\n{redacted(self.formatException(record.exc_info))}" if record.exc_info else text

    def line(self, at: float, level: str, logger: str, message: str, fields: dict[str, Any]) -> str:
        """A line with these fields; which logger it is of is no news for people."""
        moment = datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        level = "" if level == "info" else f"{level}: "
        ids = "".join(f"  {name}={value}" for name, value in fields.items())
        return f"{moment}  {level}{message}{ids}"


class Lines(logging.StreamHandler[TextIO]):
    """Writes the log to a stream, in the order in which things happened. May be told by several threads."""

    def __init__(self, stream: TextIO, form: JsonLines | HumanLines) -> None:
        super().__init__(stream)
        self._waiting: list[tuple[float, Event]] = []
        self._form = form
        self.setFormatter(form)

    def tell(self, event: Event) -> None:
        """The sink of the events that are lines: they are written soon, and at once from a warning upwards."""
        at, waiting = time(), self._waiting
        waiting.append((at, event))
        if type(event) in _URGENT or len(waiting) >= TOGETHER or at - waiting[0][0] > WITHIN_S:
            self.flush()
        elif len(waiting) == 1:
            self._flush_soon()

    def emit(self, record: logging.LogRecord) -> None:
        """Write something that is no event."""
        self.flush()
        super().emit(record)

    def flush(self) -> None:
        """Write what waits. Also called by `logging` as the process ends."""
        self.acquire()
        try:
            number = len(self._waiting)
            told = self._waiting[:number]
            del self._waiting[:number]
            if told:
                self.stream.write("".join([f"{self._line(at, event)}\n" for at, event in told]))
            super().flush()
        finally:
            self.release()

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(WITHIN_S, self.flush)
        except RuntimeError:  # Nobody would come back to it.
            self.flush()

    def _line(self, at: float, event: Event) -> str:
        told = event.log
        assert told is not None, "told of those of `logged` alone"
        fields = asdict(event)
        cause: Cause = fields.pop("cause")
        if cause.request:
            fields["request"] = cause.request
        if cause.traceparent:
            fields["trace"] = cause.traceparent[3:35]
        return self._form.line(at, told.level, LOGGER, told.words, fields)


def _ids(record: logging.LogRecord) -> dict[str, Any]:
    """The ids that came with the line."""
    about = record.__dict__
    return {name: about[name] for name in _IDS if about.get(name)}


def set_up(form: str, level: str) -> None:
    """Send the log to standard error; `form` is auto, human or json."""
    human = sys.stderr.isatty() if form == "auto" else form == "human"
    root = logging.getLogger()
    root.handlers[:] = [Lines(sys.stderr, HumanLines() if human else JsonLines())]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("WARNING")
    logging.getLogger("asyncio").setLevel("WARNING")
    # Its pool tells with a traceback, again and again, that the database is gone; our own lines say it in a sentence.
    logging.getLogger("asyncpg").setLevel("ERROR")


def logged(level: str) -> list[type[Event]]:
    """The events that are lines of a log of that level."""
    least = LEVELS[level]
    return [event for event in all_events() if event.log is not None and LEVELS[event.log.level] >= least]


def sink() -> Sink | None:
    """What writes events to the log that was set up; None where none was."""
    return next((handler.tell for handler in logging.getLogger().handlers if isinstance(handler, Lines)), None)


_URGENT = frozenset(logged("warning"))
