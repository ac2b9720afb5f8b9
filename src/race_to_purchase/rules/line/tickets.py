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
from functools import lru_cache

import msgspec

from race_to_purchase.rules.signing import Keyring, WrongToken, mac, spelled, unspelled

VERSION = 1
TID_BYTES = 16
TAG_BYTES = 16
TOKEN_LENGTH_MAX = 128
"""Characters; whatever is longer is refused unread."""

_TICKET = struct.Struct(">BBB16sQQ")
_PASS = struct.Struct(">BBB16s16s16sQ")
_GRANT = struct.Struct(">BBB16s16s16sQQ")
_KIND_TICKET, _KIND_PASS, _KIND_GRANTED, _KIND_GRANT = 1, 2, 3, 4
LANE_BYTES = 16
_NO_SEQUENCE = 2**64 - 1
_LENGTH = struct.Struct(">I").pack


class Ticket(msgspec.Struct, frozen=True):
    """A place in the line: `late` is the place among those who came after the draw, None for those who are in it.

    One that is `granted` stands in no line: it comes in by a lane of its own.
    """

    tid: bytes
    issued_at_s: int
    late: int | None = None
    granted: bool = False


class Grant(msgspec.Struct, frozen=True):
    """The right of `tid`, one verified identity, to come in by `lane` once, between two times (seconds since 1970)."""

    id: bytes
    tid: bytes
    lane: str
    valid_from_s: int
    valid_until_s: int


class Pass(msgspec.Struct, frozen=True):
    """The right to buy until `expires_at_s` (seconds since 1970), once, in the browser that `browser` stands for."""

    tid: bytes
    nonce: bytes
    browser: bytes
    expires_at_s: int


def tid_of_identity(key: bytes, drop: str, identity: str) -> bytes:
    """The one ticket id of a verified identity in one drop; `key` must stay the same for as long as the drop lasts."""
    return _digest(key, _opening("tid of identity", drop), identity.encode())[:TID_BYTES]


def tid_of_challenge(key: bytes, drop: str, challenge: str) -> bytes:
    """The one ticket id of a solved challenge in one drop."""
    return _digest(key, _opening("tid of challenge", drop), challenge.encode())[:TID_BYTES]


def secret_of_draw(key: bytes, drop: str, salt: bytes) -> bytes:
    """The 32 bytes that a draw commits to: nowhere stored before it, and not to be had from the salt alone."""
    return _digest(key, _opening("secret of draw", drop), salt)


def sign_ticket(keys: Keyring, drop: str, ticket: Ticket) -> str:
    """The token of a ticket."""
    late = _NO_SEQUENCE if ticket.late is None else ticket.late
    kind = _KIND_GRANTED if ticket.granted else _KIND_TICKET
    fields = _TICKET.pack(VERSION, keys.current, kind, ticket.tid, ticket.issued_at_s, late)
    return _signed(keys, drop, fields)


def read_ticket(keys: Keyring, drop: str, token: str) -> Ticket:
    """The ticket of a token, if it was signed for this drop; WrongToken otherwise."""
    fields = _verified(keys, drop, token, (_KIND_TICKET, _KIND_GRANTED), _TICKET, "ticket")
    _, _, kind, tid, issued_at_s, late = _TICKET.unpack(fields)
    return Ticket(tid, issued_at_s, None if late == _NO_SEQUENCE else late, kind == _KIND_GRANTED)


def sign_grant(keys: Keyring, drop: str, grant: Grant) -> str:
    """The token of a grant; its lane has ASCII characters, LANE_BYTES of them at most."""
    lane = grant.lane.encode("ascii").ljust(LANE_BYTES, b"\0")
    assert len(lane) == LANE_BYTES
    return _signed(
        keys,
        drop,
        _GRANT.pack(
            VERSION, keys.current, _KIND_GRANT, grant.id, grant.tid, lane, grant.valid_from_s, grant.valid_until_s
        ),
    )


def read_grant(keys: Keyring, drop: str, token: str) -> Grant:
    """The grant of a token, if it was signed for this drop; WrongToken otherwise. Whether it is used up is not here."""
    _, _, _, id_, tid, lane, since, until = _GRANT.unpack(_verified(keys, drop, token, (_KIND_GRANT,), _GRANT, "grant"))
    return Grant(id_, tid, lane.rstrip(b"\0").decode("ascii"), since, until)


def sign_pass(keys: Keyring, drop: str, admitted: Pass) -> str:
    """The token of a pass."""
    fields = _PASS.pack(
        VERSION, keys.current, _KIND_PASS, admitted.tid, admitted.nonce, admitted.browser, admitted.expires_at_s
    )
    return _signed(keys, drop, fields)


def read_pass(keys: Keyring, drop: str, token: str) -> Pass:
    """The pass of a token, if it was signed for this drop; WrongToken otherwise. Whether it is used up is not here."""
    _, _, _, tid, nonce, browser, expires = _PASS.unpack(_verified(keys, drop, token, (_KIND_PASS,), _PASS, "pass"))
    return Pass(tid, nonce, browser, expires)


def browser_of(secret: str) -> bytes:
    """What stands in a pass for the browser that holds `secret` in a cookie."""
    return _digest(b"race browser", _opening("browser"), secret.encode())[:16]


def _signed(keys: Keyring, drop: str, fields: bytes) -> str:
    tag = _tag(keys.keys[keys.current], drop, fields)
    return spelled(fields + tag)


def _verified(keys: Keyring, drop: str, token: str, kinds: tuple[int, ...], form: struct.Struct, what: str) -> bytes:
    raw = unspelled(token, TOKEN_LENGTH_MAX, what)
    if len(raw) != form.size + TAG_BYTES:
        raise WrongToken(what, "malformed")
    fields, tag = raw[: form.size], raw[form.size :]
    if fields[0] != VERSION or fields[2] not in kinds:
        raise WrongToken(what, "malformed")
    key = keys.keys.get(fields[1])
    if key is None:
        raise WrongToken(what, "unknown_key")
    if not hmac.compare_digest(tag, _tag(key, drop, fields)):
        raise WrongToken(what, "forged")
    return fields


def _tag(key: bytes, drop: str, fields: bytes) -> bytes:
    return _digest(key, _opening("token", drop), fields)[:TAG_BYTES]


def _digest(key: bytes, opening: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 over what is opened so, and the message, each part after its length in four bytes."""
    return mac(key, opening + _LENGTH(len(message)) + message)


@lru_cache
def _opening(label: str, *parts: str) -> bytes:
    """What all messages begin with that are signed for one purpose, and mostly for one drop."""
    return b"".join([_LENGTH(len(part)) + part for part in map(str.encode, ("race line " + label, *parts))])
