"""Who stands in a line, over every store: registered while it is open, listed once, numbered without a gap."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.app.line import reveal, seal
from race_to_purchase.commit.committer import Committer
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.ports import LineRows, LineSeen, Reads, Store
from race_to_purchase.rules.commands import Cancel, CloseDrop
from race_to_purchase.rules.drop import item_pools, passes_pool, ticket_pool
from race_to_purchase.rules.line import draw
from race_to_purchase.rules.line.commands import (
    Admitted,
    CallNext,
    ClaimPass,
    CloseRegistration,
    Draw,
    ExpirePass,
    PublishList,
    SteerLine,
    Used,
)
from race_to_purchase.rules.line.controller import Load
from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.line.tickets import TID_BYTES
from race_to_purchase.rules.outcomes import (
    Cancelled,
    Done,
    Ignored,
    NotCalled,
    PassGiven,
    PassRefused,
    Released,
    Reserved,
    SecretWrong,
    Steered,
)
from race_to_purchase.rules.signing import Keyring
from race_to_purchase.rules.snapshot import Keys
from tests.conformance.batches import change
from tests.conformance.conftest import Backend
from tests.sale import a_sale, a_wish

KEYS = Keyring({1: b"k" * 32}, 1)


def tid(n: int) -> bytes:
    return n.to_bytes(TID_BYTES, "big")


class Drop:
    """A drop with a door on one store."""

    def __init__(self, store: Store, reads: Reads, rows: LineRows) -> None:
        self.committer = Committer(store)
        self.rows = rows
        self.catalogue = Catalogue(self.committer, reads, lambda drop_id: seal(KEYS, drop_id))

    async def put(
        self, opened_s: float = -3600, closes_s: float = 3600, drop_id: str = "aurora", **changes: Any
    ) -> None:
        """Registration from and to so many seconds from now."""
        now = datetime.now(UTC)
        door = Door(now + timedelta(seconds=opened_s), now + timedelta(seconds=closes_s), 1000.0, 10, **changes)
        opens_at = door.registration_closes_at if closes_s > 0 else now
        await self.catalogue.put(a_sale(id=drop_id, opens_at=opens_at, door=door))

    async def seen(self) -> LineSeen:
        seen = await self.rows.seen("aurora")
        assert seen is not None
        return seen

    async def drawn(self, registered: int, **changes: Any) -> None:
        """Through the draw with so many registered, whatever the clock says."""
        await self.put(closes_s=1.0, **changes)
        for n in range(registered):
            assert await self.rows.register("aurora", tid(n))
        await self.closed()
        parts = await self.rows.settle("aurora")
        assert parts is not None
        root = draw.root([tid(n) for n in range(registered)])
        await self.committer.submit(PublishList("aurora", registered, root.hex()))
        secret = reveal(KEYS, (await self.seen()).line)
        assert isinstance(await self.committer.submit(Draw("aurora", secret.hex(), "")), Steered)

    async def closed(self, drop_id: str = "aurora") -> None:
        """Wait for the end of registration, and close it."""
        while not isinstance(await self.committer.submit(CloseRegistration(drop_id)), Steered):
            await asyncio.sleep(0.05)

    async def call(self, leader: str = "a", lease_s: float = 60.0, latency_ms: float = 1.0) -> Any:
        pools = (*item_pools(a_sale()), passes_pool("aurora"))
        return await self.committer.submit(CallNext("aurora", pools, leader, lease_s, 0, Load(latency_ms, 0.0)))

    async def claim(self, n: int, browser: str = "aa") -> Any:
        who = tid(n).hex()
        pools = (*item_pools(a_sale()), passes_pool("aurora"), ticket_pool("aurora", who))
        return await self.committer.submit(ClaimPass("aurora", pools, who, browser))

    async def come_back(self, n: int, used: Used, browser: str = "aa") -> Any:
        who = tid(n).hex()
        pools = (*item_pools(a_sale()), passes_pool("aurora"), ticket_pool("aurora", who))
        return await self.committer.submit(ClaimPass("aurora", pools, who, browser, used=used))


@pytest.fixture
def line(backend: Backend) -> Drop:
    """No drop yet."""
    return Drop(backend.store, backend.reads, backend.line)


class TestTheList:
    async def test_is_open_between_its_times_alone(self, line: Drop) -> None:
        await line.put(opened_s=60, closes_s=120)
        assert not await line.rows.register("aurora", tid(1))
        assert not await line.rows.register("nothing", tid(1))

    async def test_is_closed_when_its_time_is_over_though_nobody_has_closed_it_yet(self, line: Drop) -> None:
        await line.put(opened_s=-60, closes_s=-1)
        assert (await line.seen()).line.closed_at is None
        assert not await line.rows.register("aurora", tid(1))

    async def test_is_closed_once_its_row_says_so_whatever_the_clock_says(self, line: Drop, store: Store) -> None:
        """Whoever waited for the row while it was closed had looked at the clock before."""
        await line.put()
        closed = replace((await line.seen()).line, closed_at=datetime.now(UTC))
        await change(store, Keys(lines={"aurora"}), lambda _: [closed])
        assert not await line.rows.register("aurora", tid(1))

    async def test_takes_nobody_who_comes_for_another_drop(self, line: Drop) -> None:
        await line.put()
        assert not await line.rows.register("borealis", tid(1))
        assert await line.rows.part("aurora", 0) is None

    async def test_is_closed_with_its_drop(self, line: Drop) -> None:
        await line.put()
        await line.committer.submit(CloseDrop("aurora"))
        assert not await line.rows.register("aurora", tid(1))

    async def test_has_each_ticket_once_and_sorted(self, line: Drop) -> None:
        await line.put(closes_s=1.0)
        assert await line.rows.settle("aurora") is None, "it is not closed"
        came = [5, 3, 5, 1, 3]
        assert all(await asyncio.gather(*(line.rows.register("aurora", tid(n)) for n in came)))
        assert await line.rows.register("aurora", tid(1))
        await line.closed()
        assert not await line.rows.register("aurora", tid(9)), "its time is over"
        for _ in range(2):
            assert await line.rows.settle("aurora") == [tid(1) + tid(3) + tid(5)]
        assert await line.rows.part("aurora", 0) == tid(1) + tid(3) + tid(5)
        assert await line.rows.part("aurora", 1) is None
        await line.committer.submit(PublishList("aurora", 3, "00"))
        assert await line.rows.settle("aurora") is None, "it is published"

    async def test_is_one_drops_alone(self, line: Drop) -> None:
        drops = {"aurora": tid(1), "borealis": tid(2)}
        for name, who in drops.items():
            await line.put(closes_s=1.0, drop_id=name)
            assert await line.rows.register(name, who)
        for name, who in drops.items():
            await line.closed(name)
            assert await line.rows.settle(name) == [who]
        assert [await line.rows.part(name, 0) for name in drops] == [*drops.values()]
        came = [("aurora", 7), ("borealis", 7), ("borealis", 8), ("aurora", 9)]
        assert [await line.rows.late(name, tid(n)) for name, n in came] == [0, 0, 1, 1]

    async def test_late_comers_are_numbered_as_they_come_and_each_once(self, line: Drop) -> None:
        await line.put()
        numbers = await asyncio.gather(*(line.rows.late("aurora", tid(n)) for n in (7, 8, 7, 9)))
        assert numbers == [0, 1, 0, 2]
        assert await line.rows.late("aurora", tid(8)) == 1
        assert await line.rows.late("aurora", tid(1)) == 3
        assert (await line.seen()).late == 4

    async def test_of_a_drop_without_a_door_there_is_none(self, line: Drop) -> None:
        await line.catalogue.put(a_sale())
        assert await line.rows.seen("aurora") is None
        assert list(await line.rows.unended()) == []


class TestTheDraw:
    async def test_takes_the_secret_that_was_committed_to_alone(self, line: Drop) -> None:
        await line.put(closes_s=0.5)
        await line.closed()
        await line.committer.submit(PublishList("aurora", 0, "00"))
        assert isinstance(await line.committer.submit(Draw("aurora", "11" * 32, "")), SecretWrong)
        assert (await line.seen()).line.seed is None

    async def test_is_made_once(self, line: Drop) -> None:
        await line.drawn(3)
        seed = (await line.seen()).line.seed
        assert isinstance(await line.committer.submit(Draw("aurora", "11" * 32, "")), Ignored)
        assert isinstance(await line.committer.submit(PublishList("aurora", 9, "00")), Ignored)
        assert (await line.seen()).line.seed == seed


class TestCalling:
    async def test_one_process_leads_until_its_lease_is_over(self, line: Drop) -> None:
        await line.drawn(3)
        assert isinstance(await line.call("a", lease_s=0.3), Released)
        assert isinstance(await line.call("b"), Ignored)
        await asyncio.sleep(0.4)
        assert isinstance(await line.call("b"), Released)
        assert isinstance(await line.call("a"), Ignored), "the one that slept is fenced"

    async def test_the_leader_hears_what_another_process_suffers_from(self, line: Drop) -> None:
        await line.drawn(3)
        await line.call("a")
        await line.call("b", latency_ms=1_500.0)
        assert (await line.seen()).line.load == Load(1_500.0, 0.0)
        await line.call("a")
        assert (await line.seen()).line.load is None

    async def test_calls_those_who_wait_and_each_gets_one_pass(self, line: Drop) -> None:
        await line.drawn(3)
        assert isinstance(await line.claim(0), NotCalled)
        while (await line.seen()).line.cursor < 3:
            await line.call()
            await asyncio.sleep(0.05)
        given = await line.claim(0)
        assert isinstance(given, PassGiven)
        again = await line.claim(0)
        assert (again.row, again.how) == (given.row, "again")
        assert (await line.seen()).pools[passes_pool("aurora")].held == 1
        assert (await line.seen()).line.came == 1

    async def test_the_operator_stops_and_starts_it(self, line: Drop) -> None:
        await line.drawn(3)
        await line.committer.submit(SteerLine("aurora", "ops", paused=True, message="a moment"))
        assert (await line.call()).why == "paused"
        steered = await line.committer.submit(SteerLine("aurora", "ops", paused=False, rate_per_s=5.0, message=""))
        assert isinstance(steered, Steered)
        assert (steered.line.paused_at, steered.line.rate_per_s, steered.line.message) == (None, 5.0, None)
        assert isinstance(await line.call(), Released)


class TestAPassThatRanOut:
    async def test_is_taken_away_and_its_place_is_free(self, line: Drop) -> None:
        await line.drawn(1, pass_seconds=2)
        while (await line.seen()).line.cursor < 1:
            await line.call()
            await asyncio.sleep(0.05)
        first = await line.claim(0)
        assert isinstance(first, PassGiven)
        who = tid(0).hex()
        expire = ExpirePass("aurora", (passes_pool("aurora"), ticket_pool("aurora", who)), who)
        assert isinstance(await line.committer.submit(expire), Ignored), "it is good yet"
        while not await line.rows.passes_due(10):
            await asyncio.sleep(0.1)
        assert await line.committer.submit(expire) == Done("expired")
        assert (await line.seen()).pools[passes_pool("aurora")].held == 0
        assert list(await line.rows.passes_due(10)) == []
        assert isinstance(await line.committer.submit(expire), Ignored), "it is gone"
        later = await line.claim(0)
        assert isinstance(later, PassGiven)
        assert (later.how, later.row.expires_at > first.row.expires_at) == ("returned", True)


class TestWhatATicketWasUsedFor:
    async def test_is_found_with_how_many_passes_it_had(self, line: Drop, backend: Backend) -> None:
        await line.drawn(2)
        while (await line.seen()).line.cursor < 2:
            await line.call()
            await asyncio.sleep(0.05)
        who, ticket = tid(0).hex(), ticket_pool("aurora", tid(0).hex())
        await line.claim(1)
        assert await line.rows.used(ticket) is None
        given = await line.claim(0)
        assert await line.rows.used(ticket) == Used(1, ())
        asked = a_wish("ada")
        shown = Admitted(who, given.row.n, given.row.expires_at)
        pools = (*asked.pools, passes_pool("aurora"), ticket)
        assert isinstance(await line.committer.submit(replace(asked, pools=pools, admitted=shown)), Reserved)
        used = await line.rows.used(ticket)
        assert used == Used(1, (asked.checkout_id,))
        assert await line.rows.used(ticket_pool("aurora", tid(1).hex())) == Used(1, ()), "another's is not"
        assert isinstance(await line.come_back(0, used), PassRefused)
        stored = await backend.reads.checkout(asked.checkout_id)
        assert stored is not None
        cancel = Cancel("aurora", stored.id, stored.claims.pools, "ada")
        assert isinstance(await line.committer.submit(cancel), Cancelled)
        again = await line.come_back(0, used)
        assert (again.how, again.row.n) == ("returned", 2)
        assert await line.rows.used(ticket) == Used(2, (asked.checkout_id,))
