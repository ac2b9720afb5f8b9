"""Where limits are remembered: a table of fixed size that forgets nothing which still counts.

A table with an entry a client has to throw something out when a flood of new clients fills it, and whoever can fill it
can throw out their own entry. Here every client has one cell in each of four rows, found by a hash with a secret of
this process. What counts for a client is the *smallest* of its four times (see `gcra`), and a request that is let
through raises only the cells that are below the new time: a count-min sketch with conservative update, over times
instead of counts.

- It is never lower than the client's own time, so nobody gets more than their rate, whatever others do.
- It is higher only where all four cells are shared with clients that are busy at this moment. Times pass by themselves,
  so nothing has to be cleaned up.
- A million clients take what one takes. docs/decisions says what that costs honest ones.
"""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Callable
from functools import cached_property

from race_to_purchase.edge.guard.gcra import Rate, Refusal, refusal, taken

ROWS = 4
CELL_BITS_MAX = 16
"""Four rows of so many bits each are cut from one 64-bit hash."""


class Sketch:
    """The memory of one rate: `8 bytes × 4 × 2**cell_bits`, a mebibyte by default, from when it is asked first."""

    def __init__(self, rate: Rate, now: Callable[[], float], cell_bits: int = 15) -> None:
        if not 1 <= cell_bits <= CELL_BITS_MAX:
            raise ValueError(f"cell_bits is 1 to {CELL_BITS_MAX}")
        self.rate = rate
        self._now = now
        self._mask = (1 << cell_bits) - 1
        self._secret = secrets.token_hex(16)

    @cached_property
    def _rows(self) -> tuple[array[float], ...]:
        """Made when somebody asks first: of fifty limits a shop that speaks for its buyers uses a few."""
        return tuple(array("d", bytes(8 * (self._mask + 1))) for _ in range(ROWS))

    def take(self, key: str, cost: int = 1) -> Refusal | None:
        """Let a request of `key` through, None, or not; what is refused costs nothing."""
        # A string's hash is SipHash, and the secret before it is not known: nobody can choose whom to collide with.
        mixed = hash(self._secret + key)
        mask = self._mask
        a, b, c, d = mixed & mask, mixed >> 16 & mask, mixed >> 32 & mask, mixed >> 48 & mask
        first, second, third, fourth = self._rows
        tat, now_s = min(first[a], second[b], third[c], fourth[d]), self._now()
        then = taken(tat, now_s, self.rate, cost)
        if then is None:
            return refusal(tat, now_s, self.rate, cost)
        # Not by `max`: its four calls took a quarter of the time of all this.
        if first[a] < then:
            first[a] = then
        if second[b] < then:
            second[b] = then
        if third[c] < then:
            third[c] = then
        if fourth[d] < then:
            fourth[d] = then
        return None

    def look(self, key: str, cost: int = 1) -> Refusal | None:
        """What `take` would say, without taking anything."""
        mixed = hash(self._secret + key)
        mask = self._mask
        first, second, third, fourth = self._rows
        tat = min(
            first[mixed & mask], second[mixed >> 16 & mask], third[mixed >> 32 & mask], fourth[mixed >> 48 & mask]
        )
        now_s = self._now()
        return refusal(tat, now_s, self.rate, cost) if taken(tat, now_s, self.rate, cost) is None else None
