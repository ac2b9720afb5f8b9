"""An operator's session at the console: the value of the cookie that stands for their admin key for a while.

It travels as base64url of `version ‖ key number ‖ session id ‖ began at ‖ renewed at ‖ holder ‖ tag`. The `holder` is
made of the digest of their key, and says nothing about it: a key that is taken away ends its sessions at once, and what
its holder may do is looked up at each request.
"""

from __future__ import annotations

import hmac
import struct

import msgspec

from race_to_purchase.rules.signing import Keyring, WrongToken, mac, spelled, unspelled

VERSION = 1
TAG_BYTES = 16
LONGEST_S = 12 * 3600
"""A session ends then however much it is used: a shift has an end."""

_HEAD = struct.Struct(">BB16sQQ16s")
_BYTES = _HEAD.size + TAG_BYTES
_CHARACTERS = _BYTES * 4 // 3 + 2


class OperatorSession(msgspec.Struct, frozen=True):
    """Times in seconds since 1970."""

    id: bytes
    began_s: int
    renewed_s: int
    holder: bytes

    def ends_s(self, idle_s: int) -> int:
        """When it ends, if it is not renewed before."""
        return min(self.renewed_s + idle_s, self.began_s + LONGEST_S)


def holder_of(key: bytes, digest: bytes) -> bytes:
    """What stands for an admin key of that digest under the signing key `key`."""
    return _tag(key, b"race console holder", digest)


def sign_operator(keys: Keyring, session: OperatorSession) -> str:
    """The cookie's value."""
    head = _HEAD.pack(VERSION, keys.current, session.id, session.began_s, session.renewed_s, session.holder)
    return spelled(head + _tag(keys.keys[keys.current], b"race console", head))


def read_operator(keys: Keyring, token: str, now_s: float, idle_s: int) -> OperatorSession:
    """The session of a cookie's value; WrongToken, also where it is over (`expired`)."""
    raw = unspelled(token, _CHARACTERS, "session")
    if len(raw) != _BYTES:
        raise WrongToken("session", "malformed")
    head, tag = raw[: _HEAD.size], raw[_HEAD.size :]
    version, number, id_, began_s, renewed_s, holder = _HEAD.unpack(head)
    key = keys.keys.get(number)
    if version != VERSION or key is None:
        raise WrongToken("session", "unknown_key")
    if not hmac.compare_digest(tag, _tag(key, b"race console", head)):
        raise WrongToken("session", "forged")
    session = OperatorSession(id_, began_s, renewed_s, holder)
    if now_s > session.ends_s(idle_s):
        raise WrongToken("session", "expired")
    return session


def operator_csrf(keys: Keyring, session: OperatorSession) -> str:
    """What our page sends with whatever it changes, and no other page can know."""
    return spelled(_tag(keys.keys[keys.current], b"race console csrf", session.id))


def is_operator_csrf(keys: Keyring, session: OperatorSession, given: str) -> bool:
    """Whether it is that of this session, by whichever key."""
    sent = given.encode("latin-1", "replace")
    return any(
        hmac.compare_digest(sent, spelled(_tag(key, b"race console csrf", session.id)).encode())
        for key in keys.keys.values()
    )


def _tag(key: bytes, label: bytes, message: bytes) -> bytes:
    return mac(key, label + b"\n" + message)[:TAG_BYTES]
