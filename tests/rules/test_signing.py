"""What all signed tokens have in common: the standard's MAC, and one spelling."""

import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.rules.signing import WrongToken, mac, spelled, unspelled

CHARACTERS_MAX = 100

FORGIVEN = ["-_-_=", "-_-_==", "-_-_\n", " -_-_", "+/+/", "-_\n-_", "-_-_*", "-_9", "-", "\u00e9_-_", "\ud800_-_"]
"""What base64 decoders take, or stumble over with errors of their own."""


@given(key=st.binary(max_size=200), message=st.binary(max_size=200))
def test_a_mac_is_what_the_standard_library_calls_hmac_sha256(key: bytes, message: bytes) -> None:
    """Keys longer than a block of the hash are hashed first, which is a case of its own."""
    assert mac(key, message) == hmac.digest(key, message, "sha256")


def test_a_key_that_was_used_before_has_forgotten_what_for() -> None:
    for message in (b"first", b"second"):
        assert mac(b"key", message) == hmac.digest(b"key", message, "sha256")


@given(raw=st.binary(max_size=75))
def test_a_token_is_base64url_without_padding(raw: bytes) -> None:
    assert spelled(raw) == urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert unspelled(spelled(raw), CHARACTERS_MAX, "token") == raw


@pytest.mark.parametrize("other", FORGIVEN, ids=ascii)
def test_what_decoders_forgive_is_no_second_spelling(other: str) -> None:
    assert unspelled("-_-_", CHARACTERS_MAX, "token") == b"\xfb\xff\xbf"
    with pytest.raises(WrongToken, match="malformed"):
        unspelled(other, CHARACTERS_MAX, "token")


def test_what_is_too_long_is_not_read() -> None:
    assert unspelled("A" * 4, 4, "token") == bytes(3)
    with pytest.raises(WrongToken, match="malformed"):
        unspelled("A" * 8, 7, "token")
