"""How much a process takes on at once. Past it a request is refused before anything is done for it.

A queue that grows only makes everybody wait longer, and then time out together. What begins something is refused
first; what goes on with something (a payment, a cancellation, a look at one's own order) has room up to twice as many,
since somebody holds stock meanwhile. Health checks are always answered: a busy process is not a dead one.
"""

from __future__ import annotations

from random import uniform

from race_to_purchase.edge.problems import Refused, unavailable
from race_to_purchase.errors import Overloaded

BEGINNING = frozenset({"drop", "session", "challenge", "code", "join", "pass", "plain", "reserve", "rum"})
"""Names of what begins something, as in `routes`, and of what can be missed."""

ALWAYS = frozenset({"healthz", "readyz"})

COME_BACK_S = (1.0, 4.0)
"""Spread, so that those who were refused together do not come back together."""


class Load:
    """The requests of this process that have begun and not ended; `most` of them at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.in_flight = 0

    def has_room(self, route: str) -> bool:
        """Whether this one, which is counted already, may go on."""
        if self.in_flight <= self._most or route in ALWAYS:
            return True
        return route not in BEGINNING and self.in_flight <= 2 * self._most


def overloaded() -> Refused:
    """There is no room."""
    return Refused(unavailable(Overloaded(retry_after_s=uniform(*COME_BACK_S))))
