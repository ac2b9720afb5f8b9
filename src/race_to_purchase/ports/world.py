"""The merchant's system, and time."""

from __future__ import annotations

from typing import Protocol


class Publisher(Protocol):
    """Tells the merchant's system."""

    async def deliver(self, message_id: str, kind: str, payload: bytes) -> bool:
        """Whether it was accepted (2xx). The same `message_id` may arrive again."""
        ...


class Clock(Protocol):
    """Time for what is not decided: time-outs, back-off, intervals. Decisions use the database's clock."""

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait."""
        ...
