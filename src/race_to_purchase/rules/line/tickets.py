"""Tickets and passes: what a buyer holds in the line, signed, and verified without a look-up.

A ticket is one place in the line of one drop. Its `tid` is made from a verified identity, so that every device, tab
and reload of one person has the same place, or from the challenge that an unknown visitor has solved, so that a proof
that is shown twice is one ticket. A pass lets the holder of one ticket buy, for a short time, in one browser.

Both travel as base64url of `version ‖ key id ‖ kind ‖ fields ‖ tag`; the tag is the first half of HMAC-SHA256 over a
label, the drop and everything before it, each with its length, so that no two meanings have the same bytes.
"""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping

import msgspec

VERSION = 1
TID_BYTES = 16
TAG_BYTES = 16
TOKEN_LENGTH_MAX = 128
"""Characters; whatever is longer is refused unread."""

_TICKET = struct.Struct(">BBB16sQQ")
_PASS = struct.Struct(">BBB16s16s16sQ")
_KIND_TICKET, _KIND_PASS = 1, 2
_NO_SEQUENCE = 2**64 - 1


class WrongToken(ValueError):
    """{what} is not one of ours: {reason}."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"the {what} is not one of ours: {reason}")
        self.reason = reason
        """`malformed`, `unknown_key` or `forged`: what is counted, and all that anybody learns."""


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
            if not 0 <= number <= 255 or len(key) < 32:
                raise ValueError(f"signing key {number}: numbers are 0 to 255, and keys have 32 bytes at least")


class Ticket(msgspec.Struct, frozen=True):
    """A place in the line: `late` is the place among those who came after the draw, None for those who are in it."""

    tid: bytes
    issued_at_s: int
    late: int | None = None


class Pass(msgspec.Struct, frozen=True):
    """The right to buy until `expires_at_s` (seconds since 1970), once, in the browser that `browser` stands for."""

    tid: bytes
    nonce: bytes
    browser: bytes
    expires_at_s: int


def tid_of_identity(key: bytes, drop: str, identity: str) -> bytes:
    """The one ticket id of a verified identity in one drop; `key` must stay the same for as long as the drop lasts."""
    return _digest(key, "tid of identity", drop.encode(), identity.encode())[:TID_BYTES]


def tid_of_challenge(key: bytes, drop: str, challenge: str) -> bytes:
    """The one ticket id of a solved challenge in one drop."""
    return _digest(key, "tid of challenge", drop.encode(), challenge.encode())[:TID_BYTES]


def sign_ticket(keys: Keyring, drop: str, ticket: Ticket) -> str:
    """The token of a ticket."""
    late = _NO_SEQUENCE if ticket.late is None else ticket.late
    fields = _TICKET.pack(VERSION, keys.current, _KIND_TICKET, ticket.tid, ticket.issued_at_s, late)
    return _signed(keys, drop, fields)


def read_ticket(keys: Keyring, drop: str, token: str) -> Ticket:
    """The ticket of a token, if it was signed for this drop; WrongToken otherwise."""
    _, _, _, tid, issued_at_s, late = _TICKET.unpack(_verified(keys, drop, token, _KIND_TICKET, _TICKET, "ticket"))
    return Ticket(tid, issued_at_s, None if late == _NO_SEQUENCE else late)


def sign_pass(keys: Keyring, drop: str, admitted: Pass) -> str:
    """The token of a pass."""
    fields = _PASS.pack(
        VERSION, keys.current, _KIND_PASS, admitted.tid, admitted.nonce, admitted.browser, admitted.expires_at_s
    )
    return _signed(keys, drop, fields)


def read_pass(keys: Keyring, drop: str, token: str) -> Pass:
    """The pass of a token, if it was signed for this drop; WrongToken otherwise. Whether it is used up is not here."""
    _, _, _, tid, nonce, browser, expires = _PASS.unpack(_verified(keys, drop, token, _KIND_PASS, _PASS, "pass"))
    return Pass(tid, nonce, browser, expires)


def browser_of(secret: str) -> bytes:
    """What stands in a pass for the browser that holds `secret` in a cookie."""
    return _digest(b"race browser", "browser", secret.encode())[:16]


def _signed(keys: Keyring, drop: str, fields: bytes) -> str:
    tag = _tag(keys.keys[keys.current], drop, fields)
    return urlsafe_b64encode(fields + tag).rstrip(b"=").decode()


def _verified(keys: Keyring, drop: str, token: str, kind: int, form: struct.Struct, what: str) -> bytes:
    if len(token) > TOKEN_LENGTH_MAX or not token.isascii():
        raise WrongToken(what, "malformed")
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except NotBase64:
        raise WrongToken(what, "malformed") from None
    # Decoding is lenient about characters and spare bits: only the one spelling that we would write is ours.
    if len(raw) != form.size + TAG_BYTES or urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise WrongToken(what, "malformed")
    fields, tag = raw[: form.size], raw[form.size :]
    if fields[0] != VERSION or fields[2] != kind:
        raise WrongToken(what, "malformed")
    key = keys.keys.get(fields[1])
    if key is None:
        raise WrongToken(what, "unknown_key")
    if not hmac.compare_digest(tag, _tag(key, drop, fields)):
        raise WrongToken(what, "forged")
    return fields


def _tag(key: bytes, drop: str, fields: bytes) -> bytes:
    return _digest(key, "token", drop.encode(), fields)[:TAG_BYTES]


def _digest(key: bytes, label: str, *parts: bytes) -> bytes:
    """HMAC-SHA256 over the label and the parts, each after its length in four bytes."""
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (b"race line " + label.encode(), *parts))
    return hmac.digest(key, message, "sha256")
