"""What is told of a database that is gone: a reason that an operator can read."""

import asyncpg
import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.store.failures import failure


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError(), "TimeoutError"),
        (asyncpg.InterfaceError("connection is closed"), "connection is closed"),
        (
            asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
            "the connection was lost in the middle of an operation",
        ),
        (
            asyncpg.PostgresError.new({"C": "53100", "M": "could not extend file", "H": "Check free disk space."}),
            "could not extend file HINT: Check free disk space.",
        ),
    ],
)
def test_a_lost_connection_is_told_in_the_words_of_whoever_operates(error: Exception, reason: str) -> None:
    found = failure(error)
    assert isinstance(found, DatabaseUnavailable)
    assert found.facts["reason"] == reason
