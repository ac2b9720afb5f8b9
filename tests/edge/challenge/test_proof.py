"""A proof of work is for one thing, made here, and nothing that is done to it afterwards goes unnoticed."""

import json
from base64 import b64encode
from hashlib import sha256
from hmac import digest
from typing import Any

import msgspec
import pytest
from altcha.v1 import verify_solution
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.challenge.proof import NUMBER_MAX, TEXT_BYTES_MAX, ProofOfWork
from race_to_purchase.edge.challenge.wanted import Solved, Wanted, Wrong
from tests.edge.door import KEY, payload, solved

WANTED = Wanted("aurora-1", "line", "ada")


class Clock:
    """Stands still until it is moved."""

    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


CLOCK = Clock()
PROOF = ProofOfWork([KEY], seconds=600, numbers=(50, 80), now=CLOCK)


def a_solution(tier: Any = 1, wanted: Wanted = WANTED, proof: ProofOfWork = PROOF) -> dict[str, Any]:
    """A right one."""
    return solved(msgspec.to_builtins(proof.challenge(wanted, tier)))


def test_what_the_librarys_own_solver_finds_is_right() -> None:
    assert isinstance(PROOF.check(payload(a_solution()), WANTED), Solved)


def test_the_library_finds_right_and_wrong_what_is_found_so_here() -> None:
    key = sha256(b"race proof of work\n" + KEY).digest()
    right = a_solution()
    for number in range(max(0, right["number"] - 3), right["number"] + 4):
        given = {**right, "number": number}
        by_library, _ = verify_solution(given, key, check_expires=False)  # type: ignore[call-overload] # a dict will do
        assert by_library is isinstance(PROOF.check(payload(given), WANTED), Solved)
        assert by_library is (number == right["number"])


@pytest.mark.parametrize("tier", [1, 2])
def test_a_challenge_counts_for_the_tier_it_was_made_for(tier: int) -> None:
    found = PROOF.check(payload(a_solution(tier)), WANTED)
    assert isinstance(found, Solved)
    assert found.tier == tier


def test_a_challenge_holds_nobodys_name() -> None:
    assert "zoe" not in json.dumps(a_solution(wanted=Wanted("aurora-1", "line", "zoe")))  # no hex digits spell it


def test_every_field_is_covered_by_the_signature() -> None:
    """Whoever could change one of these could solve an easy challenge and show it as something else."""
    given = a_solution()
    changes = {
        "tier=1": "tier=2",
        "drop=aurora-1": "drop=aurora-2",
        "purpose=line": "purpose=reserve",
        "expires=1": "expires=9",
        "for=": "for=0",
        given["salt"][:4]: "0000" if given["salt"][:4] != "0000" else "1111",
    }
    for old, new in changes.items():
        changed = {**given, "salt": given["salt"].replace(old, new, 1)}
        assert changed["salt"] != given["salt"]
        assert isinstance(PROOF.check(payload(changed), WANTED), Wrong)
    for name in ("challenge", "signature"):
        changed = {**given, name: given[name][:-1] + ("0" if given[name][-1] != "0" else "1")}
        assert PROOF.check(payload(changed), WANTED) == Wrong("forged")
    assert PROOF.check(payload({**given, "number": given["number"] + 1}), WANTED) == Wrong("unsolved")


def test_digits_cannot_be_moved_between_salt_and_number() -> None:
    """The splice of ALTCHA's advisory of December 2025: salt and number are hashed as one text, so without the `&`
    between them, a longer salt with a shorter number has the same hash, and may say a later `expires`.
    """
    for _ in range(20):
        given = a_solution()
        digits = str(given["number"])
        for cut in range(1, len(digits)):
            moved = {**given, "salt": given["salt"] + digits[:cut], "number": int(digits[cut:])}
            assert not isinstance(PROOF.check(payload(moved), WANTED), Solved)
        shorter = {**given, "salt": given["salt"].removesuffix("&")}
        assert not isinstance(PROOF.check(payload(shorter), WANTED), Solved)


def test_the_splice_would_work_without_the_delimiter() -> None:
    """The control: a salt that ends with its parameter, signed with our key, and digits moved behind it."""
    salt, number = "ab" * 16 + "?expires=1800", 123
    key = sha256(b"race proof of work\n" + KEY).digest()
    challenge = sha256(f"{salt}{number}".encode()).hexdigest()
    signature = digest(key, challenge.encode(), "sha256").hex()
    assert sha256(f"{salt}12{3}".encode()).hexdigest() == challenge
    given = {"algorithm": "SHA-256", "challenge": challenge, "salt": salt + "12", "number": 3, "signature": signature}
    assert PROOF.check(payload(given), WANTED) == Wrong("forged")


def test_parameters_that_are_appended_are_no_parameters() -> None:
    given = a_solution()
    for more in ("expires=9999999999&", "drop=aurora-2&", "&", "#"):
        changed = {**given, "salt": given["salt"] + more}
        assert not isinstance(PROOF.check(payload(changed), Wanted("aurora-2", "line", "ada")), Solved)


def test_even_a_signed_salt_of_another_form_is_not_read() -> None:
    """What another program signed with the same key is no challenge of ours."""
    key = sha256(b"race proof of work\n" + KEY).digest()
    longer = PROOF.challenge(WANTED, 1).salt + "drop=aurora-2&"
    for salt in (longer, "ab" * 16 + "?expires=9999999999&", "ab" * 16 + "&", "&"):
        challenge = sha256(f"{salt}7".encode()).hexdigest()
        signature = digest(key, challenge.encode(), "sha256").hex()
        given = {"algorithm": "SHA-256", "challenge": challenge, "salt": salt, "number": 7, "signature": signature}
        assert verify_solution(given, key)[0]  # type: ignore[call-overload] # a plain dict will do for the library
        assert PROOF.check(payload(given), WANTED) == Wrong("forged")


def test_another_key_makes_no_challenge_of_ours() -> None:
    other = ProofOfWork([b"another key of another shop......"], seconds=600, numbers=(50, 80), now=CLOCK)
    assert PROOF.check(payload(a_solution(proof=other)), WANTED) == Wrong("forged")


def test_an_old_key_is_still_accepted_after_a_new_one_signs() -> None:
    given = payload(a_solution())
    rotated = ProofOfWork([b"the new key of this very shop....", KEY], seconds=600, numbers=(50, 80), now=CLOCK)
    assert isinstance(rotated.check(given, WANTED), Solved)
    assert isinstance(PROOF.check(payload(a_solution(proof=rotated)), WANTED), Wrong)


def test_weaker_hashes_are_not_accepted() -> None:
    for algorithm in ("SHA-1", "SHA-512", "sha-256", ""):
        assert PROOF.check(payload({**a_solution(), "algorithm": algorithm}), WANTED) == Wrong("malformed")


@pytest.mark.parametrize("number", [-1, NUMBER_MAX + 1, 10**30])
def test_a_number_that_no_challenge_has_is_not_tried(number: int) -> None:
    """Any number of digits would be hashed for whoever sends them."""
    assert PROOF.check(payload({**a_solution(), "number": number}), WANTED) == Wrong("malformed")


def test_a_right_solution_that_is_wrapped_in_too_much_is_not_read() -> None:
    given = a_solution()
    assert isinstance(PROOF.check(payload({**given, "took": "x" * 500}), WANTED), Solved)
    assert PROOF.check(payload({**given, "took": "x" * TEXT_BYTES_MAX}), WANTED) == Wrong("malformed")


def test_no_challenge_is_harder_than_the_cap() -> None:
    with pytest.raises(AssertionError):
        ProofOfWork([KEY], seconds=600, numbers=(50, NUMBER_MAX + 1), now=CLOCK)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RIGHT = a_solution()


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: b64encode(raw).decode()))
def test_whatever_text_is_sent_it_is_only_wrong(text: str) -> None:
    assert isinstance(PROOF.check(text, WANTED), Wrong)


@given(st.dictionaries(st.sampled_from(sorted(RIGHT)), JUNK, min_size=1))
def test_whatever_a_field_is_it_is_only_wrong(changes: dict[str, Any]) -> None:
    changed = {**RIGHT, **changes}
    found = PROOF.check(b64encode(json.dumps(changed).encode()).decode(), WANTED)
    same = all(changed[name] == RIGHT[name] for name in ("algorithm", "challenge", "number", "salt", "signature"))
    assert isinstance(found, Wrong) or same


def test_json_that_is_nested_too_deeply_is_only_wrong() -> None:
    assert PROOF.check(b64encode(b"[" * 1500).decode(), WANTED) == Wrong("malformed")
    assert PROOF.check("A" * 10_000, WANTED) == Wrong("malformed")
