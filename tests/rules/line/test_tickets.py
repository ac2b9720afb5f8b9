"""Tokens of the line: signed for one drop, one spelling each, and nothing else is ours."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from race_to_purchase.rules.line import tickets as tickets_
from race_to_purchase.rules.line.tickets import (
    TOKEN_LENGTH_MAX,
    Grant,
    Keyring,
    Pass,
    Ticket,
    WrongToken,
    browser_of,
    read_grant,
    read_pass,
    read_ticket,
    sign_grant,
    sign_pass,
    sign_ticket,
    tid_of_challenge,
    tid_of_identity,
)
from race_to_purchase.rules.signing import spelled, unspelled

KEYS = Keyring({1: b"a" * 32}, current=1)
TID = tid_of_identity(b"k" * 32, "aurora", "ada@example.com")
TICKET = Ticket(TID, 1_800_000_000)

GRANT = Grant(bytes(16), TID, "vip", 1_800_000_000, 1_800_003_600)

tickets = st.builds(
    Ticket,
    tid=st.binary(min_size=16, max_size=16),
    issued_at_s=st.integers(0, 2**64 - 1),
    late=st.none() | st.integers(0, 2**64 - 2),
)
passes = st.builds(
    Pass,
    tid=st.binary(min_size=16, max_size=16),
    nonce=st.binary(min_size=16, max_size=16),
    browser=st.binary(min_size=16, max_size=16),
    expires_at_s=st.integers(0, 2**64 - 1),
)

grants = st.builds(
    Grant,
    id=st.binary(min_size=16, max_size=16),
    tid=st.binary(min_size=16, max_size=16),
    lane=st.from_regex(r"[a-z0-9][a-z0-9-]{0,15}", fullmatch=True),
    valid_from_s=st.integers(0, 2**64 - 1),
    valid_until_s=st.integers(0, 2**64 - 1),
)


class TestIds:
    def test_one_identity_has_one_ticket_in_each_drop(self) -> None:
        assert tid_of_identity(b"k" * 32, "aurora", "ada@example.com") == TID
        assert tid_of_identity(b"k" * 32, "borealis", "ada@example.com") != TID
        assert tid_of_identity(b"l" * 32, "aurora", "ada@example.com") != TID

    def test_an_identity_cannot_be_spelled_as_a_challenge_or_into_the_drop(self) -> None:
        assert tid_of_challenge(b"k" * 32, "aurora", "ada@example.com") != TID
        assert tid_of_identity(b"k" * 32, "auroraa", "da@example.com") != TID

    def test_frozen_vectors(self) -> None:
        """Tickets that are out must stay good: whoever changes these bytes needs another version."""
        assert TID.hex() == "82c85944c0e58389d5d7cc37113355eb"
        assert (
            sign_ticket(KEYS, "aurora", TICKET)
            == "AQEBgshZRMDlg4nV18w3ETNV6wAAAABrSdIA__________8-IU6hqyqFQcq4Gq8TSzfD"
        )


class TestTokens:
    @given(ticket=tickets)
    def test_a_ticket_comes_back_as_it_was(self, ticket: Ticket) -> None:
        assert read_ticket(KEYS, "aurora", sign_ticket(KEYS, "aurora", ticket)) == ticket

    @given(admitted=passes)
    def test_a_pass_comes_back_as_it_was(self, admitted: Pass) -> None:
        token = sign_pass(KEYS, "aurora", admitted)
        assert len(token) <= TOKEN_LENGTH_MAX
        assert read_pass(KEYS, "aurora", token) == admitted

    @given(grant=grants)
    def test_a_grant_comes_back_as_it_was(self, grant: Grant) -> None:
        token = sign_grant(KEYS, "aurora", grant)
        assert len(token) <= TOKEN_LENGTH_MAX
        assert read_grant(KEYS, "aurora", token) == grant

    @given(ticket=tickets)
    def test_a_ticket_by_a_grant_is_told_apart(self, ticket: Ticket) -> None:
        granted = replace(ticket, granted=True)
        assert read_ticket(KEYS, "aurora", sign_ticket(KEYS, "aurora", granted)) == granted

    @given(position=st.integers(0, 82), flip=st.integers(1, 255))
    def test_no_byte_of_a_grant_can_be_changed(self, position: int, flip: int) -> None:
        raw = bytearray(_raw(sign_grant(KEYS, "aurora", GRANT)))
        raw[position] ^= flip
        with pytest.raises(WrongToken):
            read_grant(KEYS, "aurora", _token(bytes(raw)))

    @given(text=st.text(max_size=200))
    def test_any_other_text_is_refused(self, text: str) -> None:
        with pytest.raises(WrongToken):
            read_ticket(KEYS, "aurora", text)
        with pytest.raises(WrongToken):
            read_pass(KEYS, "aurora", text)
        with pytest.raises(WrongToken):
            read_grant(KEYS, "aurora", text)

    @given(position=st.integers(0, 49), flip=st.integers(1, 255))
    def test_no_byte_can_be_changed(self, position: int, flip: int) -> None:
        raw = bytearray(_raw(sign_ticket(KEYS, "aurora", TICKET)))
        raw[position] ^= flip
        with pytest.raises(WrongToken):
            read_ticket(KEYS, "aurora", _token(bytes(raw)))

    def test_a_token_has_one_spelling(self) -> None:
        token = sign_ticket(KEYS, "aurora", TICKET)
        # Padding, characters that decoders skip, and the other alphabet; our lengths leave no spare bits.
        others = [
            token + "=",
            token[:4] + "\n" + token[4:],
            token + "A",
            token.replace("-", "+").replace("_", "/") + "=",
        ]
        for other in others:
            with pytest.raises(WrongToken, match="malformed"):
                read_ticket(KEYS, "aurora", other)

    def test_a_ticket_is_good_for_its_drop_alone(self) -> None:
        with pytest.raises(WrongToken, match="forged"):
            read_ticket(KEYS, "borealis", sign_ticket(KEYS, "aurora", TICKET))

    def test_a_ticket_is_no_pass(self) -> None:
        with pytest.raises(WrongToken, match="malformed"):
            read_pass(KEYS, "aurora", sign_ticket(KEYS, "aurora", TICKET))


class TestATokenThatWeSigned:
    """Signed well, and still nothing that this reader may take for what it wants."""

    @pytest.mark.parametrize(("name", "value"), [("VERSION", 2), ("_KIND_TICKET", 2)])
    def test_of_another_version_or_kind_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: int
    ) -> None:
        with monkeypatch.context() as later:
            later.setattr(tickets_, name, value)
            token = sign_ticket(KEYS, "aurora", TICKET)
        with pytest.raises(WrongToken, match="malformed"):
            read_ticket(KEYS, "aurora", token)

    def test_that_is_longer_than_wanted_is_refused_unread(self) -> None:
        assert unspelled(spelled(b"a" * 30), 40, "ticket") == b"a" * 30
        with pytest.raises(WrongToken, match="malformed"):
            unspelled(spelled(b"a" * 30), 39, "ticket")


class TestKeys:
    def test_a_rotated_key_still_verifies_until_it_is_taken_away(self) -> None:
        token = sign_ticket(KEYS, "aurora", TICKET)
        both = Keyring({1: b"a" * 32, 2: b"b" * 32}, current=2)
        assert read_ticket(both, "aurora", token) == TICKET
        assert read_ticket(KEYS, "aurora", token) == TICKET
        with pytest.raises(WrongToken, match="unknown_key"):
            read_ticket(Keyring({2: b"b" * 32}, current=2), "aurora", token)

    def test_another_key_of_the_same_number_signs_nothing_of_ours(self) -> None:
        with pytest.raises(WrongToken, match="forged"):
            read_ticket(KEYS, "aurora", sign_ticket(Keyring({1: b"c" * 32}, current=1), "aurora", TICKET))

    @pytest.mark.parametrize(("keys", "current"), [({1: b"short"}, 1), ({256: b"a" * 32}, 256), ({1: b"a" * 32}, 2)])
    def test_a_ring_that_could_not_sign_is_refused(self, keys: dict[int, bytes], current: int) -> None:
        with pytest.raises(ValueError, match="key"):
            Keyring(keys, current)

    def test_a_browser_is_known_by_its_secret(self) -> None:
        assert browser_of("a") == browser_of("a") != browser_of("b")


def _raw(token: str) -> bytes:
    return urlsafe_b64decode(token + "=" * (-len(token) % 4))


def _token(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
