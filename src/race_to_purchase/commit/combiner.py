"""One partition's writer: takes what has queued up while the last transaction ran, and commits it as the next one.

There is no timer: an idle partition commits a single command at once, a busy one batches by itself, and decides the
next batch while the one before is being written (`ahead`). What goes wrong falls in three classes. A conflict reads and
decides the batch again. A rejected value, or an error that nobody foresaw, halves the batch until the bad command fails
alone. A database that is gone answers the patient with 503 and keeps the urgent for when it is back; commands carry
their ids, so that running one again after a COMMIT of unknown fate finds what it did the first time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from time import monotonic

from race_to_purchase.commit.ahead import Ahead
from race_to_purchase.commit.laps import Laps
from race_to_purchase.commit.waiting import Lanes, Waiting
from race_to_purchase.errors import DatabaseUnavailable, Overloaded
from race_to_purchase.observe.committed import Committed
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.commit import BatchAgain, BatchCommitted, CommandCommitted, Trouble
from race_to_purchase.observe.request import NOBODY
from race_to_purchase.ports import Conflict, Rejected, Store
from race_to_purchase.rules.commands import Command
from race_to_purchase.rules.decide import Decision, decide, touch
from race_to_purchase.rules.snapshot import Keys, Snapshot, Stale

log = logging.getLogger("race.commit")

Observer = Callable[[Sequence[Committed]], None]
"""Told of every batch after its COMMIT, never before, once its callers have been answered."""

CONFLICTS_MAX = 30
"""So often a batch is decided again before its patient commands are sent away; each time under locks."""

LOCKED_AFTER_CONFLICT = 64
"""Batches that an optimistic partition writes under locks after a conflict: others are after the same rows."""

AHEAD_MIN = 64
"""So many commands are worth a batch of their own while another is written: its fixed cost is 4 µs for each then."""

BACK_OFF_S = (0.05, 2.0)
"""First and longest pause between two tries to reach the database."""


class Combiner:
    """The writer of one partition in this process; see the module."""

    def __init__(self, store: Store, lanes: Lanes, *, batch_max: int, optimistic: bool, observe: Observer) -> None:
        self._store = store
        self._lanes = lanes
        self._batch_max = batch_max
        self._optimistic = optimistic
        self._locked_left = 0
        self._observe = observe
        self._task: asyncio.Task[None] | None = None
        self._pause_s = 0.0
        self._down_until_s = 0.0
        self._enough = min(batch_max, AHEAD_MIN)
        self._waits_for_more: asyncio.Future[None] | None = None

    def put(self, waiting: Waiting) -> None:
        """Queue a command. Overloaded, or DatabaseUnavailable while it was gone a moment ago."""
        if not waiting.urgent and self._pause_s and asyncio.get_running_loop().time() < self._down_until_s:
            raise DatabaseUnavailable(reason="it did not answer a moment ago")
        self._lanes.put(waiting)
        if self._waits_for_more is not None and len(self._lanes) >= self._enough:
            self._go_on()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="combiner")

    @property
    def waiting(self) -> int:
        """Commands that wait to be decided."""
        return len(self._lanes)

    async def drain(self) -> None:
        """Wait until nothing is queued."""
        while self._task is not None:
            await asyncio.wait([self._task])

    def cancel(self) -> None:
        """Stop now; what is queued stays undone, and its rows tell the next process what to do."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while len(self._lanes):
                batch = self._lanes.take(self._batch_max)
                if batch and self._unlocked:
                    await self._run_ahead(batch)
                elif batch:
                    await self._settle(batch)
        finally:
            self._task = None

    @property
    def _unlocked(self) -> bool:
        """Whether batches are decided without locks: nobody could be given one that the batch under way still holds."""
        return self._optimistic and not self._locked_left

    async def _run_ahead(self, batch: list[Waiting]) -> None:
        """Commit batch after batch without locks, each decided on top of the one that is being written meanwhile.

        A batch is written only once the one before is committed, on the versions that this has given its rows. If it
        was not, or anything else is not as expected, the batch is settled in the ordinary way.
        """
        before: Ahead | None = None
        under_way: list[asyncio.Task[None]] = []
        try:
            while batch:
                ahead = Ahead()
                ahead.task = asyncio.create_task(self._go_ahead(ahead, batch, before), name="batch ahead")
                under_way = [*under_way[-1:], ahead.task]
                if before is not None:
                    await before.task
                before, batch = ahead, await self._next(ahead)
            for task in under_way:  # They have nearly always ended: gathering them would cost two turns of the loop.
                await task
        finally:
            for task in under_way:
                task.cancel()

    async def _next(self, before: Ahead) -> list[Waiting]:
        """What is to be decided on top of `before`; nothing where that ends before enough are waiting."""
        await before.decided.wait()
        if len(self._lanes) < self._enough and not before.task.done():
            self._waits_for_more = asyncio.get_running_loop().create_future()
            before.task.add_done_callback(self._go_on)
            await self._waits_for_more
        return self._lanes.take(self._batch_max) if before.bears and self._unlocked else []

    def _go_on(self, _: object = None) -> None:
        if self._waits_for_more is not None and not self._waits_for_more.done():
            self._waits_for_more.set_result(None)
        self._waits_for_more = None

    async def _go_ahead(self, mine: Ahead, batch: list[Waiting], before: Ahead | None) -> None:
        """Decide the batch on top of `before`, write it once that is committed, and tell its callers."""
        if before is not None:
            laps = Laps()
            decisions = await self._write_ahead(mine, batch, before, laps)
            if decisions is not None:
                self._pause_s = 0.0
                if not before.task.done():  # Batches are told in their order.
                    await asyncio.wait([before.task])
                self._tell(batch, decisions, laps)
                return
            if mine.snapshot is not None:
                mine.end(written=False)
            await asyncio.wait([before.task])
        await self._settle(batch, mine)

    async def _write_ahead(
        self, mine: Ahead, batch: list[Waiting], before: Ahead, laps: Laps
    ) -> list[Decision | Exception] | None:
        """What was committed, or None where the batch has to be settled; `mine` tells those who come after."""
        try:
            async with self._store.session() as session:
                laps.lap()
                snapshot = await session.read(keys := _keys(batch), lock=False)
                laps.lap()
                assert before.snapshot is not None, "only one that bears another is built upon"
                snapshot.assume(before.snapshot, keys)
                # What cannot be decided fails nobody: `before` may be another one than it is taken for.
                decisions: list[Decision | Exception] = [_laid(snapshot, waiting) for waiting in batch]
                laps.lap()
                mine.decide(snapshot)
                session.prepare(snapshot)
                before.bears_one = True
                if not await before.written:
                    return None
                laps.rest()
                await session.apply(snapshot)
                laps.lap()
        except Exception as error:  # Whatever it is: `_settle` meets it again, and knows what to do.
            log.debug("a batch of %d was not written ahead: %s", len(batch), error)
            self._locked_left = LOCKED_AFTER_CONFLICT
            _tell_trouble(batch, "conflict")
            return None
        await mine.committed()
        return decisions

    async def _settle(self, batch: list[Waiting], mine: Ahead | None = None) -> None:
        """Commit the batch, whatever it takes, or tell its callers why not; `mine` is told of the first try alone."""
        for tries in range(CONFLICTS_MAX):
            laps = Laps()
            try:
                last = tries == CONFLICTS_MAX - 1
                lock = not self._optimistic or self._locked_left > 0
                decisions = await self._commit(batch, mine, laps, lock=lock, last=last)
            except (Conflict, Stale) as conflict:
                self._locked_left = LOCKED_AFTER_CONFLICT
                _tell_trouble(batch, "conflict")
                log.debug("batch of %d again: %s", len(batch), conflict)
                await asyncio.sleep(random.random() * 0.002 * min(tries, 10))
            except DatabaseUnavailable as gone:
                await self._wait_for_database(batch, gone)
                return
            except Exception as error:
                await self._halve(batch, error)
                return
            else:
                self._pause_s = 0.0
                self._locked_left = max(0, self._locked_left - 1)
                self._tell(batch, decisions, laps)
                return
        self._give_up(batch)

    async def _commit(
        self, batch: list[Waiting], mine: Ahead | None, laps: Laps, *, lock: bool, last: bool
    ) -> list[Decision | Exception]:
        try:
            async with self._store.session() as session:
                laps.lap()
                snapshot = await session.read(_keys(batch), lock=lock)
                laps.lap()
                decisions = [_decided(snapshot, waiting, last=last) for waiting in batch]
                laps.lap()
                if mine is not None and not lock:
                    mine.decide(snapshot)
                await session.apply(snapshot)
                laps.lap()
        except BaseException:
            if mine is not None:
                mine.end(written=False)
            raise
        if mine is not None:
            await mine.committed()
        return decisions

    async def _halve(self, batch: list[Waiting], error: Exception) -> None:
        _tell_trouble(batch, "rejected")
        if len(batch) == 1:
            unforeseen = None if isinstance(error, Rejected) else error
            log.error("%s cannot be committed: %s", _named(batch[0].command), error, exc_info=unforeseen)
            batch[0].fail(error)
            return
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])

    async def _wait_for_database(self, batch: list[Waiting], gone: DatabaseUnavailable) -> None:
        """Nobody knows whether the batch was committed: the patient repeat it by their key, we the urgent ones."""
        _tell_trouble(batch, "database")
        for waiting in batch:
            if not waiting.urgent:
                waiting.fail(gone)
        self._lanes.fail_patient(gone)
        self._lanes.put_back(batch)
        first_s, longest_s = BACK_OFF_S
        self._pause_s = min(longest_s, self._pause_s * 2 or first_s)
        self._down_until_s = asyncio.get_running_loop().time() + self._pause_s
        log.warning("%s; next try in %.2f s", gone, self._pause_s)
        await asyncio.sleep(self._pause_s)

    def _give_up(self, batch: list[Waiting]) -> None:
        log.error("a batch of %d met %d conflicts in a row", len(batch), CONFLICTS_MAX)
        _tell_trouble(batch, "given_up")
        for waiting in batch:
            if not waiting.urgent:
                waiting.fail(Overloaded())
        self._lanes.put_back(batch)

    def _tell(self, batch: list[Waiting], decisions: list[Decision | Exception], laps: Laps) -> None:
        told: list[Committed] = []
        for waiting, decision in zip(batch, decisions, strict=True):
            if isinstance(decision, Exception):
                waiting.fail(decision)
            else:
                waiting.answer(decision.outcome)
                if waiting.cause.trace is not None:
                    _tell_waited(waiting, len(batch))
                told.append(Committed(waiting.command, decision.outcome, decision.rows, waiting.cause))
        try:
            self._observe(told)
        except Exception:
            log.exception("an observer failed; what it was told of is committed")
        first = batch[0]
        waited_s = laps.began_s - first.since_s
        emit(BatchCommitted(first.command.drop_id, len(batch), waited_s, *laps.took, cause=NOBODY))


def _tell_waited(waiting: Waiting, commands: int) -> None:
    took_s = monotonic() - waiting.since_s
    emit(CommandCommitted(type(waiting.command).__name__, commands, took_s, cause=waiting.cause))


def _tell_trouble(batch: list[Waiting], trouble: Trouble) -> None:
    emit(BatchAgain(batch[0].command.drop_id, len(batch), trouble, cause=NOBODY))


def _keys(batch: list[Waiting]) -> Keys:
    keys = Keys()
    for waiting in batch:
        touch(keys, waiting.command, waiting.key)
    return keys


def _decided(snapshot: Snapshot, waiting: Waiting, *, last: bool) -> Decision | Exception:
    """The decision, its rows put into the snapshot; a bug in one decision fails that command alone.

    A row that is missing makes the batch read again. What misses it on the `last` try, too, asks for a row that does
    not exist, and must not take its batch with it.
    """
    try:
        return _laid(snapshot, waiting)
    except Exception as error:
        if isinstance(error, Stale) and not last:
            raise
        log.exception("deciding %s failed", _named(waiting.command))
        return error


def _laid(snapshot: Snapshot, waiting: Waiting) -> Decision:
    """The decision, its rows put into the snapshot."""
    decision = decide(snapshot, waiting.command, waiting.key)
    for row in decision.rows:
        snapshot.put(row)
    return decision


def _named(command: Command) -> str:
    """A command as logs may name it: by its ids, since the whole of it may hold an e-mail address."""
    return f"{type(command).__name__} of {getattr(command, 'checkout_id', command.drop_id)}"
