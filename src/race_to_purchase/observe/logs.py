"""The log: one line an event, for people on a terminal and as JSON otherwise, with the ids of what it is about.

What happens is told by events, of which `write` is a sink. Ids only: a line never holds an e-mail address, a payment
method or a secret.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.catalogue import all_events
from race_to_purchase.observe.request import Cause

_encode = msgspec.json.Encoder().encode
_IDS = ("drop", "checkout", "order", "request")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
events = logging.getLogger("race.event")


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, ids, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _fields(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encode(line).decode()


class HumanLines(logging.Formatter):
    """Time, level where it is not info, what happened, and the ids behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        ids = "".join(f"  {name}={value}" for name, value in _fields(record).items())
        text = f"{at}  {level}{record.getMessage()}{ids}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What the line is about: the fields of an event, or the ids that came with other lines."""
    about = record.__dict__
    return about["fields"] if "fields" in about else {name: about[name] for name in _IDS if about.get(name)}


def set_up(form: str, level: str) -> None:
    """Send the log to standard error; `form` is auto, human or json."""
    human = sys.stderr.isatty() if form == "auto" else form == "human"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(HumanLines() if human else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("WARNING")
    logging.getLogger("asyncio").setLevel("WARNING")
    # Its pool tells with a traceback, again and again, that the database is gone; our own lines say it in a sentence.
    logging.getLogger("asyncpg").setLevel("ERROR")


def logged(level: str) -> list[type[Event]]:
    """The events that are lines of a log of that level."""
    least = LEVELS[level]
    return [event for event in all_events() if event.log is not None and LEVELS[event.log.level] >= least]


def caused(cause: Cause) -> dict[str, str]:
    """The ids of who asked for what happened."""
    ids = {"request": cause.request, "trace": cause.traceparent[3:35]}
    return {name: value for name, value in ids.items() if value}


def write(event: Event) -> None:
    """The sink of the events that are lines of the log: the words, and its fields."""
    told = type(event).log
    assert told is not None, "registered for those of `logged` alone"
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "cause"}
    fields |= caused(event.cause)
    events.log(LEVELS[told.level], told.words, extra={"fields": fields})
