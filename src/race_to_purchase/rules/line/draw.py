"""The draw: places by lot among those who registered, in a way that nobody can bend and everybody can check.

Before registration the shop publishes `commitment(secret)`. When registration closes it publishes how many tickets
there are and their `root`, before the value of a public beacon is known. Then `seed(secret, beacon)` gives each ticket
its `place`: neither a ticket nor a secret can be chosen after the fact. Without a beacon the shop itself could have
tried secrets before it committed to one; that is the weaker promise, and has to be said aloud.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

SECRET_BYTES = 32

_SEED = b"seed"
_LEAF, _NODE = b"\x00", b"\x01"


def commitment(secret: bytes) -> bytes:
    """SHA-256 of the secret: published with the drop, long before the draw."""
    return sha256(secret).digest()


def seed(secret: bytes, beacon: bytes) -> bytes:
    """SHA-256 of the word `seed`, secret and beacon; an empty beacon is the draw without one.

    But for the word, the seed of a draw without a beacon would be its commitment: every place public from the start.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"the secret of a draw has {SECRET_BYTES} bytes")
    return sha256(_SEED + secret + beacon).digest()


def place(seed: bytes, tid: bytes, registered: int) -> int:
    """Where a ticket stands, from 0 to `registered` - 1: `⌊u × registered⌋` with `u = HMAC(seed, tid) ÷ 2⁶⁴`.

    Two tickets may share a place, as two coins may both show heads; places are uniform and independent all the same,
    and no list is needed to know one's own.
    """
    lot = int.from_bytes(hmac.digest(seed, tid, "sha256")[:8], "big")
    return lot * registered >> 64


def late_place(registered: int, sequence: int) -> int:
    """Where the `sequence`-th of those who came after the draw stands, from 0: behind all of it, first come first."""
    return registered + sequence


def root(tids: Sequence[bytes]) -> bytes:
    """Merkle tree hash of the tickets in the order of registration (RFC 9162, section 2.1.1)."""
    level = [sha256(_LEAF + tid).digest() for tid in tids]
    if not level:
        return sha256().digest()
    while len(level) > 1:
        paired = [sha256(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        # An odd one moves up as it is, which gives the same tree as splitting at the largest power of two.
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]
