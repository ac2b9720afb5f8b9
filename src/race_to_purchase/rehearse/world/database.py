"""The database as a process sees it: connections over one store in memory, its clock, and everything that can go wrong.

What the server does runs in the world, not in the process that asked: a COMMIT that was sent is carried out though its
sender is dead, and a lost backend keeps its locks until it notices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar

from race_to_purchase.app.in_memory import MemoryFindings, MemoryInbox, MemoryStore
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.ports import AftersaleCounts, Conflict, DueCheckout, Rejected, Session
from race_to_purchase.rehearse.world.chaos import changes_of
from race_to_purchase.rehearse.world.loop import Owner, at_once, rest_of
from race_to_purchase.rehearse.world.parts import Process, World
from race_to_purchase.rehearse.world.plan import BEGIN
from race_to_purchase.rules.aftersale import DisputeRow
from race_to_purchase.rules.messages import Heap, Kept, Message, MessageState, WebhookEvent, Worked
from race_to_purchase.rules.rows import Attempt, Checkout, DropRow, GatewayStatus, Happened, Order, Pool, Task, TaskKind
from race_to_purchase.rules.snapshot import AftersaleTables, Keys, Snapshot

T = TypeVar("T")

LATE_S = (0.05, 1.5)
"""How much later a lost backend may still commit."""

AT_ONCE = 0.85
"""The share of plain reads that take no time, since waiting for an answer costs more than giving it; the others are
where a process can be struck while it reads. In directed worlds all of them are."""

IDLE_S_MAX = 2.0
"""So long a transaction may be idle before the server ends it."""


def gone(reason: str) -> DatabaseUnavailable:
    """The one error of a database that cannot be reached."""
    return DatabaseUnavailable(reason=reason)


class Database:
    """The server: its rows, its clock, its connections."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = MemoryStore(self.now, give_way=False)
        self.inbox = MemoryInbox(self.store.rows, self.now)
        self.findings = MemoryFindings(self.store.rows)
        self.leader: Owner | None = None
        """The process that reconciles."""
        self.ahead_s = 0.0
        self._now = (0.0, BEGIN)
        self.down = False
        self.at_once = 0.0 if world.chaos.directed else AT_ONCE
        self.connections: dict[Connection, None] = {}

    def now(self) -> datetime:
        """The database's clock."""
        at_s = self.world.loop.now_s + self.ahead_s
        if at_s != self._now[0]:
            self._now = (at_s, BEGIN + timedelta(seconds=at_s))
        return self._now[1]

    def go_down(self) -> None:
        """Every connection is lost; what had not been committed is rolled back."""
        self.down = True
        for connection in list(self.connections):
            connection.close("the server went away")

    def come_back(self) -> None:
        """Connections can be had again."""
        self.down = False

    def leave(self, process: Process) -> None:
        """A process is dead: its idle transactions end when the server notices, a COMMIT under way is finished."""
        for connection in list(self.connections):
            if connection.process is process:
                notices_s = self.world.pick((0.0, 0.0, self.world.between(0.0, IDLE_S_MAX)))
                self.world.later(notices_s, connection.orphan)

    def end_idle(self, process: Process) -> None:
        """The transactions that a frozen process has left idle."""
        for connection in list(self.connections):
            if connection.process is process and connection.serving is None:
                connection.close("idle in transaction for too long")


class Connection:
    """The server's side of one session."""

    def __init__(self, world: World, process: Process) -> None:
        self.process: Process | None = process
        self.serving: asyncio.Task[None] | None = None
        self._world = world
        self._session = world.database.store.session()
        self.inner: Session = at_once(self._session.__aenter__())
        self._lost = ""
        self._orphan = False
        world.database.connections[self] = None

    def send(self, delay_s: float, work: Callable[[Session], Coroutine[Any, Any, T]]) -> asyncio.Future[T]:
        """Let the server do `work` once the request has arrived; the answer."""
        world = self._world
        reply: asyncio.Future[T] = world.loop.create_future()
        world.later(delay_s, self._receive, work, reply)
        return reply

    def send_at_once(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> asyncio.Future[T]:
        """The same, without a way to go."""
        reply: asyncio.Future[T] = self._world.loop.create_future()
        self._receive(work, reply)
        return reply

    def _receive(self, work: Callable[[Session], Coroutine[Any, Any, T]], reply: asyncio.Future[T]) -> None:
        if self._lost:
            _fail(reply, gone(self._lost))
            return
        working = work(self.inner)
        try:  # Nearly always it is done at once; only what waits for a lock needs a task.
            awaited = working.send(None)
        except StopIteration as done:
            self._served(reply, done.value)
        except (Conflict, Rejected, DatabaseUnavailable) as error:
            self._served(reply, error)
        else:
            self.serving = self._world.spawn(self._serve(rest_of(working, awaited), reply))

    async def _serve(self, work: Awaitable[T], reply: asyncio.Future[T]) -> None:
        try:
            self._served(reply, await work)
        except (Conflict, Rejected, DatabaseUnavailable) as error:
            self._served(reply, error)
        except asyncio.CancelledError:
            self._served(reply, gone(self._lost or "cancelled"))

    def _served(self, reply: asyncio.Future[T], end: T | Exception) -> None:
        self.serving = None
        if isinstance(end, Exception):
            _fail(reply, end)
        elif not reply.done():
            reply.set_result(end)
        if self._orphan:
            self.close("nobody is there")

    def lose(self, later_s: float, work: Callable[[Session], Coroutine[Any, Any, T]]) -> None:
        """The client knows no more of it, and the server will still do `work`, its locks held until then."""
        self.process = None
        self._orphan = True
        self.send(later_s, work)

    def orphan(self) -> None:
        """Its client is dead: what is being served is finished, then everything is let go."""
        self._orphan = True
        if self.serving is None:
            self.close("nobody is there")

    def close(self, why: str) -> None:
        """Roll back and let every lock go. Twice is as good as once."""
        if self._lost:
            return
        self._lost = why
        self._world.database.connections.pop(self, None)
        if self.serving is not None:
            self.serving.cancel()
        at_once(self._session.__aexit__(None, None, None))


def _fail(reply: asyncio.Future[Any], error: Exception) -> None:
    if not reply.done():
        reply.set_exception(error)
        # Whoever asked may be dead; nobody has to look.
        reply.exception()


class SimulatedSession:
    """The client's side: `ports.Session` with a wire in between."""

    def __init__(self, world: World, process: Process) -> None:
        self._database = world.database
        self._world = world
        self._process = process
        self._connection: Connection | None = None

    async def __aenter__(self) -> Session:
        kind = self._world.chaos.draw("connect")
        if kind == "crash":
            await self._world.fate.die(self._process)
        if kind == "delay":
            await self._world.pause(self._world.between(0.1, 2.0))
        if kind == "lost" or self._database.down:
            await self._world.pause(self._world.latency_s())
            raise gone("no connection")
        self._connection = Connection(self._world, self._process)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        # A process that is dead tells its database nothing: see Database.leave.
        if self._connection is not None and not self._process.owner.dead:
            self._connection.close("the client left")

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        """See `ports.Session`."""
        assert self._connection is not None
        world = self._world
        kind = world.chaos.draw("read")
        delay_s = world.latency_s()
        if kind == "conflict":
            await world.pause(delay_s)
            raise Conflict("a deadlock, says the simulation")
        if kind == "lost":
            await world.pause(delay_s)
            self._connection.close("the connection was lost")
            raise gone("the connection was lost")
        if kind is None and world.chance.random() < self._database.at_once:
            return await self._connection.send_at_once(lambda inner: inner.read(keys, lock=lock))
        answer = self._connection.send(delay_s, lambda inner: inner.read(keys, lock=lock))
        if kind == "crash":
            await world.fate.die(self._process)
        snapshot = await answer
        if kind == "delay":
            await world.pause(world.between(0.05, 1.5))
        return snapshot

    def prepare(self, snapshot: Snapshot) -> None:
        """See `ports.Session`: there is nothing to do."""

    async def apply(self, snapshot: Snapshot) -> None:
        """See `ports.Session`."""
        assert self._connection is not None
        if not snapshot.dirty:  # Then PostgreSQL has nothing to write either: locks are given back, and that is all.
            return
        kind = self._world.chaos.draw(*changes_of(snapshot))
        delay_s = self._world.latency_s()
        match kind:
            case "crash_before":
                await self._world.fate.die(self._process)
            case "conflict":
                await self._world.pause(delay_s)
                self._world.fate.trouble(self._process)
                raise Conflict("somebody was faster, says the simulation")
            case "rejected":
                await self._world.pause(delay_s)
                self._world.fate.trouble(self._process)
                raise Rejected("a value is refused, says the simulation")
            case "lost_before":
                await self._world.pause(delay_s)
                self._connection.close("the connection was lost")
                raise gone("the connection was lost before COMMIT")
            case "lost_late":
                self._connection.lose(
                    self._world.between(*LATE_S), lambda inner: self._carry_out(inner, snapshot, kind)
                )
                self._connection = None
                await self._world.pause(delay_s)
                raise gone("the connection was lost in COMMIT")
            case "delay":
                delay_s += self._world.between(0.1, 3.0)
            case "freeze":
                self._world.fate.freeze(self._process, self._world.fate.frozen_s(self._process))
        await self._connection.send(delay_s, lambda inner: self._carry_out(inner, snapshot, kind))
        if kind == "lost_after":
            raise gone("the connection was lost after COMMIT")

    async def _carry_out(self, inner: Session, snapshot: Snapshot, kind: str | None) -> None:
        await inner.apply(snapshot)
        self._world.committed(self._process, snapshot, kind)
        if kind == "crash_after":
            self._world.fate.crash(self._process, "after COMMIT")


class SimulatedStore:
    """`ports.Store` and `ports.Reads` of one process."""

    def __init__(self, world: World, process: Process) -> None:
        self._database = world.database
        self._process = process
        self._world = world
        self._rows = world.database.store

    def session(self) -> SimulatedSession:
        """See `ports.Store`."""
        return SimulatedSession(self._world, self._process)

    async def ask(self, name: str, question: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A question to the rows, on the way to which anything may happen."""
        kind = self._world.chaos.draw(f"reads.{name}")
        if kind is None and not self._database.down and self._world.chance.random() < self._database.at_once:
            return at_once(question())
        if kind == "crash":
            await self._world.fate.die(self._process)
        if kind == "lost_after":
            at_once(question())
        if kind == "delay":
            self._world.fate.trouble(self._process)
        await self._world.pause(self._world.between(0.1, 2.0) if kind == "delay" else self._world.latency_s())
        if kind in ("lost", "lost_after") or self._database.down:
            raise gone("the connection was lost")
        return at_once(question())

    async def drop(self, drop_id: str) -> DropRow | None:
        """See `ports.Reads`, here and below."""
        return await self.ask("drop", lambda: self._rows.drop(drop_id))

    async def drops(self) -> Sequence[DropRow]:
        return await self._rows.drops()

    async def shared_pools(self, drop_id: str) -> Sequence[Pool]:
        return await self._rows.shared_pools(drop_id)

    async def checkout(self, checkout_id: str) -> Checkout | None:
        return await self.ask("checkout", lambda: self._rows.checkout(checkout_id))

    async def attempt(self, checkout_id: str, n: int) -> Attempt | None:
        return await self.ask("attempt", lambda: self._rows.attempt(checkout_id, n))

    async def order(self, order_id: str) -> Order | None:
        return await self.ask("order", lambda: self._rows.order(order_id))

    async def history(self, checkout_id: str) -> Sequence[Happened]:
        return await self._rows.history(checkout_id)

    async def next_deadline(self, drop_id: str) -> datetime | None:
        return await self.ask("next_deadline", lambda: self._rows.next_deadline(drop_id))

    async def now(self) -> datetime:
        return await self.ask("now", self._rows.now)

    async def first_deadline(self) -> datetime | None:
        return await self.ask("first_deadline", self._rows.first_deadline)

    async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
        return await self.ask("overdue", lambda: self._rows.overdue(since, until, limit))

    async def take_tasks(self, kinds: Sequence[TaskKind], limit: int, lease_s: float) -> Sequence[Task]:
        return await self.ask("take_tasks", lambda: self._rows.take_tasks(kinds, limit, lease_s))

    async def forget_keys(self, older_than_s: float, limit: int) -> int:
        return await self.ask("forget_keys", lambda: self._rows.forget_keys(older_than_s, limit))

    async def waiting_since(self, gateway: str) -> Sequence[datetime]:
        return await self.ask("waiting_since", lambda: self._rows.waiting_since(gateway))

    async def gateways(self) -> Sequence[GatewayStatus]:
        return await self.ask("gateways", self._rows.gateways)

    async def after(self, order_id: str) -> AftersaleTables:
        return await self.ask("after", lambda: self._rows.after(order_id))

    async def open_disputes(self, limit: int) -> Sequence[DisputeRow]:
        return await self._rows.open_disputes(limit)

    async def aftersale_counts(self, since: datetime) -> AftersaleCounts:
        return await self._rows.aftersale_counts(since)

    async def keep(self, gateway: str, event: WebhookEvent, body: bytes) -> bool:
        """See `ports.Inbox`, here and below."""
        return await self.ask("inbox_keep", lambda: self._database.inbox.keep(gateway, event, body))

    async def take(self, gateway: str, limit: int, lease_s: float) -> Sequence[Message]:
        return await self.ask("inbox_take", lambda: self._database.inbox.take(gateway, limit, lease_s))

    async def put(self, worked: Sequence[Worked]) -> None:
        await self.ask("inbox_put", lambda: self._database.inbox.put(worked))

    async def listed(self, state: MessageState, limit: int) -> Sequence[Kept]:
        return await self._database.inbox.listed(state, limit)

    async def heaps(self) -> Sequence[Heap]:
        return await self._database.inbox.heaps()

    async def forget(self, done_s: float, left_s: float, limit: int) -> int:
        return await self.ask("inbox_forget", lambda: self._database.inbox.forget(done_s, left_s, limit))

    async def ready(self) -> None:
        await self._rows.ready()
