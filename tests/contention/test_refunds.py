"""However many ask at once, no order gives back more than was captured; and what it is that sees to it.

Four guards stand around the money of an order: its checkout's lock, the versions of its rows, the numbers of its
refunds, which are unique, and the CHECK on its guard. Each suffices; without the first three, it over-refunds, and
without the last a wrong rule does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import msgspec
import pytest

from race_to_purchase.commit.committer import Committer, Policy
from race_to_purchase.ports import Rejected
from race_to_purchase.rules.commands import Refund
from race_to_purchase.rules.decide import refunding
from race_to_purchase.rules.outcomes import Outcome, RefundStored
from race_to_purchase.rules.refund_outcomes import RefundTooLarge
from race_to_purchase.rules.snapshot import Keys, Snapshot
from race_to_purchase.store import aftersale
from race_to_purchase.store.postgres import PostgresSession, PostgresStore, translated
from race_to_purchase.store.statements import statement
from race_to_purchase.store.wire import changes_of
from tests.contention.racing import VERSION_CHECK, committers, open_for
from tests.databases import Server
from tests.sale import a_wish, answered, begin, captured
from tests.samples import PRICE, new_id

PART = 3_000
ROUNDS_MAX = 20


async def an_order(dsn: str) -> Refund:
    """A refund of a part of an order whose money was taken; one small refund was made of it before."""
    await open_for(dsn, 10)
    async with committers(dsn, 1) as (one,):
        wish = a_wish()
        for command in (wish, begin(wish), answered(wish), captured(wish)):
            await one.submit(command)
        part = Refund(
            "aurora", wish.checkout_id, wish.pools, new_id(), PART, "", False, "shop", frozenset({"sandbox"}), 60.0
        )
        await one.submit(msgspec.structs.replace(part, amount=900))
    return part


def many(part: Refund, number: int) -> list[Refund]:
    """The same wish, by so many."""
    return [msgspec.structs.replace(part, refund_id=new_id()) for _ in range(number)]


async def asked_back(dsn: str) -> int:
    """What the refunds of all orders come to, whatever their guards count."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT sum(amount) FROM race.refund"))
    finally:
        await connection.close()


@pytest.mark.parametrize("policy", ["combine", "optimistic"])
async def test_however_many_ask_no_more_goes_back_than_was_captured(database_dsn: str, policy: Policy) -> None:
    part = await an_order(database_dsn)
    async with committers(database_dsn, 8, policy, batch_max=2) as parallel:
        outcomes = await asyncio.gather(*(parallel[i % 8].submit(wish) for i, wish in enumerate(many(part, 40))))
    assert sum(isinstance(outcome, RefundStored) for outcome in outcomes) == PRICE // PART == 5
    assert sum(isinstance(outcome, RefundTooLarge) for outcome in outcomes) == 35
    assert await asked_back(database_dsn) == 900 + 5 * PART


class Guards(msgspec.Struct, frozen=True):
    """Which of the guards are in place."""

    locks: bool = False
    versions: bool = False
    numbers: bool = False


class _Session(PostgresSession):
    guards: Guards

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        snapshot = await super().read(keys, lock=lock and self.guards.locks)
        await asyncio.sleep(0.005)  # so that others decide meanwhile
        return snapshot

    async def apply(self, snapshot: Snapshot) -> None:
        if self.guards.versions:
            await super().apply(snapshot)
            return
        assert snapshot.after is not None
        with translated:
            if not self._open:
                await self._connection.execute("BEGIN")
            await aftersale.write_after(self._connection, snapshot.after)
            await self._connection.fetchval(unversioned("write_batch"), *changes_of(snapshot, locked=self._locked))
            await self._connection.execute("COMMIT")
            self._open = False


def unversioned(name: str) -> str:
    """A statement that writes whatever version is there."""
    return statement(name).replace(VERSION_CHECK, "")


@asynccontextmanager
async def guarded(dsn: str, guards: Guards) -> AsyncIterator[list[Committer]]:
    """Committers over stores that have these guards and no others."""

    class Store(PostgresStore):
        @asynccontextmanager
        async def session(self) -> AsyncIterator[PostgresSession]:
            with translated:
                async with self.pool.acquire() as connection:
                    session = _Session(connection, self._definitions)
                    session.guards = guards
                    try:
                        yield session
                    finally:
                        await session.close()

    async with AsyncExitStack() as stack:
        if not guards.versions:
            assert VERSION_CHECK in statement("write_after")
            stack.enter_context(pytest.MonkeyPatch.context()).setattr(aftersale, "statement", unversioned)
        stores = [await Store.open(dsn, connections=1) for _ in range(6)]
        for store in stores:
            stack.push_async_callback(store.close)
        yield [Committer(store, policy="combine", batch_max=1) for store in stores]


async def beyond(server: Server, guards: Guards) -> int:
    """What is asked back beyond what was captured, in the first round where anything is."""
    for _ in range(ROUNDS_MAX):
        dsn = server.fresh()
        try:
            if not guards.numbers:
                await without(dsn, "refund DROP CONSTRAINT refund_pkey")
            part = await an_order(dsn)
            async with guarded(dsn, guards) as parallel:
                wishes = enumerate(many(part, 18))
                await asyncio.gather(*(parallel[i % 6].submit(wish) for i, wish in wishes), return_exceptions=True)
            over = await asked_back(dsn) - PRICE
        finally:
            server.drop(dsn)
        if over > 0 or guards != Guards():
            return max(0, over)
    return 0


async def without(dsn: str, change: str) -> None:
    """Take a guard away."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"ALTER TABLE race.{change}")
    await connection.close()


class TestTheGuards:
    @pytest.mark.parametrize("guard", ["locks", "versions", "numbers"])
    async def test_each_alone_suffices(self, server: Server, guard: str) -> None:
        assert await beyond(server, Guards(**{guard: True})) == 0

    async def test_control_without_them_it_gives_back_too_much(self, server: Server) -> None:
        """The CHECK is still there, but cannot see refunds whose counts were overwritten."""
        assert await beyond(server, Guards()) > 0

    async def test_the_check_refuses_what_a_wrong_rule_would_give_back(
        self, database_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        part = await an_order(database_dsn)
        ends = await self.by_a_wrong_rule(database_dsn, part, monkeypatch)
        assert sum(isinstance(end, RefundStored) for end in ends) == 5
        assert sum(isinstance(end, Rejected) for end in ends) == 3

    async def test_control_without_the_check_the_wrong_rule_gives_back_too_much(
        self, database_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await without(database_dsn, "refundable DROP CONSTRAINT refundable_bounds")
        part = await an_order(database_dsn)
        await self.by_a_wrong_rule(database_dsn, part, monkeypatch)
        assert await asked_back(database_dsn) == 900 + 8 * PART > PRICE

    async def by_a_wrong_rule(
        self, dsn: str, part: Refund, monkeypatch: pytest.MonkeyPatch
    ) -> list[Outcome | BaseException]:
        """Eight wishes, none of which the rule refuses."""
        monkeypatch.setattr(refunding, "_refused", lambda *_, **__: None)
        async with committers(dsn, 2) as parallel:
            work = [parallel[i % 2].submit(wish) for i, wish in enumerate(many(part, 8))]
            return await asyncio.gather(*work, return_exceptions=True)
