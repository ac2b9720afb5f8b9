"""The store on PostgreSQL: batches over asyncpg, one statement to read and one to write.

A locked batch is BEGIN, read, write, COMMIT. An unlocked one is a read and a conditional write that is its own
transaction, so that no lock spans Python. Questions that decide nothing are in `reads`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import asyncpg

from race_to_purchase.rules.rows import DropRow
from race_to_purchase.rules.snapshot import Keys, Snapshot, Table
from race_to_purchase.store.aftersale import read_after, write_after
from race_to_purchase.store.failures import failure
from race_to_purchase.store.kept import Kept
from race_to_purchase.store.line_rows import changes_of_line, read_line
from race_to_purchase.store.quick_arrays import know_arrays_by_type
from race_to_purchase.store.statements import statement, together, unlocked
from race_to_purchase.store.wire import (
    changes_of,
    drop_of,
    drop_versions,
    drops_of,
    events_of,
    finding_of,
    findings_of,
    gateways_of,
    snapshot_of,
)

SESSION_SETTINGS = {
    "search_path": "race",
    "application_name": "race-to-purchase",
    # A process that is frozen in the middle of a batch loses it, instead of keeping the hot row from the others.
    "idle_in_transaction_session_timeout": "2000",
    "lock_timeout": "1000",
    "tcp_user_timeout": "5000",
    # Plans are cached while tables are still empty, and have to stay good when they are full.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    # Planning anew for each batch costs more than the batch; arrays of any length want the same plan.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
COMMAND_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0


class _Translated:
    """Turns asyncpg's errors into the port's, around everything that talks to the database."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            known = failure(error)
            if known is not None:
                raise known from error


translated = _Translated()


class PostgresSession:
    """One batch on one connection; see `ports.Session`."""

    def __init__(self, connection: Any, definitions: dict[str, DropRow]) -> None:
        self._connection = connection
        self._definitions = definitions
        self._open = False
        self._locked = False
        self._prepared: list[Sequence[Any]] | None = None

    @property
    def open(self) -> bool:
        """Whether it is in a transaction."""
        return self._open

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        """See the port."""
        with translated:
            return await self._read(keys, lock=lock)

    async def _read(self, keys: Keys, *, lock: bool) -> Snapshot:
        if lock:
            await self._connection.execute("BEGIN")
            self._open = self._locked = True
        record = await self._connection.fetchrow(
            statement("read_batch") if lock else unlocked("read_batch"),
            list(keys.drops),
            list(keys.checkouts),
            list(keys.pools),
            [scope for scope, _ in keys.stored],
            [key for _, key in keys.stored],
        )
        snapshot = snapshot_of(record, await self._drops(record))
        if keys.findings:
            found = await self._connection.fetch(statement("read_findings"), sorted(keys.findings))
            snapshot.findings = Table({row["id"]: finding_of(row) for row in found})
        if keys.after:
            snapshot.after = await read_after(self._connection, keys.after)
        if keys.of_line:
            snapshot.line = await read_line(self._connection, keys)
        if keys.booked:
            booked = await self._connection.fetch(statement("read_booked_ids"), sorted(keys.booked))
            snapshot.booked = frozenset(row["order_id"] for row in booked)
        return snapshot

    async def _drops(self, record: Any) -> dict[str, DropRow]:
        """Definitions change rarely: only those of another version are fetched."""
        versions = drop_versions(record)
        missing = [id_ for id_, version in versions if getattr(self._definitions.get(id_), "version", None) != version]
        if missing:
            for row in await self._connection.fetch(statement("read_drops"), missing):
                self._definitions[row["id"]] = drop_of(row)
        return {id_: self._definitions[id_] for id_, _ in versions}

    def prepare(self, snapshot: Snapshot) -> None:
        """See the port."""
        self._prepared = changes_of(snapshot, locked=self._locked)

    async def apply(self, snapshot: Snapshot) -> None:
        """See the port."""
        with translated:
            await self._apply(snapshot)

    async def _apply(self, snapshot: Snapshot) -> None:
        if snapshot.dirty:
            if snapshot.apart:
                await self._apply_apart(snapshot)
            changes = self._prepared or changes_of(snapshot, locked=self._locked)
            if snapshot.line is not None and snapshot.line.changed:
                written = together("write_batch", "write_line")
                await self._connection.fetchval(written, *changes, *changes_of_line(snapshot.line))
            else:
                await self._connection.fetchval(statement("write_batch"), *changes)
        if self._open:
            self._open = False
            await self._connection.execute("COMMIT")

    async def _apply_apart(self, snapshot: Snapshot) -> None:
        """What few batches write has statements of its own, so that the others do not carry it."""
        if not self._open:
            await self._connection.execute("BEGIN")
            self._open = True
        for name, columns in (("write_drops", drops_of(snapshot)), ("write_findings", findings_of(snapshot))):
            if columns[0]:
                written = await self._connection.fetch(statement(name), *columns)
                if len(written) != len(columns[0]):
                    await self._connection.fetchval("SELECT conflict($1)", name)
        if snapshot.after is not None and snapshot.after.changed:
            await write_after(self._connection, snapshot.after)
        if snapshot.events:
            await self._connection.execute(statement("write_events"), *events_of(snapshot))
        if snapshot.gateways:  # Never without an event.
            await self._connection.execute(statement("write_gateways"), *gateways_of(snapshot))

    async def close(self) -> None:
        """Undo what was not applied; a connection that cannot even do that is cut."""
        try:
            if self._connection.is_closed():
                return
        except asyncpg.InterfaceError:  # It broke, and the pool has taken it back already.
            return
        if self._open or self._connection.is_in_transaction():
            try:
                await self._connection.execute("ROLLBACK", timeout=1)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                self._connection.terminate()


class PostgresStore:
    """The store on PostgreSQL; see `ports.Store`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._kept = Kept(pool, pool.get_max_size(), CONNECT_TIMEOUT_S)
        self._definitions: dict[str, DropRow] = {}

    @classmethod
    async def open(cls, dsn: str, *, connections: int = 8) -> Self:
        """Connect; the database must be migrated. DatabaseUnavailable where that fails."""
        know_arrays_by_type()
        with translated:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=connections,
                command_timeout=COMMAND_TIMEOUT_S,
                timeout=CONNECT_TIMEOUT_S,
                server_settings=SESSION_SETTINGS,
                reset=_keep_as_it_is,
            )
        return cls(pool)

    async def close(self) -> None:
        """Close every connection, those in use after at most two seconds."""
        await self._kept.close()
        try:
            await asyncio.wait_for(self.pool.close(), 2)
        except TimeoutError:
            self.pool.terminate()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[PostgresSession]:
        """See the port."""
        with translated:
            connection = await self._kept.take()
            sound = False
            try:
                session = PostgresSession(connection, self._definitions)
                try:
                    yield session
                    sound = not session.open
                finally:
                    await session.close()
            finally:
                await self._kept.give(connection, sound=sound)

    @property
    def connections_used(self) -> int:
        """How many are at work now."""
        return self.pool.get_size() - self.pool.get_idle_size() - len(self._kept)


async def _keep_as_it_is(_connection: Any) -> None:
    """Sessions leave nothing behind that would need a reset, which would cost a round trip a batch."""
