"""Ids of the gateway's objects, made from its seed and a running number, and read back into that number.

An id looks like Stripe's, cannot be guessed without the seed, and says which row it belongs to: the books need no
index over ids, and a made-up id is refused without a look into them. The same seed and the same calls, one after the
other, give the same ids.
"""

from __future__ import annotations

from hashlib import blake2b

_NUMBER_LENGTH = 10
_CHECK_LENGTH = 14


class Names:
    """Makes ids of the form `pi_` and 24 hexadecimal digits; `last` is the newest number in use."""

    def __init__(self, seed: int, last: int = 0) -> None:
        self._key = blake2b(str(seed).encode(), digest_size=32).digest()
        self.last = last

    def new(self, prefix: str) -> str:
        """An id that was never given before."""
        self.last += 1
        return self.of(prefix, self.last)

    def of(self, prefix: str, number: int) -> str:
        """The id of object `number`, of the kind that `prefix` names."""
        check = blake2b(f"{prefix}:{number}".encode(), key=self._key, digest_size=_CHECK_LENGTH // 2).hexdigest()
        return f"{prefix}_{number:0{_NUMBER_LENGTH}x}{check}"

    def number(self, prefix: str, name: str) -> int | None:
        """The number in an id of this kind; None for anything that is no such id of ours."""
        head, _, tail = name.partition("_")
        if head != prefix or len(tail) != _NUMBER_LENGTH + _CHECK_LENGTH:
            return None
        try:
            number = int(tail[:_NUMBER_LENGTH], 16)
        except ValueError:
            return None
        return number if self.of(prefix, number) == name else None

    @staticmethod
    def own(name: str) -> int:
        """The number in an id that was made here and came from nowhere else."""
        return int(name[-_NUMBER_LENGTH - _CHECK_LENGTH : -_CHECK_LENGTH], 16)

    def secret(self, name: str) -> str:
        """The client secret that goes with an id."""
        check = blake2b(f"secret:{name}".encode(), key=self._key, digest_size=12).hexdigest()
        return f"{name}_secret_{check}"
