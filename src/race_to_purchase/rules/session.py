"""A buyer's session: the value of the cookie by which a browser is known, signed, and read without a look-up.

It travels as base64url of `version ‖ key number ‖ kind ‖ session id ‖ issued at ‖ customer ‖ tag`. A guest's session
names nobody; a customer's names the buyer that the shop said they are. The session id stays the same when a guest
signs in, so that what was reserved or claimed in this browser before is still theirs.
"""

from __future__ import annotations

import hmac
import struct
from typing import Literal

import msgspec

from race_to_purchase.rules.signing import Keyring, WrongToken, mac, spelled, unspelled

VERSION = 1
SESSION_ID_BYTES = 16
TAG_BYTES = 16
CUSTOMER_BYTES_MAX = 128
GUEST = "guest:"
"""What the buyer id of every guest begins with, and that of no customer."""

_HEAD = struct.Struct(">BBB16sQ")
_KIND_GUEST, _KIND_CUSTOMER = 1, 2
_CHARACTERS_MAX = (_HEAD.size + CUSTOMER_BYTES_MAX + TAG_BYTES) * 4 // 3 + 1


class Session(msgspec.Struct, frozen=True):
    """`issued_at_s` (seconds since 1970): for a guest when they were last here, for a customer when they signed in."""

    id: bytes
    issued_at_s: int
    customer: str | None = None

    @property
    def kind(self) -> Literal["guest", "customer"]:
        """Whether the shop has said who it is."""
        return "guest" if self.customer is None else "customer"

    @property
    def guest(self) -> str:
        """The buyer that this browser is while nobody has signed in."""
        return GUEST + self.id.hex()

    @property
    def buyer(self) -> str:
        """The buyer that this browser is."""
        return self.guest if self.customer is None else self.customer


def sign_session(keys: Keyring, session: Session) -> str:
    """The cookie's value."""
    kind = _KIND_GUEST if session.customer is None else _KIND_CUSTOMER
    head = _HEAD.pack(VERSION, keys.current, kind, session.id, session.issued_at_s)
    fields = head + (session.customer or "").encode("ascii")
    return spelled(fields + _digest(keys.keys[keys.current], b"race session", fields))


def read_session(keys: Keyring, token: str) -> Session:
    """The session of a cookie's value, however old it is; WrongToken where it is not one of ours."""
    raw = unspelled(token, _CHARACTERS_MAX, "session")
    if not 0 <= len(raw) - _HEAD.size - TAG_BYTES <= CUSTOMER_BYTES_MAX:
        raise WrongToken("session", "malformed")
    fields, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    version, number, kind, id_, issued_at_s = _HEAD.unpack_from(fields)
    customer = fields[_HEAD.size :]
    if version != VERSION or kind != (_KIND_CUSTOMER if customer else _KIND_GUEST):
        raise WrongToken("session", "malformed")
    key = keys.keys.get(number)
    if key is None:
        raise WrongToken("session", "unknown_key")
    if not hmac.compare_digest(tag, _digest(key, b"race session", fields)):
        raise WrongToken("session", "forged")
    return Session(id_, issued_at_s, customer.decode("ascii") or None)


def require_lasting(session: Session, now_s: float, lifetime_s: float) -> None:
    """WrongToken (`expired`) where it was issued more than `lifetime_s` ago."""
    if now_s - session.issued_at_s > lifetime_s:
        raise WrongToken("session", "expired")


def csrfs_of(keys: Keyring, session_id: bytes) -> tuple[bytes, ...]:
    """What a page of ours sends with whatever it changes, and a page of somebody else's cannot know.

    One by each key, the current one's first: one that has been rotated out of signing still counts.
    """
    ordered = (keys.keys[keys.current], *(key for number, key in keys.keys.items() if number != keys.current))
    return tuple(spelled(_digest(key, b"race csrf", session_id)).encode() for key in ordered)


def is_csrf(csrfs: tuple[bytes, ...], given: bytes) -> bool:
    """Whether it is one of these; how long it takes says nothing about them."""
    return any([hmac.compare_digest(given, one) for one in csrfs])


def _digest(key: bytes, label: bytes, message: bytes) -> bytes:
    """HMAC-SHA256, its first half; no label is the beginning of another with what follows it."""
    return mac(key, label + b"\n" + message)[:TAG_BYTES]
