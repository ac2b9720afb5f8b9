"""Tasks: made and moved by decisions, leased by loops, gone when they are done."""

import asyncio
from datetime import datetime, timedelta

from msgspec.structs import replace

from race_to_purchase.ports import Reads, Store
from race_to_purchase.rules.rows import Task, TaskDone, TaskKind, TaskTurned
from tests.conformance.batches import insert
from tests.samples import a_checkout, a_task

ALL: tuple[TaskKind, ...] = ("resolve", "capture", "void", "deliver")
SECOND = timedelta(seconds=1)


def overdue(now: datetime, by_s: float = 1, **changes: object) -> Task:
    """A task of a checkout of its own."""
    return replace(a_task(a_checkout(), due_at=now - timedelta(seconds=by_s)), **changes)


async def take(reads: Reads, *, limit: int = 100, lease_s: float = 60) -> list[Task]:
    """All due tasks, in an order that tests can compare."""
    return sorted(await reads.take_tasks(ALL, limit, lease_s), key=lambda task: task.id)


class TestTaking:
    async def test_a_due_task_is_taken_as_it_was_written(self, store: Store, reads: Reads, now: datetime) -> None:
        task = overdue(now, tries=2)
        await insert(store, task)
        (taken,) = await take(reads)
        assert replace(taken, due_at=task.due_at) == task

    async def test_what_is_not_due_stays(self, store: Store, reads: Reads, now: datetime) -> None:
        await insert(store, overdue(now, -3600))
        assert await take(reads) == []

    async def test_a_taken_task_is_leased(self, store: Store, reads: Reads, now: datetime) -> None:
        await insert(store, overdue(now))
        (taken,) = await take(reads, lease_s=60)
        assert taken.due_at >= now + 60 * SECOND
        assert await take(reads) == []

    async def test_a_lease_that_has_passed_gives_the_task_to_the_next(
        self, store: Store, reads: Reads, now: datetime
    ) -> None:
        task = overdue(now)
        await insert(store, task)
        await take(reads, lease_s=0)
        assert [taken.id for taken in await take(reads)] == [task.id]

    async def test_kinds_are_taken_apart(self, store: Store, reads: Reads, now: datetime) -> None:
        rows = [overdue(now, kind=kind) for kind in ALL]
        await insert(store, *rows)
        assert {task.kind for task in await reads.take_tasks(["capture", "void"], 10, 60)} == {"capture", "void"}
        assert {task.kind for task in await take(reads)} == {"resolve", "deliver"}

    async def test_the_longest_overdue_come_first(self, store: Store, reads: Reads, now: datetime) -> None:
        rows = [overdue(now, by_s) for by_s in (3, 9, 1, 7, 5)]
        await insert(store, *rows)
        first = await take(reads, limit=2)
        assert {task.id for task in first} == {rows[1].id, rows[3].id}
        assert {task.id for task in await take(reads, limit=2)} == {rows[4].id, rows[0].id}

    async def test_two_never_take_the_same(self, store: Store, reads: Reads, now: datetime) -> None:
        rows = [overdue(now) for _ in range(40)]
        await insert(store, *rows)
        shares = await asyncio.gather(*(take(reads, limit=10) for _ in range(4)))
        taken = [task.id for share in shares for task in share]
        assert len(set(taken)) == len(taken)
        rest = [task.id for task in await take(reads)]
        assert sorted(taken + rest) == sorted(row.id for row in rows)


class TestDeciding:
    async def test_an_existing_task_gets_kind_and_time_and_counts_tries(
        self, store: Store, reads: Reads, now: datetime
    ) -> None:
        task = overdue(now)
        await insert(store, replace(task, due_at=now + 3600 * SECOND, tries=1))
        await insert(store, replace(task, kind="capture", tries=1))
        await insert(store, replace(task, kind="void", tries=1))
        (taken,) = await take(reads)
        assert (taken.kind, taken.tries) == ("void", 3)

    async def test_a_turned_task_keeps_its_time_and_its_tries(self, store: Store, reads: Reads, now: datetime) -> None:
        due, later = overdue(now, tries=2), overdue(now, -50)
        await insert(store, due, later)
        await insert(store, TaskTurned(due.id, "capture"), TaskTurned(later.id, "capture"))
        (taken,) = await take(reads)
        assert replace(taken, due_at=due.due_at) == replace(due, kind="capture")

    async def test_a_task_is_turned_alone(self, store: Store, reads: Reads, now: datetime) -> None:
        turned, other = overdue(now), overdue(now)
        await insert(store, turned, other)
        await insert(store, TaskTurned(turned.id, "capture"))
        assert {task.id: task.kind for task in await take(reads)} == {turned.id: "capture", other.id: other.kind}

    async def test_turning_a_task_that_is_done_changes_nothing(self, store: Store, reads: Reads) -> None:
        await insert(store, TaskTurned("nothing/1/payment", "capture"))
        assert await take(reads) == []

    async def test_a_done_task_is_gone(self, store: Store, reads: Reads, now: datetime) -> None:
        done, other = overdue(now), overdue(now)
        await insert(store, done, other)
        await insert(store, TaskDone(done.id))
        assert [task.id for task in await take(reads)] == [other.id]

    async def test_done_twice_is_done(self, store: Store) -> None:
        await insert(store, TaskDone("nothing/1/payment"))

    async def test_the_last_word_of_a_batch_counts(self, store: Store, reads: Reads, now: datetime) -> None:
        task = overdue(now)
        await insert(store, task)
        await insert(store, replace(task, kind="capture"), TaskDone(task.id))
        assert await take(reads) == []
