"""One idempotency key in many hands: one of them is carried out, and all get the same answer, byte for byte."""

import asyncio

import pytest

from race_to_purchase.commit.committer import Policy
from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.outcomes import Begun, KeyInFlight, KeyReused, Replayed, Reserved
from tests.contention.racing import committers, open_for
from tests.databases import empty
from tests.sale import a_key_use, a_wish, answered, begin, recount, value

CLIENTS = 32
POLICIES: list[Policy] = ["combine", "optimistic"]


@pytest.fixture
async def dsn(module_dsn: str) -> str:
    """A sale of a hundred shoes in a database of its own."""
    await empty(module_dsn)
    await open_for(module_dsn, 100)
    return module_dsn


@pytest.mark.parametrize("policy", POLICIES)
class TestOneKey:
    async def test_many_clients_get_one_reservation_and_equal_bytes(self, dsn: str, policy: Policy) -> None:
        key = a_key_use("k")
        async with committers(dsn, 4, policy, batch_max=1) as parallel:
            outcomes = await asyncio.gather(*(parallel[i % 4].submit(a_wish(), key) for i in range(CLIENTS)))
        told = {(answer(outcome).status, answer(outcome).body) for outcome in outcomes}
        assert [status for status, _ in told] == [201]
        assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == 1
        assert await value(dsn, "SELECT count(*) FROM race.checkout") == 1
        assert await recount(dsn) == []

    async def test_many_clients_who_pay_begin_one_attempt(self, dsn: str, policy: Policy) -> None:
        wish, key = a_wish(), a_key_use("k", "pay")
        async with committers(dsn, 4, policy, batch_max=1) as parallel:
            await parallel[0].submit(wish)
            outcomes = await asyncio.gather(*(parallel[i % 4].submit(begin(wish), key) for i in range(CLIENTS)))
            assert sum(isinstance(outcome, Begun) for outcome in outcomes) == 1
            assert sum(isinstance(outcome, KeyInFlight) for outcome in outcomes) == CLIENTS - 1
            await parallel[0].submit(answered(wish))
            replayed = await asyncio.gather(*(one.submit(begin(wish), key) for one in parallel))
        assert all(isinstance(outcome, Replayed) for outcome in replayed)
        assert len({outcome.body for outcome in replayed if isinstance(outcome, Replayed)}) == 1
        assert await value(dsn, "SELECT count(*) FROM race.attempt") == 1

    async def test_the_same_key_for_something_else_is_refused_whoever_comes_first(
        self, dsn: str, policy: Policy
    ) -> None:
        keys = [a_key_use("k"), type(a_key_use("k"))("reserve shop", "k", b"another body")]
        async with committers(dsn, 4, policy, batch_max=1) as parallel:
            outcomes = await asyncio.gather(*(parallel[i % 4].submit(a_wish(), keys[i % 2]) for i in range(CLIENTS)))
        assert sum(isinstance(outcome, Reserved) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, KeyReused) for outcome in outcomes) == CLIENTS // 2
        assert await value(dsn, "SELECT count(*) FROM race.checkout") == 1
