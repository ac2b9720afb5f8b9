"""Stock comes back when its deadline has passed: once, whoever looks, and whatever was locked or stopped meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import asyncpg
import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.loops.expire import LIMIT, Expire, Sweep
from race_to_purchase.ports import DueCheckout
from race_to_purchase.rules.outcomes import Answered
from race_to_purchase.rules.rows import Checkout
from race_to_purchase.store.reads import PostgresReads
from tests.path.shop import Process, pass_deadline
from tests.sale import recount, shoes, value


@asynccontextmanager
async def locked(dsn: str, checkout: Checkout) -> AsyncIterator[None]:
    """Somebody is just deciding on a checkout."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("SELECT FROM race.checkout WHERE id = $1::text::uuid FOR UPDATE", checkout.id)
        yield
    await connection.close()


async def passed(dsn: str, interval: str) -> None:
    """Let every deadline have passed so long ago."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE race.checkout SET deadline = clock_timestamp() - $1::text::interval WHERE state = 'reserved'", interval
    )
    await connection.close()


async def walk(sweep: Sweep) -> int:
    """Tick as the loop does, until nothing more is due at once; how often that was."""
    ticks = 1
    while await sweep.tick():
        ticks += 1
    return ticks


class TestExpire:
    async def test_what_has_passed_comes_back_and_what_is_ahead_stays(self, shop: Process, dsn: str) -> None:
        late, _early = await shop.reserve("ada", 3), await shop.reserve("bob", 2)
        await pass_deadline(dsn, late)
        assert await shop.expire.tick() is False
        assert (await shop.checkout(late)).state == "expired"
        assert await shop.counts() == (2, 0)
        assert await recount(dsn) == []

    async def test_what_is_being_paid_keeps_its_attempt(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        payment = await shop.held(checkout)
        await pass_deadline(dsn, checkout)
        await shop.expire.tick()
        assert (await shop.checkout(checkout)).state == "lapsed"
        assert (await shop.attempt(checkout)).state == "sent"
        shop.wire.opened.set()
        await payment

    async def test_what_was_locked_is_ended_by_the_next_look(self, shop: Process, dsn: str) -> None:
        """The first look goes past it, and its watermark with it; the second looks back a little."""
        seen, busy = await shop.reserve("ada"), await shop.reserve("bob")
        await shop.expire.tick()
        await pass_deadline(dsn, seen)
        await pass_deadline(dsn, busy)
        async with locked(dsn, busy):
            await shop.expire.tick()
            assert (await shop.checkout(seen)).state == "expired"
            assert (await shop.checkout(busy)).state == "reserved"
        await shop.expire.tick()
        assert (await shop.checkout(busy)).state == "expired"

    async def test_of_many_the_rest_is_due_at_once(self, shop: Process, dsn: str) -> None:
        await shop.open(id="big", items=shoes(2 * LIMIT))
        shop.drop_id = "big"
        for first in range(0, LIMIT + 50, 50):
            await asyncio.gather(*(shop.reserve(f"buyer-{first + index}") for index in range(50)))
        await passed(dsn, "1 second")
        assert await shop.expire.tick() is True
        assert await shop.counts() == (50, 0)
        assert await shop.expire.tick() is False
        assert await shop.counts() == (0, 0)
        assert await recount(dsn) == []

    async def test_processes_beside_each_other_give_back_once(self, shop: Process, other: Process, dsn: str) -> None:
        await asyncio.gather(*(shop.reserve(f"buyer-{index}") for index in range(10)))
        await passed(dsn, "1 second")
        await asyncio.gather(shop.expire.tick(), other.expire.tick(), shop.sweep.tick(), other.sweep.tick())
        await asyncio.gather(shop.expire.tick(), other.expire.tick())
        assert await shop.counts() == (0, 0)
        assert await value(dsn, "SELECT count(*) FROM race.checkout WHERE state = 'expired' AND version = 1") == 10
        assert await recount(dsn) == []

    async def test_a_look_that_fails_is_made_again_from_where_it_was(self, shop: Process, dsn: str) -> None:
        class Failing(PostgresReads):
            fails = False

            async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
                if self.fails:
                    raise DatabaseUnavailable(reason="gone")
                return await super().overdue(since, until, limit)

        reads = Failing(shop.store.pool)
        expire = Expire(shop.committer, reads)
        checkout = await shop.reserve()
        await expire.tick()
        await pass_deadline(dsn, checkout)
        reads.fails = True
        with pytest.raises(DatabaseUnavailable):
            await expire.tick()
        reads.fails = False
        await expire.tick()
        assert (await shop.checkout(checkout)).state == "expired"

    async def test_who_pays_at_the_last_moment_wins_or_loses_but_never_both(self, shop: Process, dsn: str) -> None:
        checkouts = [await shop.reserve(f"buyer-{index}") for index in range(10)]
        payments = [shop.paying(checkout) for checkout in checkouts]
        await passed(dsn, "1 second")
        await shop.expire.tick()
        ends = await asyncio.gather(*payments)
        await shop.settle()
        held, sold = await shop.counts()
        assert (held, sold) == (0, sum(isinstance(end, Answered) and end.status == 200 for end in ends))
        assert await recount(dsn, at_rest=True) == []


class TestSweep:
    async def test_what_passed_while_nothing_ran_is_found_after_a_restart(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        await passed(dsn, "7 hours 30 minutes")
        assert await shop.expire.tick() is False
        assert (await shop.checkout(checkout)).state == "reserved", "the quick look does not look back so far"
        assert await walk(shop.sweep) > 7, "hour by hour"
        assert (await shop.checkout(checkout)).state == "expired"
        assert await shop.counts() == (0, 0)

    async def test_an_empty_shop_is_soon_swept(self, shop: Process) -> None:
        assert await walk(shop.sweep) == 1

    async def test_a_window_with_many_is_taken_in_steps(self, shop: Process, dsn: str) -> None:
        await shop.open(id="big", items=shoes(2 * LIMIT))
        shop.drop_id = "big"
        for first in range(0, LIMIT + 50, 50):
            await asyncio.gather(*(shop.reserve(f"buyer-{first + index}") for index in range(50)))
        await passed(dsn, "30 minutes")
        await walk(shop.sweep)
        assert await shop.counts() == (0, 0)

    async def test_what_was_locked_at_the_first_walk_is_found_by_a_later_one(self, shop: Process, dsn: str) -> None:
        checkout = await shop.reserve()
        await passed(dsn, "3 hours")
        async with locked(dsn, checkout):
            await walk(shop.sweep)
        await walk(shop.sweep)
        assert (await shop.checkout(checkout)).state == "expired"

    async def test_later_walks_are_short(self, shop: Process, dsn: str) -> None:
        await shop.reserve()
        await passed(dsn, "12 hours")
        walks = [await walk(shop.sweep) for _ in range(3)]
        assert walks[0] > 12
        assert walks[-1] == 1

    async def test_it_looks_no_further_than_now(self, shop: Process) -> None:
        """What is not due yet would be refused, one by one."""

        class Watched(PostgresReads):
            ahead = timedelta.max

            async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
                self.ahead = until - await self.now()
                return await super().overdue(since, until, limit)

        reads = Watched(shop.store.pool)
        await walk(Sweep(shop.committer, reads))
        assert reads.ahead < timedelta(0)
