"""The header Race-Pass: whether it is a pass of ours, for this drop and this browser. No look-up is needed for that."""

from __future__ import annotations

from datetime import UTC, datetime

from race_to_purchase.edge.problems import Refused
from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.line.commands import Admitted
from race_to_purchase.rules.line.tickets import read_pass
from race_to_purchase.rules.outcomes import PassRefused
from race_to_purchase.rules.signing import Keyring, WrongToken

HEADER = b"race-pass"


def admitted(keys: Keyring, drop_id: str, token: bytes, browser: bytes) -> Admitted:
    """What the pass says; refused with `pass_invalid` where it is not good here, whatever its time."""
    try:
        found = read_pass(keys, drop_id, token.decode("latin-1"))
    except WrongToken:
        raise _invalid() from None
    if found.browser != browser:
        raise _invalid()
    try:
        expires_at = datetime.fromtimestamp(found.expires_at_s, UTC)
    except (ValueError, OverflowError, OSError):
        raise _invalid() from None
    return Admitted(found.tid.hex(), int.from_bytes(found.nonce, "big"), expires_at)


def _invalid() -> Refused:
    return Refused(answer(PassRefused("pass_invalid")))
