"""How the tests of this folder talk to a store: whole batches, without decisions."""

from collections.abc import Awaitable, Callable, Iterable

from race_to_purchase.ports import Store
from race_to_purchase.rules.commands import Command
from race_to_purchase.rules.decide import KeyUse, decide, touch
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Row
from race_to_purchase.rules.snapshot import Keys, Snapshot


async def insert(store: Store, *rows: Row) -> None:
    """Write rows that were not read before."""
    await change(store, Keys(), lambda _: rows)


async def change(
    store: Store, keys: Keys, decide: Callable[[Snapshot], Iterable[Row]], *, lock: bool = False
) -> Snapshot:
    """Read, put what `decide` makes of it, apply; the snapshot as it was written."""
    async with store.session() as session:
        snapshot = await session.read(keys, lock=lock)
        for row in decide(snapshot):
            snapshot.put(row)
        await session.apply(snapshot)
        return snapshot


async def overtaken(
    store: Store, keys: Keys, meanwhile: Callable[[], Awaitable[object]], decide: Callable[[Snapshot], Iterable[Row]]
) -> None:
    """A batch without locks, between whose read and write something else happens."""
    async with store.session() as session:
        snapshot = await session.read(keys, lock=False)
        await meanwhile()
        for row in decide(snapshot):
            snapshot.put(row)
        await session.apply(snapshot)


async def look(store: Store, keys: Keys) -> Snapshot:
    """Read without a lock."""
    async with store.session() as session:
        return await session.read(keys, lock=False)


async def commit(store: Store, command: Command, key: KeyUse | None = None) -> Outcome:
    """A batch of one."""
    keys = Keys()
    touch(keys, command, key)
    async with store.session() as session:
        snapshot = await session.read(keys, lock=True)
        decision = decide(snapshot, command, key)
        for row in decision.rows:
            snapshot.put(row)
        await session.apply(snapshot)
    return decision.outcome


def checkouts(*ids: str) -> Keys:
    """Keys of some checkouts."""
    return Keys(checkouts=set(ids))


def pools(*ids: str) -> Keys:
    """Keys of some pools."""
    return Keys(pools=set(ids))
