"""Codes by e-mail: the way for whoever cannot compute, and the one that several signs ask for.

Nothing is stored. The code is made from the token that its asker keeps, so any process can check it, and the token
says nothing about the code without the key. What it is for is signed as in a proof of work. Whoever passes by an
address has the id of that address: one address, one ticket, however often it is asked for.

An answer is `code.<token>.<digits>`; spaces and dashes between digits do not matter, people copy them along.
"""

from __future__ import annotations

import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import blake2b, sha256
from hmac import compare_digest
from hmac import digest as hmac_digest

import msgspec

from race_to_purchase.edge.challenge.score import STRONGER
from race_to_purchase.edge.challenge.wanted import Solved, Wanted, Wrong
from race_to_purchase.edge.guard.gcra import Rate
from race_to_purchase.edge.guard.sketch import Sketch

PREFIX = "code."
DIGITS = 8
TRIES_MAX = 5
"""Wrong digits per token and process; a hundred million codes make guessing hopeless even so."""

_FIELDS = struct.Struct(">B16sQ8s8s8s16s")
_TAG_BYTES = 16
_TEXT_LENGTH_MAX = 200
_VERSION = 1


class Issued(msgspec.Struct, frozen=True):
    """`token` is for whoever asked, `code` for the address alone; `expires_s` in seconds since 1970."""

    token: str
    code: str
    expires_s: int


class EmailCodes:
    """Makes tokens and codes, and checks them. `keys` as for proofs of work."""

    def __init__(self, keys: Sequence[bytes], *, seconds: int, now: Callable[[], float]) -> None:
        assert keys, "without a key nothing can be signed"
        self._keys = tuple(sha256(b"race e-mail code\n" + key).digest() for key in keys)
        self.seconds = seconds
        self._now = now
        self._tries = Sketch(Rate(TRIES_MAX, 2.0 * seconds), now, cell_bits=12)

    def issue(self, wanted: Wanted, address: str) -> Issued:
        """A new token, and the code that belongs to it."""
        expires_s = int(self._now()) + self.seconds
        fields = _FIELDS.pack(
            _VERSION,
            secrets.token_bytes(16),
            expires_s,
            _digest(wanted.drop),
            _digest(wanted.purpose),
            bytes.fromhex(wanted.digest()),
            _person(address),
        )
        raw = fields + hmac_digest(self._keys[0], fields, "sha256")[:_TAG_BYTES]
        return Issued(urlsafe_b64encode(raw).rstrip(b"=").decode(), _code(self._keys[0], raw), expires_s)

    def check(self, text: str, wanted: Wanted) -> Solved | Wrong:
        """What an answer is worth for what is wanted."""
        token, digits = _split(text)
        raw = _raw(token)
        if raw is None:
            return Wrong("malformed")
        key = self._key_of(raw)
        if key is None:
            return Wrong("forged")
        _, _, expires, drop, purpose, holder, person = _FIELDS.unpack(raw[: _FIELDS.size])
        if drop != _digest(wanted.drop):
            return Wrong("other_drop")
        if purpose != _digest(wanted.purpose):
            return Wrong("other_purpose")
        if holder != bytes.fromhex(wanted.digest()):
            return Wrong("other_holder")
        if self._now() >= expires:
            return Wrong("expired")
        if self._tries.look(token) is not None:
            return Wrong("code_guessed")
        if not compare_digest(_code(key, raw).encode(), digits.encode("utf-8", "replace")):
            self._tries.take(token)
            return Wrong("code_wrong")
        return Solved(f"mail {person.hex()}", STRONGER, "email_code")

    def _key_of(self, raw: bytes) -> bytes | None:
        fields, tag = raw[: _FIELDS.size], raw[_FIELDS.size :]
        for key in self._keys:
            if compare_digest(hmac_digest(key, fields, "sha256")[:_TAG_BYTES], tag):
                return key
        return None


def _code(key: bytes, raw: bytes) -> str:
    number = int.from_bytes(hmac_digest(key, b"code\n" + raw, "sha256")[:8], "big")
    return f"{number % 10**DIGITS:0{DIGITS}}"


def _person(address: str) -> bytes:
    """What stands for an address: the same for all ways to write it that surely mean the same, whatever key signs."""
    return blake2b(address.strip().lower().encode("utf-8", "replace"), digest_size=16, person=b"race address").digest()


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


def _split(text: str) -> tuple[str, str]:
    token, _, digits = text[:_TEXT_LENGTH_MAX].removeprefix(PREFIX).partition(".")
    return token, digits.translate(_BETWEEN)


_BETWEEN = {ord(" "): None, ord("-"): None}


def _raw(token: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    # Decoding is lenient about characters: only the one spelling that we would write is ours.
    if len(raw) != _FIELDS.size + _TAG_BYTES or urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        return None
    return raw
