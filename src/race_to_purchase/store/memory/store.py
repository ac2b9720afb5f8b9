"""The rows in memory: the same promises as PostgreSQL, for tests and simulations, and gone with the process.

Everything that a database does for the committer is here in its plainest form: locks in one order, versions,
unique keys, checks, all or nothing. What takes a round trip there gives way to other tasks here, so that what can
interleave there can interleave here. The clock is handed in: a simulation turns it as it likes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from copy import copy
from datetime import datetime, timedelta
from types import TracebackType
from typing import TypeVar

from msgspec.structs import replace

from race_to_purchase.ports import Conflict, DueCheckout, Rejected, Session
from race_to_purchase.rules.checkout import EXPIRING, HOLDING
from race_to_purchase.rules.ledger import Balance, Frozen
from race_to_purchase.rules.ledger_after import frozen
from race_to_purchase.rules.rows import (
    TURNED_DUE_WITHIN,
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
    StoredKey,
    Task,
    TaskDone,
    TaskKind,
    TaskTurned,
    attempt_id,
)
from race_to_purchase.rules.snapshot import Keys, Snapshot, Table
from race_to_purchase.store.memory.aftersale import AfterTables, MemoryAftersale
from race_to_purchase.store.memory.line_tables import KeptLines
from race_to_purchase.store.memory.pools import counts, moved, within_bounds
from race_to_purchase.store.memory.tables import check_versions, pick, write

LockName = tuple[str, str]
"""Table and id; sorted, checkouts come before pools, which is the order of every process."""

K = TypeVar("K")
R = TypeVar("R")


class MemoryStore(MemoryAftersale):
    """Store and Reads of `ports`, in this process. `clock` gives the aware time that decisions see.

    Who puts a wire of their own in front says that it need not `give_way`.
    """

    def __init__(self, clock: Callable[[], datetime], *, give_way: bool = True) -> None:
        self._clock = clock
        self._give_way = give_way
        self._rows = Rows()
        self._locks = RowLocks()

    @property
    def rows(self) -> Rows:
        """The tables themselves, for those who check them."""
        return self._rows

    def session(self) -> AbstractAsyncContextManager[Session]:
        """See `ports.Store`."""
        return MemorySession(self._rows, self._locks, self._clock, give_way=self._give_way)

    async def drop(self, drop_id: str) -> DropRow | None:
        """See `ports.Reads`, here and below."""
        return self._rows.drops.get(drop_id)

    async def drops(self) -> Sequence[DropRow]:
        by_id = sorted(self._rows.drops.values(), key=lambda row: row.id)
        return sorted(by_id, key=lambda row: row.definition.opens_at, reverse=True)

    async def shared_pools(self, drop_id: str) -> Sequence[Pool]:
        pools = (pool for pool in self._rows.pools.values() if pool.drop_id == drop_id)
        return sorted((pool for pool in pools if pool.kind not in ("buyer", "ticket")), key=lambda pool: pool.id)

    async def checkout(self, checkout_id: str) -> Checkout | None:
        return self._rows.checkouts.get(checkout_id)

    async def attempt(self, checkout_id: str, n: int) -> Attempt | None:
        return self._rows.attempts.get((checkout_id, n))

    async def order(self, order_id: str) -> Order | None:
        return self._rows.orders.get(order_id)

    async def history(self, checkout_id: str) -> Sequence[Happened]:
        checkout = self._rows.checkouts.get(checkout_id)
        numbers = range(1, checkout.live_n + 1) if checkout is not None else ()
        subjects = (checkout_id, *(attempt_id(checkout_id, n) for n in numbers))
        lines = [line for subject in subjects for line in self._rows.history.get(subject, ())]
        return sorted(lines, key=lambda line: line.at)

    async def next_deadline(self, drop_id: str) -> datetime | None:
        now = self._clock()
        live = (self._rows.checkouts[checkout_id] for checkout_id in self._rows.live)
        holding = (row for row in live if row.drop_id == drop_id and row.state in HOLDING)
        return min((row.deadline for row in holding if row.deadline > now), default=None)

    async def now(self) -> datetime:
        return self._clock()

    async def first_deadline(self) -> datetime | None:
        return min((row.deadline for row in self._rows.checkouts.values()), default=None)

    async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
        live = (self._rows.checkouts[checkout_id] for checkout_id in self._rows.live)
        late = (row for row in live if since <= row.deadline <= until)
        due = [
            DueCheckout(row.id, row.drop_id, row.claims.pools, row.deadline)
            for row in late
            if not self._locks.taken(("checkout", row.id))
        ]
        return sorted(due, key=lambda row: (row.deadline, row.id))[:limit]

    async def take_tasks(self, kinds: Sequence[TaskKind], limit: int, lease_s: float) -> Sequence[Task]:
        now = self._clock()
        due = [task for task in self._rows.tasks.values() if task.kind in kinds and task.due_at <= now]
        leased_until = now + timedelta(seconds=lease_s)
        taken = [replace(task, due_at=leased_until) for task in sorted(due, key=lambda task: task.due_at)[:limit]]
        self._rows.tasks.update((task.id, task) for task in taken)
        return taken

    async def waiting_since(self, gateway: str) -> Sequence[datetime]:
        owed = (self._rows.attempts.get((task.checkout_id, task.n)) for task in self._rows.tasks.values())
        waiting = (row for row in owed if row is not None and row.state == "prepared" and row.gateway == gateway)
        return sorted(row.began_at for row in waiting)

    async def gateways(self) -> Sequence[GatewayStatus]:
        return [self._rows.gateways[name] for name in sorted(self._rows.gateways)]

    async def forget_keys(self, older_than_s: float, limit: int) -> int:
        horizon = self._clock() - timedelta(seconds=older_than_s)
        old = [name for name, row in self._rows.stored.items() if row.created_at < horizon][:limit]
        for name in old:
            del self._rows.stored[name]
        return len(old)

    async def seal(self, entries: int) -> int:
        """See `ports.Ledger`. Whoever could change an entry here could change its seal as well."""
        return 0

    async def balances(self, at: datetime | None = None) -> Sequence[Balance]:
        """See `ports.Ledger`."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for entry in self.rows.entries.values():
            if at is None or entry.at <= at:
                for account, amount in zip(entry.accounts, entry.amounts, strict=True):
                    debit, credit = sums.get((entry.currency, account), (0, 0))
                    sums[(entry.currency, account)] = (debit + max(amount, 0), credit - min(amount, 0))
        return [Balance(account, currency, *moved) for (currency, account), moved in sorted(sums.items())]

    async def frozen(self) -> Sequence[Frozen]:
        """See `ports.Ledger`."""
        return frozen((row, self.rows.entries[(row.order_id, 0)]) for row in self.rows.disputes.values())

    async def ready(self) -> None:
        """Memory always answers."""


class MemorySession:
    """One batch; see `ports.Session`. Locks last until `apply` or until the session is left."""

    def __init__(self, rows: Rows, locks: RowLocks, clock: Callable[[], datetime], *, give_way: bool) -> None:
        self._give_way = give_way
        self._rows = rows
        self._locks = locks
        self._clock = clock
        self._held: dict[LockName, None] = {}
        self._locked = False

    async def __aenter__(self) -> MemorySession:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._release()

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        """Locks only rows that exist when their table's turn has come; one inserted later is as good as absent."""
        if self._give_way:
            await asyncio.sleep(0)
        if not lock:
            return self._rows.read(self._clock(), keys)
        self._locked = True
        wanted = copy(keys)
        wanted.checkouts = await self._lock("checkout", keys.checkouts & self._rows.checkouts.keys())
        wanted.pools = await self._lock("pool", keys.pools & self._rows.pools.keys())
        return self._rows.read(self._clock(), wanted)

    def prepare(self, snapshot: Snapshot) -> None:
        """There is nothing to do."""

    async def apply(self, snapshot: Snapshot) -> None:
        """Nothing can run between the checks and the writes, so a batch is all or nothing."""
        if self._give_way:
            await asyncio.sleep(0)
        await self._lock("checkout", {row.id for row in snapshot.checkouts.updates()})
        await self._lock("pool", {row.id for row in snapshot.pools.updates()})
        pools = snapshot.pools if self._locked else moved(snapshot.pools, self._rows.pools)
        self._rows.check(snapshot, pools)
        self._rows.write(snapshot, pools)
        self._release()

    async def _lock(self, table: str, ids: set[str]) -> set[str]:
        """Lock what is not locked by us yet, in the order of every process; what was asked for."""
        for row_id in sorted(ids) if len(ids) > 1 else ids:
            name = (table, row_id)
            if name not in self._held:
                if not self._locks.take_free(name):
                    await self._locks.take(name)
                self._held[name] = None
        return ids

    def _release(self) -> None:
        for name in self._held:
            self._locks.give(name)
        self._held.clear()


class RowLocks:
    """One exclusive lock a row, served in the order of asking; unused ones take no memory."""

    def __init__(self) -> None:
        self._queues: dict[LockName, deque[asyncio.Future[None]]] = {}

    def take_free(self, name: LockName) -> bool:
        """Take the row if nobody has it."""
        if name in self._queues:
            return False
        self._queues[name] = deque()
        return True

    async def take(self, name: LockName) -> None:
        """Wait until the row is free, and take it."""
        if self.take_free(name):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues[name].append(turn)
        try:
            await turn
        except BaseException:
            if not turn.cancelled():
                self.give(name)  # its turn had come, and nobody is there any more
            raise

    def give(self, name: LockName) -> None:
        """Let the next one have it who still waits."""
        queue = self._queues[name]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._queues[name]

    def taken(self, name: LockName) -> bool:
        """Whether somebody has the row."""
        return name in self._queues


class Rows(AfterTables):
    """The tables. `live` are the checkouts that their deadline will end, so that nobody has to look at all."""

    def __init__(self) -> None:
        super().__init__()
        self.drops: dict[str, DropRow] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.attempts: dict[tuple[str, int], Attempt] = {}
        self.pools: dict[str, Pool] = {}
        self.stored: dict[tuple[str, str], StoredKey] = {}
        self.orders: dict[str, Order] = {}
        self.entries: dict[tuple[str, int], Entry] = {}
        self.tasks: dict[str, Task] = {}
        self.buyers: dict[str, Buyer] = {}
        self.history: dict[str, list[Happened]] = {}
        self.events: list[Event] = []
        self.gateways: dict[str, GatewayStatus] = {}
        self.live: dict[str, None] = {}
        self.findings: dict[str, Finding] = {}
        self.of_lines = KeptLines()

    def read(self, now: datetime, keys: Keys) -> Snapshot:
        """Those of the rows that exist, with all attempts of the checkouts."""
        found = pick(self.checkouts, keys.checkouts)
        tried = [(row.id, n) for row in found.values() if row.live_n for n in range(1, row.live_n + 1)]
        snapshot = Snapshot(
            now,
            drops=pick(self.drops, keys.drops),
            checkouts=found,
            attempts=pick(self.attempts, tried),
            pools=pick(self.pools, keys.pools),
            stored=pick(self.stored, keys.stored),
        )
        if keys.findings:
            snapshot.findings = Table(pick(self.findings, keys.findings))
        if keys.after:
            snapshot.after = self.after(keys.after)
        snapshot.line = self.of_lines.read(keys)
        if keys.booked:
            snapshot.booked = frozenset(order_id for order_id, _ in self.entries if order_id in keys.booked)
        return snapshot

    def check(self, snapshot: Snapshot, pools: Table[str, Pool]) -> None:
        """Conflict where somebody was faster, Rejected where a row says what no row may say; changes nothing."""
        check_versions(snapshot.drops, self.drops)
        check_versions(snapshot.checkouts, self.checkouts)
        check_versions(snapshot.attempts, self.attempts)
        check_versions(pools, self.pools)
        check_versions(snapshot.findings, self.findings)
        for pool_id in pools.changed:
            if not within_bounds(pools[pool_id]):
                raise Rejected(counts(pools[pool_id]))
        for name in snapshot.attempts.changed:
            _check_attempt(snapshot.attempts[name])
        for entry in snapshot.entries:
            _check_entry(entry)
        if snapshot.after is not None:
            self.check_after(snapshot.after)
        self.of_lines.check(snapshot.line)
        _check_new("idempotency key", [(row.scope, row.key) for row in snapshot.stored.inserts()], self.stored)
        _check_new("order", [row.id for row in snapshot.orders], self.orders)
        _check_new("entry", [(row.order_id, row.entry) for row in snapshot.entries], self.entries)

    def write(self, snapshot: Snapshot, pools: Table[str, Pool]) -> None:
        """Everything that was put, after `check` let it pass."""
        write(snapshot.drops, self.drops)
        write(snapshot.checkouts, self.checkouts)
        write(snapshot.attempts, self.attempts)
        write(pools, self.pools)
        write(snapshot.findings, self.findings)
        for known in snapshot.stored.inserts():
            self.stored[known.scope, known.key] = known
        for order in snapshot.orders:
            self.orders[order.id] = order
        for entry in snapshot.entries:
            self.entries[entry.order_id, entry.entry] = entry
        self.buyers.update(snapshot.buyers)
        self.events.extend(snapshot.events)
        for name, status in snapshot.gateways.items():
            before = self.gateways.get(name)
            since = (before.drained_at if before else None) or status.drained_at
            self.gateways[name] = replace(status, drained_at=status.drained_at and since)
        if snapshot.after is not None:
            self.write_after(snapshot.after)
        self.of_lines.write(snapshot.line)
        for subject, lines in snapshot.history.items():
            self.history.setdefault(subject, []).extend(lines)
        for task in snapshot.tasks.values():
            self._write_task(task, snapshot.now)
        for checkout_id in snapshot.checkouts.changed:
            if self.checkouts[checkout_id].state in EXPIRING:
                self.live[checkout_id] = None
            else:
                self.live.pop(checkout_id, None)

    def _write_task(self, row: Task | TaskTurned | TaskDone, now: datetime) -> None:
        known = self.tasks.get(row.id)
        match row:
            case Task():
                tries = row.tries if known is None else known.tries + row.tries
                self.tasks[row.id] = replace(row, tries=tries)
            case TaskTurned(kind=kind) if known is not None:
                self.tasks[row.id] = replace(known, kind=kind, due_at=min(known.due_at, now + TURNED_DUE_WITHIN))
            case TaskDone():
                self.tasks.pop(row.id, None)


def _check_new(what: str, names: Sequence[K], table: Mapping[K, object]) -> None:
    seen: set[K] = set()
    for name in names:
        if name in table or name in seen:
            raise Conflict(f"{what} {name} exists")
        seen.add(name)


def _check_attempt(attempt: Attempt) -> None:
    if attempt.gateway_ref is None and attempt.state in ("authorized", "committed", "captured"):
        raise Rejected(f"attempt {attempt.checkout_id}/{attempt.n} is {attempt.state} without a gateway's reference")


def _check_entry(entry: Entry) -> None:
    if sum(entry.amounts) != 0 or len(entry.accounts) != len(entry.amounts):
        raise Rejected(f"journal entry {entry.order_id}/{entry.entry} does not balance: {entry.amounts}")
