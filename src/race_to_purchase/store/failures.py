"""What PostgreSQL's errors mean here: run the batch again, one command is wrong, or the database is gone."""

from __future__ import annotations

import asyncpg

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.ports import Conflict, Rejected

_AGAIN = ("40", "55P03", "23505", "25P03")
"""Serialization and deadlock, lock not available, a row inserted meanwhile, our own time-out of an idle transaction."""

_WRONG = ("22", "23")
_GONE = ("08", "53", "57", "25006", "XX", "58")


def failure(error: BaseException) -> Exception | None:
    """The port's word for `error`; None where it is a bug and should be seen as it is.

    A lost connection says nothing about a COMMIT that was under way: DatabaseUnavailable leaves that open, and every
    command may be run again with the same ids.
    """
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state.startswith(_AGAIN):
            return Conflict(str(error))
        if state.startswith(_WRONG):
            return Rejected(str(error))
        if state.startswith(_GONE):
            return DatabaseUnavailable(reason=" ".join(str(error).split()))  # Detail and hint are lines of their own.
        return None
    if isinstance(error, asyncpg.InternalClientError):  # What the driver says of it is about its own states.
        return DatabaseUnavailable(reason="the connection was lost in the middle of an operation")
    if isinstance(error, asyncpg.InterfaceError | OSError | TimeoutError):
        said = getattr(error, "strerror", None) or str(error)
        return DatabaseUnavailable(reason=said or type(error).__name__)
    return None
