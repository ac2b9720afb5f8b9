"""Solving what the door asks: ALTCHA's proof of work, as fast as this machine can."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import msgspec


class Challenge(msgspec.Struct, frozen=True):
    """Find the number from 0 to `maxnumber` for which SHA-256 of `salt` and the number is `challenge`."""

    algorithm: str
    challenge: str
    salt: str
    signature: str
    maxnumber: int


def solve(asked: Challenge) -> str:
    """The answer as ALTCHA's widget sends it. ValueError where there is none."""
    begun, wanted = sha256(asked.salt.encode()), bytes.fromhex(asked.challenge)
    for number in range(asked.maxnumber + 1):
        tried = begun.copy()
        tried.update(b"%d" % number)
        if tried.digest() == wanted:
            return _spelled(asked, number)
    raise ValueError(f"no number up to {asked.maxnumber} solves {asked.challenge}")


def _spelled(asked: Challenge, number: int) -> str:
    said = {
        "algorithm": asked.algorithm,
        "challenge": asked.challenge,
        "number": number,
        "salt": asked.salt,
        "signature": asked.signature,
    }
    return b64encode(msgspec.json.encode(said)).decode()
