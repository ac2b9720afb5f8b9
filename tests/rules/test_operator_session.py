"""An operator's cookie is signed, is of one version, and ends: when it rests, and when the shift is over."""

import pytest
from msgspec.structs import replace

from race_to_purchase.rules import operator_session
from race_to_purchase.rules.operator_session import (
    LONGEST_S,
    OperatorSession,
    holder_of,
    is_operator_csrf,
    operator_csrf,
    read_operator,
    sign_operator,
)
from race_to_purchase.rules.signing import Keyring, WrongToken, spelled, unspelled

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = Keyring({1: OLD}, current=1)
ROTATED = Keyring({2: NEW, 1: OLD}, current=2)
NOW_S, IDLE_S = 1_800_000_000, 1800
ADA = OperatorSession(bytes(range(16)), NOW_S, NOW_S, holder_of(OLD, b"d" * 32))


def why_not(token: str, keys: Keyring = KEYS, now_s: float = NOW_S) -> str:
    with pytest.raises(WrongToken) as caught:
        read_operator(keys, token, now_s, IDLE_S)
    return caught.value.reason


def test_it_comes_back_as_it_was_also_by_a_key_that_was_rotated() -> None:
    assert read_operator(ROTATED, sign_operator(KEYS, ADA), NOW_S, IDLE_S) == ADA


def test_it_ends_when_it_rests_and_a_renewal_helps_no_longer_than_a_shift() -> None:
    token = sign_operator(KEYS, ADA)
    assert read_operator(KEYS, token, NOW_S + IDLE_S, IDLE_S) == ADA
    assert why_not(token, now_s=NOW_S + IDLE_S + 1) == "expired"
    renewed = replace(ADA, renewed_s=NOW_S + LONGEST_S - 60)
    assert read_operator(KEYS, sign_operator(KEYS, renewed), NOW_S + LONGEST_S, IDLE_S) == renewed
    assert why_not(sign_operator(KEYS, renewed), now_s=NOW_S + LONGEST_S + 1) == "expired"


def test_no_byte_of_it_can_be_changed() -> None:
    raw = unspelled(sign_operator(KEYS, ADA), 200, "session")
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert why_not(spelled(bytes(changed))) in ("forged", "unknown_key")


def test_one_of_another_length_is_malformed() -> None:
    raw = unspelled(sign_operator(KEYS, ADA), 200, "session")
    assert why_not(spelled(raw[:-1])) == "malformed"
    assert why_not("A" * 100_000) == "malformed"


def test_one_of_a_key_that_was_taken_away_or_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not(sign_operator(ROTATED, ADA)) == "unknown_key"
    with monkeypatch.context() as later:
        later.setattr(operator_session, "VERSION", 2)
        token = sign_operator(KEYS, ADA)
    assert why_not(token) == "unknown_key"


def test_a_csrf_token_is_that_of_its_session_by_any_key_that_counts() -> None:
    token = operator_csrf(KEYS, ADA)
    assert is_operator_csrf(ROTATED, ADA, token)
    assert not is_operator_csrf(KEYS, replace(ADA, id=bytes(16)), token)
    assert not is_operator_csrf(Keyring({1: NEW}, 1), ADA, token)
    assert not any(is_operator_csrf(KEYS, ADA, text) for text in ("", "é", token + "A", sign_operator(KEYS, ADA)))


def test_a_holder_says_nothing_of_the_key_and_is_another_under_another_secret() -> None:
    assert len({holder_of(OLD, b"d" * 32), holder_of(NEW, b"d" * 32), holder_of(OLD, b"e" * 32)}) == 3
