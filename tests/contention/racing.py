"""Many who want the last pieces at once, over many connections and over many processes.

`GuardedStore` is the negative control: the same store without the locks, without the conditions of what it writes, or
without both. A race that cannot tell it from the real one proves nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import msgspec

from race_to_purchase.commit.committer import Committer, Policy
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.ports import Conflict
from race_to_purchase.rules.outcomes import Outcome, Reserved
from race_to_purchase.rules.snapshot import Keys, Snapshot
from race_to_purchase.store.postgres import PostgresSession, PostgresStore, translated
from race_to_purchase.store.statements import statement
from race_to_purchase.store.wire import changes_of
from tests.sale import a_wish, open_sale, shoes

VERSION_CHECK = "AND t.version = u.version"
POOL_CHECK = re.compile(r"AND CASE WHEN u.version IS NULL.*?END", re.DOTALL)
"""Under which a pool is moved, or changed."""


class Guards(msgspec.Struct, frozen=True):
    """Which of the two guards of a hot row are in place: that it is locked, and when `write_batch` writes it."""

    locks: bool
    conditions: bool


class GuardedStore(PostgresStore):
    """The store with a choice of its guards; with both it is the real one."""

    guards = Guards(locks=True, conditions=True)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[PostgresSession]:
        with translated:
            async with self.pool.acquire() as connection:
                session = _Session(connection, self._definitions)
                session.guards = self.guards
                try:
                    yield session
                finally:
                    await session.close()


class _Session(PostgresSession):
    guards: Guards

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        return await super().read(keys, lock=lock and self.guards.locks)

    async def apply(self, snapshot: Snapshot) -> None:
        if self.guards.conditions or snapshot.drops.changed:
            await super().apply(snapshot)
            return
        if snapshot.dirty:
            write, found = POOL_CHECK.subn("", statement("write_batch"))
            assert found == 1
            changes = changes_of(snapshot, locked=self._locked)
            await self._connection.fetchval(write.replace(VERSION_CHECK, ""), *changes)
        if self._open:
            self._open = False
            await self._connection.execute("COMMIT")


@asynccontextmanager
async def committers(
    dsn: str, number: int, policy: Policy = "combine", kind: type[PostgresStore] = PostgresStore, batch_max: int = 256
) -> AsyncIterator[list[Committer]]:
    """So many committers, each with one connection of its own, as so many processes would have."""
    async with AsyncExitStack() as stack:
        stores = [await kind.open(dsn, connections=1) for _ in range(number)]
        for store in stores:
            stack.push_async_callback(store.close)
        yield [Committer(store, policy=policy, batch_max=batch_max) for store in stores]


async def race(committers: Sequence[Committer], buyers: int, quantity: int = 1) -> list[Outcome]:
    """Every buyer wants `quantity` shoes, at the same moment, spread over the committers."""
    wishes = [a_wish(f"buyer-{index}", quantity) for index in range(buyers)]
    return await asyncio.gather(
        *(committers[index % len(committers)].submit(wish) for index, wish in enumerate(wishes))
    )


async def promised(dsn: str) -> int:
    """Pieces that buyers were told are theirs, whatever the pool counts."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(
            await connection.fetchval(
                "SELECT coalesce(sum((claims -> 'hold' ->> 'aurora/item/shoe')::int), 0) FROM race.checkout"
                " WHERE state IN ('reserved', 'paying', 'paid', 'fulfilled')"
            )
        )
    finally:
        await connection.close()


def racers(dsn: str, processes: int, buyers: int, policy: Policy) -> list[int]:
    """How many got what they wanted in each of so many processes, which begin at one word."""
    running = [program({"dsn": dsn, "number": i, "buyers": buyers, "policy": policy}) for i in range(processes)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    told = [process.communicate("go\n", timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * processes
    return [int(text) for text in told]


def program(orders: dict[str, object]) -> subprocess.Popen[str]:
    """This module as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contention.racing", json.dumps(orders)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


async def _one_process(dsn: str, number: int, buyers: int, policy: Policy) -> int:
    async with committers(dsn, 2, policy, batch_max=4) as here:
        wishes = [a_wish(f"buyer-{number}-{index}") for index in range(buyers)]
        say_and_wait("ready")
        outcomes = await asyncio.gather(*(here[index % 2].submit(wish) for index, wish in enumerate(wishes)))
    return sum(isinstance(outcome, Reserved) for outcome in outcomes)


async def _holding_the_row(dsn: str) -> str:
    """Lock the hot row, as a batch does between its read and its write; go on when told to."""
    store = await PostgresStore.open(dsn, connections=1)
    try:
        async with store.session() as session:
            snapshot = await session.read(Keys(pools={"aurora/item/shoe"}), lock=True)
            snapshot.put(msgspec.structs.replace(snapshot.pools["aurora/item/shoe"], held=9))
            say_and_wait("holding")
            await session.apply(snapshot)
    except (Conflict, DatabaseUnavailable) as error:
        return type(error).__name__
    finally:
        await store.close()
    return "applied"


def say_and_wait(word: str) -> None:
    """Tell whoever started this process how far it is, and wait for their word."""
    print(word, flush=True)  # noqa: T201
    sys.stdin.readline()


async def open_for(dsn: str, stock: int, **changes: object) -> None:
    """A sale of so many shoes."""
    async with committers(dsn, 1) as (one,):
        await open_sale(one, **({"items": shoes(stock)} | changes))


def main() -> None:
    """The entry of a process of `program`."""
    orders = json.loads(sys.argv[1])
    work = _holding_the_row(**orders) if list(orders) == ["dsn"] else _one_process(**orders)
    print(asyncio.run(work))  # noqa: T201


if __name__ == "__main__":
    main()
