"""Protocols of what chooses a gateway (`route.Router`) and of the queue before one (`paced.PacedGateway`).

A gateway that is not paced has no queue, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.route import Facts
from race_to_purchase.ports import Gateway


class Choice(Protocol):
    """Chooses between gateways."""

    def choose(self, facts: Facts, tried: Collection[str] = ()) -> str | None:
        """The gateway for a payment, or for what `tried` ones could not take; None where there is none now."""
        ...

    def pause_s(self, facts: Facts) -> float:
        """When it is worth trying again to choose, where there was none."""
        ...

    def gives_up(self, gateway: str) -> bool:
        """Whether a payment that got no answer there is given up, and goes to another one."""
        ...


class Queue(Protocol):
    """The queue before a gateway; see `paced.PacedGateway`."""

    def enter(self, key: str) -> None:
        """Take a place for the payment that will be made under `key`."""
        ...

    def leave(self, key: str) -> None:
        """Give it up again."""
        ...

    async def turn(self, key: str) -> None:
        """Wait until the payment may be sent."""
        ...

    def position(self, key: str) -> int | None:
        """1 for the next one; None for what does not wait here."""
        ...

    def wait_s(self, key: str) -> float:
        """How long it will wait, by estimate."""
        ...


class NoQueue:
    """Nobody waits."""

    def enter(self, key: str) -> None:
        """See Queue, here and below."""

    def leave(self, key: str) -> None:
        """Nothing is left."""

    async def turn(self, key: str) -> None:
        """It is always one's turn."""

    def position(self, key: str) -> int | None:
        """No place is needed."""
        return None

    def wait_s(self, key: str) -> float:
        """No time at all."""
        return 0.0


NO_QUEUE = NoQueue()


def queue_of(gateway: Gateway) -> Queue:
    """The queue before a gateway, if it has one."""
    return gateway if isinstance(gateway, PacedGateway) else NO_QUEUE
