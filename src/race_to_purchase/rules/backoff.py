"""When a message that was not accepted is tried again: soon at first, then ever more rarely, for some three days."""

from __future__ import annotations

import hashlib

_MINUTE_S = 60.0
_HOUR_S = 60 * _MINUTE_S

RETRY_AFTER_S: tuple[float, ...] = (
    5.0,
    30.0,
    2 * _MINUTE_S,
    10 * _MINUTE_S,
    30 * _MINUTE_S,
    2 * _HOUR_S,
    5 * _HOUR_S,
    10 * _HOUR_S,
    12 * _HOUR_S,
    16 * _HOUR_S,
    24 * _HOUR_S,
)
"""Seconds to wait after the first failure, the second, and so on: a restart is over in a minute, a bad release in an
hour, a weekend in three days. Each is at least a fifth longer than the one before, so that with its jitter, too, no
wait is shorter than the one before."""

JITTER = 0.2
"""The largest part of a wait that is added to it, so that what failed together does not come back together."""


def retry_delay_s(tries: int, message_id: str) -> float | None:
    """Seconds until the next try, after `tries` that failed, the last one included (0 counts as 1).

    None when there is to be no other. The jitter follows from `message_id` and `tries` alone: every process that asks
    gets the same answer.
    """
    number = max(tries, 1) - 1
    if number >= len(RETRY_AFTER_S):
        return None
    return RETRY_AFTER_S[number] * (1 + JITTER * _fraction(f"{number} {message_id}"))


def _fraction(text: str) -> float:
    """A number from 0 up to, not including, 1, spread evenly over all texts."""
    digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48
