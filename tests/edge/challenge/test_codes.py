"""Codes by e-mail: nothing is stored, and a code is worth nothing without its token, its drop and its buyer."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.challenge.codes import TRIES_MAX, EmailCodes
from race_to_purchase.edge.challenge.wanted import Solved, Wanted, Wrong
from tests.edge.door import KEY

WANTED = Wanted("aurora-1", "line", "ada")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


CLOCK = Clock()


def made(clock: Clock = CLOCK, key: bytes = KEY) -> EmailCodes:
    """A new process, so to speak."""
    return EmailCodes([key], seconds=600, now=clock)


def the_answer(token: str, code: str) -> str:
    """As it is sent."""
    return f"code.{token}.{code}"


def test_the_right_code_passes_at_any_process() -> None:
    sent = made().issue(WANTED, "ada@example.com")
    found = made().check(the_answer(sent.token, sent.code), WANTED)
    assert isinstance(found, Solved)
    assert (found.tier, found.way) == (3, "email_code")


def test_one_address_is_one_proof_however_it_is_written_and_however_often_it_asks() -> None:
    ids = set()
    for address in ("ada@example.com", "Ada@Example.com", " ada@example.com"):
        sent = made().issue(WANTED, address)
        found = made().check(the_answer(sent.token, sent.code), WANTED)
        assert isinstance(found, Solved)
        ids.add(found.id)
    assert len(ids) == 1
    other = made().issue(WANTED, "bob@example.com")
    found = made().check(the_answer(other.token, other.code), WANTED)
    assert isinstance(found, Solved)
    assert found.id not in ids


def test_a_code_is_eight_digits_which_may_be_typed_as_they_are_read() -> None:
    sent = made().issue(WANTED, "ada@example.com")
    assert len(sent.code) == 8
    assert sent.code.isdigit()
    for typed in (f"{sent.code[:4]} {sent.code[4:]}", f"{sent.code[:4]}-{sent.code[4:]}"):
        assert isinstance(made().check(the_answer(sent.token, typed), WANTED), Solved)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Wanted("aurora-2", "line", "ada"), "other_drop"),
        (Wanted("aurora-1", "reserve", "ada"), "other_purpose"),
        (Wanted("aurora-1", "line", "eve"), "other_holder"),
    ],
)
def test_a_code_is_for_one_thing(wanted: Wanted, reason: str) -> None:
    sent = made().issue(WANTED, "ada@example.com")
    found = made().check(the_answer(sent.token, sent.code), wanted)
    assert isinstance(found, Wrong)
    assert found.reason == reason


def test_a_code_expires() -> None:
    clock = Clock()
    codes = made(clock)
    sent = codes.issue(WANTED, "ada@example.com")
    clock.now_s += 599
    assert isinstance(codes.check(the_answer(sent.token, sent.code), WANTED), Solved)
    clock.now_s += 2
    assert codes.check(the_answer(sent.token, sent.code), WANTED) == Wrong("expired")


def test_guessing_ends_soon_and_then_even_the_right_code_is_too_late() -> None:
    codes = made(Clock())
    sent = codes.issue(WANTED, "ada@example.com")
    wrong = "0" * 8 if sent.code != "0" * 8 else "1" * 8
    for _ in range(TRIES_MAX):
        assert codes.check(the_answer(sent.token, wrong), WANTED) == Wrong("code_wrong")
    assert codes.check(the_answer(sent.token, sent.code), WANTED) == Wrong("code_guessed")
    again = codes.issue(WANTED, "ada@example.com")
    assert isinstance(codes.check(the_answer(again.token, again.code), WANTED), Solved)


def test_every_bit_of_a_token_is_signed() -> None:
    sent = made().issue(WANTED, "ada@example.com")
    raw = urlsafe_b64decode(sent.token + "=" * (-len(sent.token) % 4))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        token = urlsafe_b64encode(changed).rstrip(b"=").decode()
        assert made().check(the_answer(token, sent.code), WANTED) == Wrong("forged")


def test_a_token_has_one_spelling_so_another_gives_no_more_guesses() -> None:
    sent = made().issue(WANTED, "ada@example.com")
    for spelling in (f"{sent.token[:9]}!{sent.token[9:]}", f"{sent.token}====", f"{sent.token}AAAA"):
        assert made().check(the_answer(spelling, sent.code), WANTED) == Wrong("malformed")


def test_another_key_made_no_token_of_ours() -> None:
    sent = made(key=b"another key of another shop.....").issue(WANTED, "ada@example.com")
    assert made().check(the_answer(sent.token, sent.code), WANTED) == Wrong("forged")


def test_a_token_says_nothing_of_its_code() -> None:
    """The same wish twice has two tokens and two codes."""
    first, second = (made().issue(WANTED, "ada@example.com") for _ in range(2))
    assert first.token != second.token
    assert made().check(the_answer(first.token, second.code), WANTED) == Wrong("code_wrong") or (
        first.code == second.code
    )


@given(st.text(max_size=300))
def test_whatever_is_sent_it_is_only_wrong(text: str) -> None:
    assert isinstance(made().check(f"code.{text}", WANTED), Wrong)


SENT = made().issue(WANTED, "ada@example.com")


@given(st.text(max_size=30))
def test_whatever_is_typed_as_digits_it_is_only_wrong(typed: str) -> None:
    found = made().check(the_answer(SENT.token, typed), WANTED)
    assert isinstance(found, Wrong) or typed.replace(" ", "").replace("-", "") == SENT.code
