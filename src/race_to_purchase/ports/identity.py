"""Who buyers and operators are: what has to be the same in every process."""

from __future__ import annotations

from typing import Protocol


class Keyrings(Protocol):
    """Small values by name, the same for every process. All methods raise DatabaseUnavailable."""

    async def settle(self, name: str, value: bytes) -> bytes:
        """Keep `value` if nothing is kept under that name yet; what is kept there."""
        ...

    async def read(self, name: str) -> bytes | None:
        """What is kept under that name."""
        ...

    async def replace(self, name: str, value: bytes) -> None:
        """Keep `value`, whatever was kept there."""
        ...


class KeysUnanswered(Exception):
    """The shop's public keys could not be had. Its words are logged, and hold no secret."""


class KeySource(Protocol):
    """Where the shop publishes the keys that its customers' tokens are signed with."""

    async def fetch(self) -> bytes:
        """What is published there now; KeysUnanswered."""
        ...
