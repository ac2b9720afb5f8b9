"""The last unit is sold once, over parallel connections and parallel processes, and what it is that sees to it.

Three guards stand around a hot row: locks; without them the condition that what is left suffices, which is asked where
it is written; and the CHECK on the pool. Each test of a guard has a negative control beside it: the same race without
the guard oversells.
"""

import asyncio

import asyncpg
import pytest

from race_to_purchase.commit.committer import Policy
from race_to_purchase.ports import Rejected
from race_to_purchase.rules import pools
from race_to_purchase.rules.drop import Item
from race_to_purchase.rules.outcomes import AllReserved, LimitReached, Reserved
from race_to_purchase.rules.rows import Pool
from tests.contention.racing import GuardedStore, Guards, committers, open_for, promised, race, racers
from tests.databases import empty
from tests.sale import a_wish, open_sale, recount, shoes

POLICIES: list[Policy] = ["combine", "optimistic"]
ROUNDS_MAX = 20
"""A control has to oversell in one of so many rounds; nearly always it does in the first."""


@pytest.fixture
async def dsn(module_dsn: str) -> str:
    """An empty database."""
    await empty(module_dsn)
    return module_dsn


@pytest.fixture
async def unchecked_dsn(database_dsn: str) -> str:
    """A database of its own, whose pools have no CHECK."""
    connection = await asyncpg.connect(database_dsn)
    await connection.execute("ALTER TABLE race.pool DROP CONSTRAINT pool_bounds")
    await connection.close()
    return database_dsn


@pytest.mark.parametrize("policy", POLICIES)
class TestManyConnections:
    @pytest.mark.parametrize("stock", [1, 40])
    async def test_what_there_is_is_promised_once(self, dsn: str, policy: Policy, stock: int) -> None:
        await open_for(dsn, stock)
        async with committers(dsn, 8, policy, batch_max=4) as parallel:
            outcomes = await race(parallel, 160)
        got = [outcome for outcome in outcomes if isinstance(outcome, Reserved)]
        assert len(got) == await promised(dsn) == stock
        assert sum(isinstance(outcome, AllReserved) for outcome in outcomes) == 160 - stock
        assert await recount(dsn) == []

    async def test_whoever_wants_more_than_is_left_leaves_it_to_others(self, dsn: str, policy: Policy) -> None:
        await open_for(dsn, 10)
        async with committers(dsn, 8, policy, batch_max=2) as parallel:
            outcomes = await race(parallel, 32, quantity=3)
            assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == 3
            assert isinstance(await parallel[0].submit(a_wish("modest", 1)), Reserved)
        assert await recount(dsn) == []

    async def test_a_buyer_with_many_tabs_gets_no_more_than_the_limit(self, dsn: str, policy: Policy) -> None:
        """The buyer's pool does not exist yet, so no lock protects it: the unique index decides who makes it."""
        await open_for(dsn, 100, limit_per_buyer=3)
        async with committers(dsn, 8, policy, batch_max=1) as parallel:
            outcomes = await asyncio.gather(*(one.submit(a_wish("ada")) for one in parallel for _ in range(3)))
        assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == 3
        assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 21
        assert await recount(dsn) == []

    async def test_several_lines_are_claimed_all_or_none_in_whatever_order(self, dsn: str, policy: Policy) -> None:
        await open_for(dsn, 10, items=(*shoes(10), Item("lace", "Lace", 500, 100)))
        async with committers(dsn, 6, policy, batch_max=4) as parallel:
            wishes = [
                a_wish(f"buyer-{index}", **({"shoe": 1, "lace": 1} if index % 2 else {"lace": 1, "shoe": 1}))
                for index in range(60)
            ]
            outcomes = await asyncio.gather(*(parallel[i % 6].submit(wish) for i, wish in enumerate(wishes)))
        assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == 10
        assert await recount(dsn) == []
        connection = await asyncpg.connect(dsn)
        held = await connection.fetch("SELECT held FROM race.pool WHERE kind = 'item'")
        deadlocks = await connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        await connection.close()
        assert [row["held"] for row in held] == [10, 10]
        assert deadlocks == 0


@pytest.mark.parametrize("policy", POLICIES)
async def test_what_there_is_is_promised_once_over_many_processes(dsn: str, policy: Policy) -> None:
    await open_for(dsn, 50)
    got = await asyncio.to_thread(racers, dsn, 4, 40, policy)
    assert sum(got) == await promised(dsn) == 50
    assert await recount(dsn) == []


async def oversold(dsn: str, guards: Guards) -> int:
    """Pieces promised beyond the stock, in the first round where there are any."""

    class Store(GuardedStore):
        pass

    Store.guards = guards
    for _ in range(ROUNDS_MAX):
        await empty(dsn)
        await open_for(dsn, 20)
        async with committers(dsn, 8, kind=Store, batch_max=4) as parallel:
            await race(parallel, 80)
        beyond = await promised(dsn) - 20
        assert beyond >= 0
        if beyond or guards.locks or guards.conditions:
            return beyond
    return 0


class TestTheGuards:
    @pytest.mark.parametrize(
        "guards", [Guards(True, True), Guards(True, False), Guards(False, True)], ids=["both", "locks", "conditions"]
    )
    async def test_locks_suffice_and_so_do_conditions(self, unchecked_dsn: str, guards: Guards) -> None:
        assert await oversold(unchecked_dsn, guards) == 0

    async def test_control_without_both_it_oversells(self, unchecked_dsn: str) -> None:
        assert await oversold(unchecked_dsn, Guards(locks=False, conditions=False)) > 0

    async def test_the_check_refuses_what_a_wrong_rule_would_sell(
        self, dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await open_for(dsn, 5)
        self.break_the_rule(monkeypatch)
        async with committers(dsn, 2) as parallel:
            wishes = [a_wish(f"buyer-{index}") for index in range(12)]
            ends = await asyncio.gather(
                *(parallel[i % 2].submit(wish) for i, wish in enumerate(wishes)), return_exceptions=True
            )
        assert sum(isinstance(end, Reserved) for end in ends) == await promised(dsn) == 5
        assert sum(isinstance(end, Rejected) for end in ends) == 7

    async def test_control_without_the_check_the_wrong_rule_oversells(
        self, unchecked_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await open_for(unchecked_dsn, 5)
        self.break_the_rule(monkeypatch)
        async with committers(unchecked_dsn, 2) as parallel:
            await race(parallel, 12)
        assert await promised(unchecked_dsn) == 12

    def break_the_rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Hold whatever is asked for."""

        def hold(pool: Pool, quantity: int) -> Pool:
            return Pool(pool.id, pool.drop_id, pool.kind, pool.capacity, pool.held + quantity, pool.sold, pool.version)

        monkeypatch.setattr(pools, "hold", hold)


async def test_two_policies_beside_each_other_sell_no_more(dsn: str) -> None:
    """As in the minutes when a setting is rolled out."""
    async with committers(dsn, 3, "combine", batch_max=4) as combining:
        await open_sale(combining[0], items=shoes(40))
        async with committers(dsn, 3, "optimistic", batch_max=4) as hoping:
            outcomes = await race([*combining, *hoping], 120)
    assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == await promised(dsn) == 40
    assert await recount(dsn) == []
