"""Proofs of work: ALTCHA's challenge over SHA-256, with everything it is for signed into its salt.

The library accepts a solution any number of times until it expires, and asks nothing about what it is for. So the salt
carries the challenge's own id, the drop, the purpose, the tier and a digest of who asked; the signature covers all of
it. Whoever sends a solution again comes with the same id, and thus gets the same ticket.

    <id, 32 hex digits>?expires=…&drop=…&purpose=…&tier=…&for=…&

The form is fixed to the last character and read by one pattern. The `&` at its end keeps digits of the answer from
being moved into the salt, which is how the answer of one challenge was once spliced into another.
"""

from __future__ import annotations

import re
import secrets
from binascii import a2b_base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Literal

import msgspec
from altcha.v1 import ChallengeOptions, create_challenge

from race_to_purchase.edge.challenge.score import HARDER, USUAL, Tier
from race_to_purchase.edge.challenge.wanted import Solved, Wanted, Wrong
from race_to_purchase.rules.signing import mac

NUMBER_MAX = 1_000_000
"""No challenge is harder than this, whatever is configured: an old phone tries some 50,000 numbers a second."""

TEXT_BYTES_MAX = 2048
"""A solution is some 400 bytes long."""

ID_BYTES = 16

_SALT = re.compile(
    r"([0-9a-f]{32})\?expires=(\d{1,12})&drop=([A-Za-z0-9._-]{1,64})&purpose=([a-z]{1,16})&tier=([12])"
    r"&for=([0-9a-f]{16})&"
)


class Challenge(msgspec.Struct, frozen=True):
    """A challenge as ALTCHA's widget and solvers read it: find the number from 0 to `maxnumber` for which
    SHA-256 of `salt` and the number is `challenge`.
    """

    algorithm: Literal["SHA-256"]
    challenge: str
    salt: str
    signature: str
    maxnumber: int


class _Solution(msgspec.Struct, frozen=True):
    """What a solver sends; ALTCHA's widget adds how long it took, and nobody looks at that."""

    algorithm: Literal["SHA-256"]
    challenge: str
    number: int
    salt: str
    signature: str


_DECODER = msgspec.json.Decoder(_Solution)


class ProofOfWork:
    """Makes challenges and checks their solutions; keeps nothing.

    `keys`: the first one signs, all of them are accepted, so that they can be changed without anybody losing a
    solution. `numbers` is how many numbers a usual and a harder challenge have at most.
    """

    def __init__(
        self, keys: Sequence[bytes], *, seconds: int, numbers: tuple[int, int], now: Callable[[], float]
    ) -> None:
        assert keys, "without a key nothing can be signed"
        assert 0 < numbers[0] <= numbers[1] <= NUMBER_MAX
        self._keys = tuple(sha256(b"race proof of work\n" + key).digest() for key in keys)
        self._seconds = seconds
        self._numbers: dict[Tier, int] = {USUAL: numbers[0], HARDER: numbers[1]}
        self._now = now

    def challenge(self, wanted: Wanted, tier: Tier) -> Challenge:
        """A new challenge of this tier, 1 or 2."""
        expires = datetime.fromtimestamp(self._now() + self._seconds, UTC)
        made = create_challenge(
            ChallengeOptions(
                algorithm="SHA-256",
                max_number=self._numbers[tier],
                hmac_key=self._keys[0],
                salt=secrets.token_hex(ID_BYTES),
                expires=expires,
                params={
                    "drop": wanted.drop,
                    "purpose": wanted.purpose,
                    "tier": str(tier),
                    "for": wanted.digest(),
                },
            )
        )
        return Challenge("SHA-256", made.challenge, made.salt, made.signature, made.max_number)

    def check(self, text: str, wanted: Wanted) -> Solved | Wrong:
        """What a solution is worth for what is wanted; nothing counts before its signature is known to be ours."""
        solution = _decoded(text)
        if solution is None:
            return Wrong("malformed")
        if not self._is_ours(solution):
            return Wrong("forged")
        if sha256(f"{solution.salt}{solution.number}".encode()).hexdigest() != solution.challenge:
            return Wrong("unsolved")
        said = _SALT.fullmatch(solution.salt)
        if said is None:
            return Wrong("forged")
        challenge_id, expires, drop, purpose, tier, holder = said.groups()
        if drop != wanted.drop:
            return Wrong("other_drop")
        if purpose != wanted.purpose:
            return Wrong("other_purpose")
        if holder != wanted.digest():
            return Wrong("other_holder")
        if self._now() >= int(expires):
            return Wrong("expired")
        return Solved(f"work {challenge_id}", HARDER if tier == "2" else USUAL, "proof_of_work")

    def _is_ours(self, solution: _Solution) -> bool:
        """Whether one of the keys signed it; compared so that how long it takes says nothing about the signature."""
        given, challenge = solution.signature.encode(), solution.challenge.encode()
        return any([compare_digest(mac(key, challenge).hex().encode(), given) for key in self._keys])


def _decoded(text: str) -> _Solution | None:
    if len(text) > TEXT_BYTES_MAX:
        return None
    try:
        solution = _DECODER.decode(a2b_base64(text, strict_mode=True))
        solution.salt.encode(), solution.challenge.encode(), solution.signature.encode()
    except (ValueError, RecursionError):  # msgspec's errors, UnicodeError and binascii.Error are ValueErrors, too.
        return None
    return solution if 0 <= solution.number <= NUMBER_MAX else None
