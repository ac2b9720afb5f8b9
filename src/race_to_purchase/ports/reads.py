"""Questions about a sale that lock nothing and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from race_to_purchase.rules.aftersale import DisputeRow
from race_to_purchase.rules.rows import Attempt, Checkout, DropRow, GatewayStatus, Happened, Order, Pool, Task, TaskKind
from race_to_purchase.rules.snapshot import AftersaleTables


class DueCheckout(msgspec.Struct, frozen=True):
    """A checkout whose deadline has passed; `pools` are those of its claims."""

    id: str
    drop_id: str
    pools: tuple[str, ...]
    deadline: datetime


class Reads(Protocol):
    """Questions that lock nothing and decide nothing. All raise DatabaseUnavailable."""

    async def drop(self, drop_id: str) -> DropRow | None:
        """One drop."""
        ...

    async def drops(self) -> Sequence[DropRow]:
        """All drops, the newest opening first."""
        ...

    async def shared_pools(self, drop_id: str) -> Sequence[Pool]:
        """Pools of a drop that are not a buyer's, by id."""
        ...

    async def checkout(self, checkout_id: str) -> Checkout | None:
        """One checkout."""
        ...

    async def attempt(self, checkout_id: str, n: int) -> Attempt | None:
        """One payment attempt."""
        ...

    async def order(self, order_id: str) -> Order | None:
        """One order."""
        ...

    async def history(self, checkout_id: str) -> Sequence[Happened]:
        """Everything that happened to a checkout and its attempts, the oldest first."""
        ...

    async def next_deadline(self, drop_id: str) -> datetime | None:
        """When the next reservation of a drop may lapse; None if nothing is held."""
        ...

    async def now(self) -> datetime:
        """The database's clock."""
        ...

    async def first_deadline(self) -> datetime | None:
        """The oldest deadline of all checkouts, ended ones included; None where there are none."""
        ...

    async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
        """Live checkouts with `since <= deadline <= until`, the oldest first.

        Rows that another process is just working on are left out (SKIP LOCKED).
        """
        ...

    async def take_tasks(self, kinds: Sequence[TaskKind], limit: int, lease_s: float) -> Sequence[Task]:
        """Due tasks, taken: nobody else gets them before `lease_s` has passed (SKIP LOCKED)."""
        ...

    async def waiting_since(self, gateway: str) -> Sequence[datetime]:
        """When the attempts began that wait for their turn at a gateway, the oldest first."""
        ...

    async def gateways(self) -> Sequence[GatewayStatus]:
        """The gateways that an operator ever drained, by name."""
        ...

    async def forget_keys(self, older_than_s: float, limit: int) -> int:
        """Delete idempotency keys that old, `limit` at most; how many were deleted."""
        ...

    async def ready(self) -> None:
        """Returns if the database answers and has this schema; DatabaseUnavailable if not."""
        ...


class AftersaleCounts(msgspec.Struct, frozen=True):
    """Orders of a span of time, and what followed some of them."""

    orders: int
    disputed: int
    """Orders about which a dispute took money, even if it was won."""
    refunded: int
    """Orders of which something was refunded."""
    lost: int
    """Orders of which a dispute has taken something for good."""

    @property
    def chargeback_rate(self) -> float | None:
        """M14: disputed orders ÷ orders; None where there are none."""
        return self.disputed / self.orders if self.orders else None


class AftersaleReads(Protocol):
    """Questions about refunds and disputes. All raise DatabaseUnavailable."""

    async def after(self, order_id: str) -> AftersaleTables:
        """What has followed one order: its guard, refunds and disputes, and its sale in the journal."""
        ...

    async def open_disputes(self, limit: int) -> Sequence[DisputeRow]:
        """Disputes that have not ended, those whose evidence is due first in front."""
        ...

    async def aftersale_counts(self, since: datetime) -> AftersaleCounts:
        """M14's numbers, over orders whose checkout was begun since then."""
        ...
