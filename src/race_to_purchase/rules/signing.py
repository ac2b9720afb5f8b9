"""Signing keys that rotate, and what all signed tokens have in common: one spelling, few reasons to be refused."""

from __future__ import annotations

from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

KEY_BYTES_MIN = 32

_KEYS_MAX = 256
"""Keys that are kept set up."""
_BLOCK_BYTES = 64
_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


class WrongToken(ValueError):
    """{what} is not one of ours: {reason}."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"the {what} is not one of ours: {reason}")
        self.reason = reason
        """`malformed`, `unknown_key`, `forged`, or what else that kind of token can be: what is counted, and all that
        anybody learns."""


class Keyring(msgspec.Struct, frozen=True):
    """Signing keys by number (0 to 255), each of at least 32 bytes; `current` signs, all verify.

    A key is rotated by adding the next one, and taken away once nothing is valid any more that it signed.
    """

    keys: Mapping[int, bytes]
    current: int

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError(f"there is no signing key {self.current}")
        for number, key in self.keys.items():
            if not 0 <= number <= 255 or len(key) < KEY_BYTES_MIN:
                raise ValueError(f"signing key {number}: numbers are 0 to 255, and keys have 32 bytes at least")


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256. To set up a key costs more than a message does, so each is set up once and then copied.

    The standard library's own can be copied, too, and takes two and a half times as long for it.
    """
    inner, outer = _keyed(key)
    within, around = inner.copy(), outer.copy()
    within.update(message)
    around.update(within.digest())
    made: bytes = around.digest()
    return made


@lru_cache(maxsize=_KEYS_MAX)
def _keyed(key: bytes) -> tuple[Any, Any]:
    """The two hashes of RFC 2104, which have taken in their padded key."""
    padded = (key if len(key) <= _BLOCK_BYTES else sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
    return inner, outer


def spelled(raw: bytes) -> str:
    """The bytes as base64url without padding."""
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_URL).decode()


def unspelled(token: str, characters_max: int, what: str) -> bytes:
    """The bytes of a token; WrongToken unless it is spelled as we would, and no longer than `characters_max`."""
    if len(token) > characters_max or not token.isascii():
        raise WrongToken(what, "malformed")
    try:
        raw = a2b_base64(token.encode().translate(_FROM_URL) + b"==")
    except NotBase64:
        raise WrongToken(what, "malformed") from None
    # Decoding is lenient about characters, padding and spare bits: only the one spelling that we would write is ours.
    if spelled(raw) != token:
        raise WrongToken(what, "malformed")
    return raw
