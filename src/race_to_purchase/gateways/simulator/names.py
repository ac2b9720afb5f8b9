"""Ids of the gateway's objects, made from its seed and a running number, and read back into that number.

An id looks like Stripe's, cannot be guessed without the seed, and says which row it belongs to: the books need no
index over ids, and a made-up id is refused without a look into them. The same seed and the same calls, one after the
other, give the same ids.
"""

from __future__ import annotations

from hashlib import blake2b

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_NUMBER_LENGTH = 9
_CHECK_LENGTH = 15


class Names:
    """Makes ids of the form `pi_` and 24 letters or digits; `last` is the newest number in use."""

    def __init__(self, seed: int, last: int = 0) -> None:
        self._key = blake2b(str(seed).encode(), digest_size=32).digest()
        self.last = last

    def new(self, prefix: str) -> str:
        """An id that was never given before."""
        self.last += 1
        return self.of(prefix, self.last)

    def of(self, prefix: str, number: int) -> str:
        """The id of object `number`, of the kind that `prefix` names."""
        check = blake2b(f"{prefix}:{number}".encode(), key=self._key, digest_size=16).digest()
        return f"{prefix}_{_text(number, _NUMBER_LENGTH)}{_text(int.from_bytes(check), _CHECK_LENGTH)}"

    def number(self, prefix: str, name: str) -> int | None:
        """The number in an id of this kind; None for anything that is no such id of ours."""
        head, _, tail = name.partition("_")
        if head != prefix or len(tail) != _NUMBER_LENGTH + _CHECK_LENGTH or not _VALUES.keys() >= set(tail):
            return None
        number = 0
        for digit in tail[:_NUMBER_LENGTH]:
            number = number * 62 + _VALUES[digit]
        return number if self.of(prefix, number) == name else None

    def secret(self, name: str) -> str:
        """The client secret that goes with an id."""
        check = blake2b(f"secret:{name}".encode(), key=self._key, digest_size=20).digest()
        return f"{name}_secret_{_text(int.from_bytes(check), 25)}"


def _text(value: int, length: int) -> str:
    """The last `length` digits of a number in base 62."""
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
