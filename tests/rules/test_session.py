"""A session's cookie is signed, has one spelling, and is read by every key that still counts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.rules import session as sessions_
from race_to_purchase.rules.session import Session, csrfs_of, is_csrf, read_session, require_lasting, sign_session
from race_to_purchase.rules.signing import Keyring, WrongToken

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = Keyring({1: OLD}, current=1)
NOW_S = 1_800_000_000
DAY_S = 86_400
GUEST = Session(bytes(range(16)), NOW_S)
ADA = Session(bytes(range(16)), NOW_S, "ada")

customers = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128)
sessions = st.builds(
    Session,
    id=st.binary(min_size=16, max_size=16),
    issued_at_s=st.integers(NOW_S, 2**64 - 1),
    customer=st.none() | customers,
)


def read(token: str, keys: Keyring = KEYS, now_s: float = NOW_S) -> Session:
    session = read_session(keys, token)
    require_lasting(session, now_s, 30 * DAY_S)
    return session


def csrf_of(keys: Keyring, session: Session) -> bytes:
    return csrfs_of(keys, session.id)[0]


def counts(keys: Keyring, session: Session, given: bytes) -> bool:
    return is_csrf(csrfs_of(keys, session.id), given)


def why_not(token: str, keys: Keyring = KEYS, now_s: float = NOW_S) -> str:
    with pytest.raises(WrongToken) as caught:
        read(token, keys, now_s)
    return caught.value.reason


class TestACookie:
    @given(session=sessions)
    def test_comes_back_as_it_was_and_stays_small(self, session: Session) -> None:
        token = sign_session(KEYS, session)
        assert read(token) == session
        assert len(token) <= 228

    def test_that_is_out_stays_good(self) -> None:
        """Whoever changes these bytes signs everybody out, and needs another version instead."""
        assert sign_session(KEYS, ADA) == "AQECAAECAwQFBgcICQoLDA0ODwAAAABrSdIAYWRhr2nSfke13pC5nVS-S_YLMg"
        assert csrf_of(KEYS, ADA) == b"F2tr1f9VNDvnjW3gU_DEfg"

    @given(token=st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: urlsafe_b64encode(raw).decode()))
    def test_of_any_other_text_is_refused(self, token: str) -> None:
        assert why_not(token) in ("malformed", "unknown_key", "forged")

    @given(session=sessions, place=st.integers(0, 10_000), flip=st.integers(1, 255))
    def test_with_any_byte_changed_is_refused(self, session: Session, place: int, flip: int) -> None:
        token = sign_session(KEYS, session)
        raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        raw[place % len(raw)] ^= flip
        assert why_not(urlsafe_b64encode(raw).rstrip(b"=").decode()) in ("malformed", "unknown_key", "forged")

    @given(session=sessions, length=st.integers(0, 227))
    def test_cut_short_is_refused(self, session: Session, length: int) -> None:
        token = sign_session(KEYS, session)
        assert why_not(token[: min(length, len(token) - 1)]) in ("malformed", "forged")

    def test_of_a_hundred_kilobytes_is_refused_unread(self) -> None:
        assert why_not("A" * 100_000) == "malformed"

    def test_whose_parts_were_swapped_between_two_is_refused(self) -> None:
        """The customer of one under the tag of the other."""
        eve = Session(b"e" * 16, NOW_S, "eve")
        one, other = (urlsafe_b64decode(sign_session(KEYS, who) + "==") for who in (ADA, eve))
        mixed = urlsafe_b64encode(other[:27] + one[27:]).rstrip(b"=").decode()
        assert why_not(mixed) == "forged"

    def test_of_a_guest_cannot_be_made_a_customers(self) -> None:
        raw = urlsafe_b64decode(sign_session(KEYS, GUEST) + "==")
        named = raw[:2] + b"\x02" + raw[3:27] + b"ada" + raw[27:]
        assert why_not(urlsafe_b64encode(named).rstrip(b"=").decode()) == "forged"

    @pytest.mark.parametrize(("name", "value"), [("VERSION", 2), ("_KIND_CUSTOMER", 1), ("_KIND_CUSTOMER", 3)])
    def test_of_another_version_or_kind_is_refused_though_we_signed_it(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: int
    ) -> None:
        with monkeypatch.context() as otherwise:
            otherwise.setattr(sessions_, name, value)
            token = sign_session(KEYS, ADA)
        assert why_not(token) == "malformed"

    def test_signed_with_a_key_of_another_is_refused(self) -> None:
        assert why_not(sign_session(Keyring({1: NEW}, 1), ADA)) == "forged"

    def test_ends_with_its_lifetime(self) -> None:
        token = sign_session(KEYS, GUEST)
        assert read(token, now_s=NOW_S + 30 * DAY_S) == GUEST
        assert why_not(token, now_s=NOW_S + 30 * DAY_S + 1) == "expired"

    def test_from_a_process_whose_clock_is_ahead_counts(self) -> None:
        assert read(sign_session(KEYS, GUEST), now_s=NOW_S - 3600) == GUEST


class TestRotation:
    BOTH = Keyring({2: NEW, 1: OLD}, current=2)

    def test_signs_nobody_out(self) -> None:
        before = sign_session(KEYS, ADA)
        assert read(before, self.BOTH) == ADA
        after = sign_session(self.BOTH, ADA)
        assert after != before
        assert read(after, self.BOTH) == ADA

    def test_ends_with_the_old_key_taken_away(self) -> None:
        assert why_not(sign_session(KEYS, ADA), Keyring({2: NEW}, 2)) == "unknown_key"

    def test_leaves_the_csrf_token_of_an_open_page_good(self) -> None:
        assert counts(self.BOTH, ADA, csrf_of(KEYS, ADA))
        assert not counts(Keyring({2: NEW}, 2), ADA, csrf_of(KEYS, ADA))


class TestACsrfToken:
    def test_is_that_of_its_session_alone(self) -> None:
        assert counts(KEYS, ADA, csrf_of(KEYS, ADA))
        assert not counts(KEYS, Session(b"e" * 16, NOW_S), csrf_of(KEYS, ADA))

    def test_stays_the_same_when_the_guest_signs_in(self) -> None:
        """So that what another tab shows can still be sent."""
        assert csrf_of(KEYS, GUEST) == csrf_of(KEYS, ADA)

    @given(text=st.binary())
    def test_is_no_other_text(self, text: bytes) -> None:
        assert not counts(KEYS, ADA, text)

    def test_is_not_the_tag_of_the_cookie(self) -> None:
        raw = urlsafe_b64decode(sign_session(KEYS, GUEST) + "==")
        assert not counts(KEYS, GUEST, urlsafe_b64encode(raw[-16:]).rstrip(b"="))


def test_a_guest_is_named_so_that_no_customer_can_be() -> None:
    assert GUEST.buyer == GUEST.guest == "guest:000102030405060708090a0b0c0d0e0f"
    assert (ADA.buyer, ADA.guest) == ("ada", GUEST.guest)
