"""What the console asks of the rows. Nothing here locks or decides, and every look has an end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.rows import Attempt, Checkout, Entry, Happened, Order, Pool, Task

FoundBy = Literal["checkout", "buyer", "idempotency_key", "gateway_reference"]


class Acted(msgspec.Struct, frozen=True):
    """Something that happened to a drop or a gateway, or that an operator or the engine did with it."""

    seq: int
    at: datetime
    stream: str
    kind: str
    data: dict[str, Any]


class Owed(msgspec.Struct, frozen=True):
    """Steps of one kind, or messages of one gateway, that are due, and for how long the oldest has been."""

    name: str
    due: int
    oldest_s: float


class GatewayRow(msgspec.Struct, frozen=True):
    """What an operator said of a gateway last."""

    name: str
    drained_at: datetime | None
    why: str
    by: str


class RowsNow(msgspec.Struct, frozen=True):
    """The rows of one drop at one moment of the database's clock. `version` and `closed_at` are the drop's."""

    now: datetime
    definition: Any
    closed_at: datetime | None
    version: int
    pools: tuple[Pool, ...]
    line: LineRow | None
    late: int
    expiring: int
    overdue: int
    owed: tuple[Owed, ...]
    gateways: tuple[GatewayRow, ...]
    actions: tuple[Acted, ...]


class Found(msgspec.Struct, frozen=True):
    """A checkout that fits what was searched, and by what it does."""

    by: FoundBy
    checkout: str
    drop: str
    buyer: str
    state: str
    created_at: datetime
    amount: int
    currency: str


class Message(msgspec.Struct, frozen=True):
    """A message of a gateway about a payment."""

    id: str
    gateway: str
    kind: str
    ref: str
    created_at: datetime
    received_at: datetime
    state: str
    outcome: str
    tries: int


class Purchase(msgspec.Struct, frozen=True):
    """Everything that is stored of one purchase."""

    checkout: Checkout
    attempts: tuple[Attempt, ...]
    order: Order | None
    history: tuple[Happened, ...]
    entries: tuple[Entry, ...]
    tasks: tuple[Task, ...]
    messages: tuple[Message, ...]


class TooMuchToSearch(Exception):
    """There is more to look through than there is time for."""


class ConsoleReads(Protocol):
    """All methods raise DatabaseUnavailable."""

    async def rows_now(self, drop_id: str, actions: int) -> RowsNow | None:
        """A drop as it stands, with its latest actions; None where there is no such drop."""
        ...

    async def actions(self, drop_id: str, most: int) -> Sequence[Acted]:
        """The latest of a drop and of all gateways, the newest first."""
        ...

    async def search(self, text: str, since: datetime, most: int) -> Sequence[Found]:
        """Checkouts by their id (whenever), or, of those begun since then, by buyer, idempotency key, or a gateway's
        reference; the newest first. TooMuchToSearch where that takes too long."""
        ...

    async def purchase(self, checkout_id: str) -> Purchase | None:
        """All of one purchase."""
        ...
