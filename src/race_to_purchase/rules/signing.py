"""Signing keys that rotate, and what all signed tokens have in common: one spelling, few reasons to be refused."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from functools import lru_cache

import msgspec

KEY_BYTES_MIN = 32

_KEYS_MAX = 256
"""Keys that are kept set up."""


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
    """HMAC-SHA256. To set up a key costs more than a message does, so each is set up once and then copied."""
    keyed = _keyed(key).copy()
    keyed.update(message)
    return keyed.digest()


@lru_cache(maxsize=_KEYS_MAX)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


def spelled(raw: bytes) -> str:
    """The bytes as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unspelled(token: str, characters_max: int, what: str) -> bytes:
    """The bytes of a token; WrongToken unless it is spelled as we would, and no longer than `characters_max`."""
    if len(token) > characters_max or not token.isascii():
        raise WrongToken(what, "malformed")
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except NotBase64:
        raise WrongToken(what, "malformed") from None
    # Decoding is lenient about characters and spare bits: only the one spelling that we would write is ours.
    if spelled(raw) != token:
        raise WrongToken(what, "malformed")
    return raw
