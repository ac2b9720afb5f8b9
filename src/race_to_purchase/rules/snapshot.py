"""The rows that a batch of commands decides on, and what its decisions have changed so far.

A store fills it with what it read; `put` lays one decision's rows over it, so that the next decision sees them; a
store then writes what was put. `decide` only reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.line.rows import GrantRow, LineRow, PassGone, PassRow
from race_to_purchase.rules.rows import (
    Attempt,
    Buyer,
    Checkout,
    DropRow,
    Entry,
    Event,
    Finding,
    GatewayStatus,
    Happened,
    Order,
    Pool,
    Quote,
    Row,
    StoredKey,
    Task,
    TaskDone,
    TaskTurned,
)


class Keys(msgspec.Struct):
    """What has to be read before a batch can be decided; attempts and tasks are those of the checkouts."""

    drops: set[str] = msgspec.field(default_factory=set)
    checkouts: set[str] = msgspec.field(default_factory=set)
    pools: set[str] = msgspec.field(default_factory=set)
    stored: set[tuple[str, str]] = msgspec.field(default_factory=set)
    findings: set[str] = msgspec.field(default_factory=set)
    after: set[str] = msgspec.field(default_factory=set)
    """Orders whose refunds, disputes and journal are read as well."""
    booked: set[str] = msgspec.field(default_factory=set)
    lines: set[str] = msgspec.field(default_factory=set)
    """Drops whose line is read as well."""
    passes: set[tuple[str, str]] = msgspec.field(default_factory=set)
    """Drop and ticket of passes."""
    grants: set[tuple[str, str]] = msgspec.field(default_factory=set)
    """Drop and id of grants."""

    @property
    def of_line(self) -> bool:
        """Whether anything of a line is asked for."""
        return bool(self.lines or self.passes or self.grants)


class Stale(Exception):
    """A row that must exist was not in the snapshot: it was written while the batch waited. Read again."""


K = TypeVar("K")
R = TypeVar("R")


class Table(dict[K, R]):
    """Rows of one kind by key; `read` are those that the database already has, as it has them, `changed` the keys of
    those put since."""

    __slots__ = ("changed", "read")

    def __init__(self, rows: dict[K, R] | None = None) -> None:
        if rows:  # Of a snapshot's tables most are empty.
            super().__init__(rows)
        self.read: dict[K, R] = dict(rows) if rows else {}
        self.changed: dict[K, None] = {}

    def assume(self, key: K, row: R) -> None:
        """Take `row` for what the database has, though it was not read from there."""
        self[key] = row
        self.read[key] = row

    def put(self, key: K, row: R) -> None:
        """Lay `row` over what is there."""
        self[key] = row
        self.changed[key] = None

    def inserts(self) -> list[R]:
        """Rows that are new, sorted by key, so that every process inserts in one order."""
        # Keys are strings, or pairs of them and numbers, so that they can be sorted.
        return [self[key] for key in sorted(self.changed) if key not in self.read]  # type: ignore[type-var]

    def updates(self) -> list[R]:
        """Rows that were read and have changed."""
        return [self[key] for key in self.changed if key in self.read]


class Posted(msgspec.Struct, frozen=True):
    """What the journal has of one order: the entry of its sale, and how many there are."""

    sale: Entry
    entries: int


class AftersaleTables:
    """Refunds, disputes and journal of orders; a snapshot has it only where a command of its batch asks for it."""

    def __init__(
        self,
        guards: dict[str, Refundable] | None = None,
        refunds: dict[tuple[str, int], RefundRow] | None = None,
        disputes: dict[tuple[str, str], DisputeRow] | None = None,
        booked: dict[str, Posted] | None = None,
    ) -> None:
        self.guards = Table(guards)
        self.refunds = Table(refunds)
        self.disputes = Table(disputes)
        self.booked = booked or {}

    @property
    def changed(self) -> bool:
        """Whether anything of it has to be written."""
        return bool(self.guards.changed or self.refunds.changed or self.disputes.changed)

    def refunds_of(self, order_id: str) -> list[RefundRow]:
        """The refunds of one order, the first first."""
        return [self.refunds[name] for name in sorted(self.refunds) if name[0] == order_id]


class LineTables:
    """What is stored of lines; a snapshot has it only where a command of its batch asks for it."""

    def __init__(
        self,
        lines: dict[str, LineRow] | None = None,
        passes: dict[tuple[str, str], PassRow] | None = None,
        grants: dict[tuple[str, str], GrantRow] | None = None,
    ) -> None:
        self.lines = Table(lines)
        self.passes = Table(passes)
        self.grants = Table(grants)
        self.gone: dict[tuple[str, str], PassRow] = {}
        """Passes to delete, as they were read."""

    @property
    def changed(self) -> bool:
        """Whether anything of it has to be written."""
        return bool(self.lines.changed or self.passes.changed or self.grants.changed or self.gone)

    def put_pass(self, row: PassRow) -> None:
        """Lay a pass over what is there, or over what this batch would have deleted."""
        gone = self.gone.pop((row.drop_id, row.tid), None)
        self.passes.put((row.drop_id, row.tid), row if gone is None else replace(row, version=gone.version))

    def take_pass(self, gone: PassGone) -> None:
        """Take a pass away; one that this batch has made was never there."""
        key = (gone.drop_id, gone.tid)
        row = self.passes.pop(key)
        self.passes.changed.pop(key, None)
        if key in self.passes.read:
            self.gone[key] = row


class Snapshot:
    """See the module. `now` is the database's clock, read after every lock was held."""

    def __init__(
        self,
        now: datetime,
        drops: dict[str, DropRow] | None = None,
        checkouts: dict[str, Checkout] | None = None,
        attempts: dict[tuple[str, int], Attempt] | None = None,
        pools: dict[str, Pool] | None = None,
        stored: dict[tuple[str, str], StoredKey] | None = None,
    ) -> None:
        self.now = now
        self.drops = Table(drops)
        self.checkouts = Table(checkouts)
        self.attempts = Table(attempts)
        self.pools = Table(pools)
        self.stored = Table(stored)
        self.findings: Table[str, Finding] = Table()
        self.booked: frozenset[str] = frozenset()
        self.orders: list[Order] = []
        self.entries: list[Entry] = []
        self.tasks: dict[str, Task | TaskTurned | TaskDone] = {}
        self.buyers: dict[str, Buyer] = {}
        self.history: dict[str, list[Happened]] = {}
        self.events: list[Event] = []
        self.gateways: dict[str, GatewayStatus] = {}
        self.after: AftersaleTables | None = None
        self.line: LineTables | None = None
        self.quotes: dict[tuple[str, tuple[Line, ...], str | None], Quote] = {}
        """Prices by drop, lines and promo, since most buyers of one batch want the same; until a drop changes."""

    def assume(self, earlier: Snapshot, keys: Keys) -> None:
        """Take what was put into `earlier` for committed, as far as it is among `keys`; newer rows read here stand."""
        _assume(self.checkouts, earlier.checkouts, earlier.checkouts.changed.keys() & keys.checkouts)
        _assume(self.pools, earlier.pools, earlier.pools.changed.keys() & keys.pools)
        attempts = {key for key in earlier.attempts.changed if key[0] in keys.checkouts}
        _assume(self.attempts, earlier.attempts, attempts)
        for key in earlier.stored.changed.keys() & keys.stored:
            self.stored.assume(key, earlier.stored[key])

    def attempt(self, checkout_id: str, n: int) -> Attempt:
        """The attempt, which must exist; Stale if it was inserted while this snapshot waited for a lock."""
        try:
            return self.attempts[(checkout_id, n)]
        except KeyError:
            raise Stale(f"attempt {checkout_id}/{n}") from None

    @property
    def aftersale(self) -> AftersaleTables:
        """What followed the orders of this batch, which `touch` asked for."""
        assert self.after is not None, "the keys did not name this order"
        return self.after

    @property
    def lines(self) -> LineTables:
        """What is stored of the lines of this batch, which `touch` asked for."""
        assert self.line is not None, "the keys did not name this line"
        return self.line

    def put(self, row: Row) -> None:
        """Lay one row of a decision over the snapshot."""
        _PUT[type(row)](self, row)

    def put_drop(self, row: DropRow) -> None:
        """Lay a drop over the snapshot, and forget what its carts cost before."""
        self.drops.put(row.id, row)
        self.quotes.clear()

    @property
    def dirty(self) -> bool:
        """Whether anything has to be written."""
        return bool(
            self.pools.changed
            or self.checkouts.changed
            or self.attempts.changed
            or self.stored.changed
            or self.tasks
            or self.orders
            or self.entries
            or self.history
            or self.buyers
            or self.rare
        )

    @property
    def rare(self) -> bool:
        """Whether anything of it is written that no purchase writes; `assume` knows nothing of that."""
        return self.apart or (self.line is not None and self.line.changed)

    @property
    def apart(self) -> bool:
        """Whether anything of it is written so seldom that no batch of buyers has it."""
        return bool(
            self.drops.changed
            or self.events
            or self.findings.changed
            or (self.after is not None and self.after.changed)
        )


# A batch puts thousands of rows: a look-up by type costs a third of a match over thirteen classes.
_PUT: dict[type, Callable[[Snapshot, Any], None]] = {
    Pool: lambda snapshot, row: snapshot.pools.put(row.id, row),
    Checkout: lambda snapshot, row: snapshot.checkouts.put(row.id, row),
    Attempt: lambda snapshot, row: snapshot.attempts.put((row.checkout_id, row.n), row),
    Happened: lambda snapshot, row: snapshot.history.setdefault(row.subject, []).append(row),
    StoredKey: lambda snapshot, row: snapshot.stored.put((row.scope, row.key), row),
    Task: lambda snapshot, row: snapshot.tasks.update({row.id: row}),
    TaskTurned: lambda snapshot, row: snapshot.tasks.update({row.id: row}),
    TaskDone: lambda snapshot, row: snapshot.tasks.update({row.id: row}),
    Buyer: lambda snapshot, row: snapshot.buyers.update({row.id: row}),
    Order: lambda snapshot, row: snapshot.orders.append(row),
    Entry: lambda snapshot, row: snapshot.entries.append(row),
    DropRow: Snapshot.put_drop,
    Event: lambda snapshot, row: snapshot.events.append(row),
    Finding: lambda snapshot, row: snapshot.findings.put(row.id, row),
    GatewayStatus: lambda snapshot, row: snapshot.gateways.update({row.name: row}),
    Refundable: lambda snapshot, row: snapshot.aftersale.guards.put(row.order_id, row),
    RefundRow: lambda snapshot, row: snapshot.aftersale.refunds.put((row.order_id, row.n), row),
    DisputeRow: lambda snapshot, row: snapshot.aftersale.disputes.put((row.gateway, row.id), row),
    LineRow: lambda snapshot, row: snapshot.lines.lines.put(row.drop_id, row),
    PassRow: lambda snapshot, row: snapshot.lines.put_pass(row),
    PassGone: lambda snapshot, row: snapshot.lines.take_pass(row),
    GrantRow: lambda snapshot, row: snapshot.lines.grants.put((row.drop_id, row.id), row),
}


V = TypeVar("V", Pool, Checkout, Attempt)


def _assume(table: Table[K, V], earlier: Table[K, V], keys: Set[K]) -> None:
    """Rows of `earlier` with the version that writing them gives."""
    for key in keys:
        row = earlier[key]
        if key in earlier.read:
            row = msgspec.structs.replace(row, version=row.version + 1)
        here = table.get(key)
        if here is None or here.version < row.version:
            table.assume(key, row)
