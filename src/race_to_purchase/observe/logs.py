"""The log: one line an event, for people on a terminal and as JSON otherwise, with the ids of what it is about.

What the committer has committed is told by `committed`, once a batch and after its COMMIT. Ids only: a log line never
holds an e-mail address, a payment method or a key.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from race_to_purchase.rules import outcomes as o
from race_to_purchase.rules.commands import Command

_encode = msgspec.json.Encoder().encode
_IDS = ("drop", "checkout", "order", "request")
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
        line |= {name: record.__dict__[name] for name in _IDS if record.__dict__.get(name)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encode(line).decode()


class HumanLines(logging.Formatter):
    """Time, level where it is not info, what happened, and the ids behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        ids = "".join(f"  {name}={record.__dict__[name]}" for name in _IDS if record.__dict__.get(name))
        text = f"{at}  {level}{record.getMessage()}{ids}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


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


def committed(batch: Sequence[tuple[Command, o.Outcome, str]]) -> None:
    """Log what a committed batch came to: ends of purchases as info, the steps before them as debug."""
    for command, outcome, request in batch:
        match outcome:
            case o.Answered(end=end):
                _tell(logging.INFO, f"payment {end}", command, request, order=end == "paid")
            case o.DropStored(created=created):
                _tell(logging.INFO, "drop created" if created else "drop changed", command, request)
            case o.Done(what="capture_failed" | "undeliverable" as what):
                _tell(logging.WARNING, what, command, request, order=True)
            case o.Reserved(checkout=checkout):
                if events.isEnabledFor(logging.DEBUG):
                    _tell(logging.DEBUG, checkout.state, command, request)
            case o.Ignored():
                pass
            case _:
                if events.isEnabledFor(logging.DEBUG):
                    _tell(logging.DEBUG, type(outcome).__name__, command, request)


def _tell(level: int, what: str, command: Command, request: str, *, order: bool = False) -> None:
    checkout = getattr(command, "checkout_id", "")
    ids = {"drop": command.drop_id, "checkout": checkout, "order": checkout if order else "", "request": request}
    events.log(level, what, extra=ids)
