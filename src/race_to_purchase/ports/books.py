"""What reconciliation and the ledger need of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from race_to_purchase.rules.aftersale import RefundRow
from race_to_purchase.rules.ledger import Balance, Frozen
from race_to_purchase.rules.rows import Attempt, Checkout, Finding, Order


class Booked(msgspec.Struct, frozen=True):
    """What the rows say of one checkout's payments, read in one moment; attempts by their number.

    Its refunds are read a moment later.
    """

    checkout: Checkout
    attempts: dict[int, Attempt]
    order: Order | None
    refunds: tuple[RefundRow, ...] = ()


class Findings(Protocol):
    """What reconciliation reads, has found, and how far it has come. All raise DatabaseUnavailable."""

    async def booked(self, checkout_ids: Sequence[str]) -> Mapping[str, Booked]:
        """Checkouts with their attempts and orders, by id; those that do not exist are left out."""
        ...

    async def captured(self, gateway: str, since: datetime, until: datetime) -> Sequence[Attempt]:
        """Attempts at a gateway that began at `since <= began_at < until` and took their money."""
        ...

    async def finding(self, finding_id: str) -> Finding | None:
        """One finding."""
        ...

    async def unended(self, after: str, limit: int, state: str = "") -> Sequence[Finding]:
        """Findings that are open or being repaired (or of that `state`), by id, those after `after`."""
        ...

    async def reached(self) -> Mapping[str, str]:
        """How far each walk has come, by its name."""
        ...

    async def reach(self, walk: str, where: str) -> None:
        """Remember how far a walk has come."""
        ...


class Ledger(Protocol):
    """The journal as a whole. All raise DatabaseUnavailable."""

    async def seal(self, entries: int) -> int:
        """Seal the next `entries`, or as many as there are, always whole transactions; how many. 0 while others do."""
        ...

    async def balances(self, at: datetime | None = None) -> Sequence[Balance]:
        """Every account, by currency and name: as of now, or with what had happened by `at`."""
        ...

    async def frozen(self) -> Sequence[Frozen]:
        """What open disputes hold back, by seller and currency."""
        ...
