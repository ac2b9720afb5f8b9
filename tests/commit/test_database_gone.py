"""The database goes away: the patient hear of it at once, the urgent stay, and nothing is done twice or lost."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from race_to_purchase.commit import combiner
from race_to_purchase.commit.committer import Committer, Policy
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.rules.outcomes import Answered, Begun, Outcome, Replayed, Reserved
from race_to_purchase.store.postgres import PostgresStore
from tests.commit.watched import Batches, WatchedStore, times
from tests.databases import empty
from tests.proxy import Proxy, Where, is_commit, is_second_statement
from tests.sale import a_key_use, a_wish, answered, begin, open_sale, recount, shoes, value

GONE = DatabaseUnavailable(reason="it went away")


class TestWhileItIsGone:
    @pytest.fixture(autouse=True)
    async def _open(self, committer: Committer, batches: Batches) -> None:
        await open_sale(committer)
        batches.clear()

    async def test_the_patient_fail_at_once_and_so_do_those_behind_them(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        store.before_write = times(1, GONE)
        first = asyncio.create_task(committer.submit(a_wish("first")))
        await store.held()
        behind = [asyncio.create_task(committer.submit(a_wish(buyer))) for buyer in "abc"]
        await asyncio.sleep(0)
        store.gate.set()
        ends = await asyncio.gather(first, *behind, return_exceptions=True)
        assert ends == [GONE] * 4
        assert store.tries == 2, "those behind were answered without a try of their own"

    async def test_those_who_come_while_it_rests_are_refused_without_a_try(
        self, committer: Committer, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(combiner, "BACK_OFF_S", (30.0, 30.0))
        store.before_write = times(1, GONE)
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                await committer.submit(a_wish())
        assert store.tries == 2

    async def test_the_urgent_wait_until_it_is_back(
        self, committer: Committer, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(combiner, "BACK_OFF_S", (0.001, 0.004))
        wishes = [a_wish(buyer) for buyer in "abc"]
        for wish in wishes:
            await committer.submit(wish)
            await committer.submit(begin(wish))
        store.before_write = times(5, GONE)
        ends = await asyncio.gather(*(committer.submit(answered(wish)) for wish in wishes))
        assert [type(end) for end in ends] == [Answered] * 3
        assert isinstance(await committer.submit(a_wish("later")), Reserved)

    async def test_the_urgent_keep_their_order(
        self, committer: Committer, store: WatchedStore, batches: Batches, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(combiner, "BACK_OFF_S", (0.001, 0.001))
        wishes = [a_wish(buyer) for buyer in "abc"]
        for wish in wishes:
            await committer.submit(wish)
            await committer.submit(begin(wish))
        commands = [answered(wish) for wish in wishes]
        store.before_write = times(2, GONE)
        await asyncio.gather(*map(committer.submit, commands))
        assert batches[-1] == commands

    async def test_the_pauses_between_tries_grow_to_a_bound(
        self,
        committer: Committer,
        store: WatchedStore,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(combiner, "BACK_OFF_S", (0.01, 0.05))
        wish = a_wish()
        await committer.submit(wish)
        await committer.submit(begin(wish))
        store.before_write = times(5, GONE)
        await committer.submit(answered(wish))
        told = [record.getMessage().rsplit(" next try in ", 1)[1] for record in caplog.records]
        assert told == ["0.01 s", "0.02 s", "0.04 s", "0.05 s", "0.05 s"]


POLICIES: list[Policy] = ["combine", "optimistic"]
CUTS: list[Where] = ["before", "after", "behind"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("where", CUTS)
class TestAConnectionLostInCommit:
    """Nobody knows whether it was committed: what is run again finds what it did the first time."""

    @pytest.fixture
    async def proxy(self, module_dsn: str) -> AsyncIterator[Proxy]:
        await empty(module_dsn)
        async with Proxy(module_dsn) as proxy:
            yield proxy

    @pytest.fixture
    async def committer(self, proxy: Proxy, policy: Policy) -> AsyncIterator[Committer]:
        """A committer whose only connection goes through the wire, its statements prepared."""
        store = await PostgresStore.open(proxy.dsn, connections=1)
        committer = Committer(store, policy=policy)
        await open_sale(committer, items=shoes(10))
        wish = a_wish("first")
        await committer.submit(wish, a_key_use("warm"))
        await committer.submit(begin(wish))
        await committer.submit(answered(wish))
        yield committer
        await store.close()

    @pytest.fixture
    def cut(self, proxy: Proxy, policy: Policy, where: Where) -> Callable[[], None]:
        """Cut the next write. Without locks it is the second statement of a batch, and a transaction by itself."""
        return lambda: proxy.cut_at(where, is_commit if policy == "combine" else is_second_statement())

    async def test_a_reservation_is_made_once_however_often_it_is_asked_for(
        self, committer: Committer, proxy: Proxy, cut: Callable[[], None], module_dsn: str, where: Where
    ) -> None:
        cut()
        key, wish = a_key_use("k"), a_wish("ada", 3)
        with pytest.raises(DatabaseUnavailable) as gone:
            await committer.submit(wish, key)
        assert "released" not in str(gone.value), "what went wrong first is what is told"
        again = await self.until_it_is_back(committer, a_wish("ada", 3), key)
        await proxy.cut.wait()
        seen = {"before": Reserved, "after": Replayed, "behind": Reserved | Replayed}
        assert isinstance(again, seen[where])
        assert await self.counts(module_dsn) == (3, 1)
        assert await recount(module_dsn) == []

    async def test_the_same_command_again_is_the_same_reservation(
        self, committer: Committer, proxy: Proxy, cut: Callable[[], None], module_dsn: str
    ) -> None:
        cut()
        wish = a_wish("ada", 3)
        with pytest.raises(DatabaseUnavailable):
            await committer.submit(wish)
        again = await self.until_it_is_back(committer, wish)
        assert isinstance(again, Reserved)
        assert again.checkout.id == wish.checkout_id
        await proxy.cut.wait()
        assert await self.counts(module_dsn) == (3, 1)

    async def test_what_follows_a_gateway_call_becomes_one_order(
        self, committer: Committer, proxy: Proxy, cut: Callable[[], None], module_dsn: str
    ) -> None:
        wish = a_wish("ada", 2)
        await committer.submit(wish)
        assert isinstance(await committer.submit(begin(wish)), Begun)
        cut()
        paid = await committer.submit(answered(wish))
        assert isinstance(paid, Answered)
        assert (paid.status, paid.end) == (200, "paid")
        await proxy.cut.wait()
        assert await recount(module_dsn) == []
        assert await self.counts(module_dsn) == (0, 1 + 2)

    async def until_it_is_back(self, committer: Committer, *asked: object) -> Outcome:
        """What a client gets that repeats its request as it was told to."""
        while True:
            try:
                return await committer.submit(*asked)  # type: ignore[arg-type]
            except DatabaseUnavailable:
                await asyncio.sleep(0.05)

    async def counts(self, dsn: str) -> tuple[int, int]:
        """Shoes held and sold."""
        found = await value(dsn, "SELECT held || ' ' || sold FROM race.pool WHERE kind = 'item'")
        held, sold = found.split()
        return int(held), int(sold)


async def test_a_database_that_comes_back_is_used_again(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combiner, "BACK_OFF_S", (0.01, 0.05))
    async with Proxy(database_dsn) as proxy:
        store = await PostgresStore.open(proxy.dsn)
        committer = Committer(store)
        await open_sale(committer)
        wish = a_wish()
        await committer.submit(wish)
        await committer.submit(begin(wish))
        proxy.go_down()
        with pytest.raises(DatabaseUnavailable):
            await committer.submit(a_wish("patient"))
        tries = proxy.tries
        urgent = asyncio.create_task(committer.submit(answered(wish)))
        while proxy.tries < tries + 3:
            await asyncio.sleep(0.01)
        assert not urgent.done()
        proxy.come_back()
        assert isinstance(await urgent, Answered)
        assert isinstance(await committer.submit(a_wish("patient")), Reserved)
        assert await recount(database_dsn) == []
        await store.close()
