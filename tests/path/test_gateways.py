"""Payments over several gateways: who takes over from whom, and the queue before one that is slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import pairwise

import asyncpg
import pytest

from race_to_purchase.commit.committer import Committer
from race_to_purchase.gateways.sandbox.behaviour import BEHAVIOURS
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.loops.owed import Owed
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.path.breaker import BreakerRule
from race_to_purchase.path.desk import Desk
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.path.route import PAUSE_S, Router, Rule
from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.outcomes import Answered, NoGateway, Outcome, Reserved, StillPaying
from race_to_purchase.rules.rows import Attempt, Checkout
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.path.scripted import a_request
from tests.path.shop import make_due, pass_deadline
from tests.sale import open_sale, shoes

PATIENCE = Patience(gateway_s=5.0, answer_s=20.0, takeover_s=6.0, queued_s=0.05)
LIMITED = BreakerRule(calls_min=2, pause_s=1000, pause_max_s=1000)


class Shop:
    """A process with several sandboxes; `start` makes it."""

    def __init__(self, dsn: str, store: PostgresStore, sandboxes: Sequence[SandboxGateway], router: Router) -> None:
        self.dsn = dsn
        self.store = store
        self.sandboxes = sandboxes
        self.router = router
        self.reads = PostgresReads(store.pool)
        self.committer = Committer(store)
        self.gateways = Gateways(self.committer, self.reads, router)
        self.purchase = Purchase(
            self.committer,
            self.reads,
            router.desks,
            default_gateway=router.names[0],
            choice=router,
            patience=PATIENCE,
        )

    async def reserve(self, buyer: str = "ada") -> Checkout:
        outcome = await self.purchase.reserve(ReserveRequest("aurora", buyer, (Line("shoe", 1),)))
        assert isinstance(outcome, Reserved), outcome
        return outcome.checkout

    async def pay(self, checkout: Checkout, method: str = "pm_approved", country: str | None = None) -> Outcome:
        return await self.purchase.pay(checkout.id, checkout.buyer, method, country=country)

    async def attempts(self, checkout: Checkout) -> list[tuple[str, str]]:
        """Gateway and state of each attempt, the first first, once everything has come to rest."""
        await self.purchase.drain(10)
        now = await self.reads.checkout(checkout.id)
        assert now is not None
        found = [await self.reads.attempt(checkout.id, n) for n in range(1, now.live_n + 1)]
        return [(attempt.gateway, attempt.state) for attempt in found if attempt is not None]

    async def attempt(self, checkout: Checkout, n: int = 1) -> Attempt:
        found = await self.reads.attempt(checkout.id, n)
        assert found is not None
        return found

    async def captured(self) -> list[int]:
        """What all sandboxes together captured."""
        connection = await asyncpg.connect(self.dsn)
        try:
            rows = await connection.fetch("SELECT captured FROM sandbox.payment WHERE captured > 0")
            return [row["captured"] for row in rows]
        finally:
            await connection.close()

    def die(self) -> None:
        """Whoever waits here for a turn never gets it."""
        for task in [*self.purchase._payments._paying.values()]:
            task.cancel()

    async def stop(self) -> None:
        await self.purchase.drain(10)
        for sandbox in self.sandboxes:
            await sandbox.close()
        await self.store.close()


Start = Callable[..., Awaitable[Shop]]


@pytest.fixture
async def start(dsn: str) -> AsyncIterator[Start]:
    """Makes shops on one database; a gateway by name and behaviour, the first preferred to the others."""
    shops: list[Shop] = []

    async def make(
        limits: Limits = Limits(),  # noqa: B008
        rules: Sequence[Rule] = (),
        **behaviours: str,
    ) -> Shop:
        sandboxes = [BEHAVIOURS[behaviour](dsn, name=name) for name, behaviour in behaviours.items()]
        await sandboxes[0].make_books()
        usual = [Rule(name, cost_fixed=n) for n, name in enumerate(behaviours)]
        router = Router([Desk(sandbox, limits, LIMITED) for sandbox in sandboxes], rules or usual)
        shops.append(Shop(dsn, await PostgresStore.open(dsn, connections=4), sandboxes, router))
        if len(shops) == 1:
            await open_sale(shops[0].committer, items=shoes(50))
        return shops[-1]

    yield make
    for shop in shops:
        await shop.stop()


def paid(outcome: Outcome) -> bool:
    return isinstance(outcome, Answered) and outcome.end == "paid"


class TestTakingOver:
    async def test_what_one_declines_for_now_another_takes_and_captures_once(self, start: Start) -> None:
        shop = await start(first="declines", second="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "declined"), ("second", "captured")]
        assert await shop.captured() == [checkout.quote.total]

    async def test_what_was_never_sent_goes_elsewhere(self, start: Start) -> None:
        shop = await start(first="unreachable", second="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "declined"), ("second", "captured")]
        assert await shop.captured() == [checkout.quote.total]

    async def test_all_gateways_are_tried_once(self, start: Start) -> None:
        shop = await start(first="declines", second="unreachable", third="declines")
        checkout = await shop.reserve()
        outcome = await shop.pay(checkout)
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.end) == (402, "declined")
        assert [gateway for gateway, _ in await shop.attempts(checkout)] == ["first", "second", "third"]
        assert await shop.captured() == []

    async def test_what_the_buyer_has_to_mend_goes_nowhere(self, start: Start) -> None:
        shop = await start(first="well", second="well")
        for buyer, method in (("ada", "pm_declined"), ("bob", "pm_expired_card"), ("cy", "pm_insufficient_funds")):
            checkout = await shop.reserve(buyer)
            outcome = await shop.pay(checkout, method)
            assert isinstance(outcome, Answered)
            assert outcome.end == "declined"
            assert await shop.attempts(checkout) == [("first", "declined")]

    async def test_silence_is_waited_for(self, start: Start) -> None:
        shop = await start(first="silent", second="well")
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), StillPaying)
        assert await shop.attempts(checkout) == [("first", "unknown")]

    async def test_silence_is_given_up_where_the_gateway_s_rule_says_so(self, start: Start) -> None:
        rules = [Rule("first", unknown_fails_over=True), Rule("second", cost_fixed=1)]
        shop = await start(rules=rules, first="silent", second="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("first", "doomed"), ("second", "captured")]
        assert await shop.captured() == [checkout.quote.total]

    async def test_an_open_breaker_sends_what_is_new_elsewhere(self, start: Start) -> None:
        shop = await start(first="unreachable", second="well")
        for buyer in ("ada", "bob"):
            await shop.pay(await shop.reserve(buyer))
        assert not shop.router.desk("first").open
        checkout = await shop.reserve("carol")
        assert paid(await shop.pay(checkout))
        assert await shop.attempts(checkout) == [("second", "captured")]

    async def test_the_buyer_s_country_counts_in_taking_over_too(self, start: Start) -> None:
        rules = [
            Rule("first", countries=frozenset({"DE"})),
            Rule("second", countries=frozenset({"FR"})),
            Rule("third", countries=frozenset({"DE", "FR"}), cost_fixed=1),
        ]
        shop = await start(rules=rules, first="declines", second="well", third="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout, country="DE"))
        assert await shop.attempts(checkout) == [("first", "declined"), ("third", "captured")]
        nowhere = await shop.reserve("bob")
        assert await shop.pay(nowhere) == NoGateway(nowhere.id, PAUSE_S)

    async def test_the_buyer_s_country_counts_in_another_process_too(self, start: Start) -> None:
        rules = [Rule("first"), Rule("second", countries=frozenset({"DE"}), cost_fixed=1)]
        shop = await start(rules=rules, limits=Limits(per_operation=0.01), first="declines", second="well")
        for n in range(2):
            await shop.pay(await shop.reserve(f"buyer-{n}"))
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout, country="DE"), StillPaying)
        shop.die()
        other = await start(rules=rules, first="declines", second="well")
        await make_due(shop.dsn)
        await Owed("resolve", other.purchase, other.reads).tick()
        assert await other.attempts(checkout) == [("first", "declined"), ("second", "captured")]


class TestWhereNoGatewayTakesAnythingNew:
    async def test_the_buyer_is_told_at_once_when_to_come_again(self, start: Start) -> None:
        shop = await start(first="unreachable")
        await self.trip(shop)
        checkout = await shop.reserve("carol")
        outcome = await shop.pay(checkout)
        assert isinstance(outcome, NoGateway)
        assert 900 < outcome.retry_after_s <= LIMITED.pause_s
        answered = answer(outcome)
        assert (answered.status, answered.retry_after_s) == (503, outcome.retry_after_s)
        assert await shop.attempts(checkout) == []

    async def test_the_first_of_several_that_may_be_back_is_what_counts(self, start: Start) -> None:
        shop = await start(first="unreachable", second="unreachable")
        await self.trip(shop)
        shop.router.desk("second")._breaker._until_s -= 500
        outcome = await shop.pay(await shop.reserve("carol"))
        assert isinstance(outcome, NoGateway)
        assert 400 < outcome.retry_after_s <= 500

    async def test_what_was_paid_is_answered_as_before(self, start: Start) -> None:
        shop = await start(first="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        shop.router.desk("first")._breaker._open(asyncio.get_running_loop().time())
        assert paid(await shop.pay(checkout))

    async def test_it_goes_on_when_the_gateway_answers_again(self, start: Start) -> None:
        shop = await start(first="well")
        desk = shop.router.desk("first")
        desk._breaker._open(asyncio.get_running_loop().time())
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), NoGateway)
        desk._breaker._until_s = asyncio.get_running_loop().time()
        assert paid(await shop.pay(checkout))

    async def trip(self, shop: Shop) -> None:
        """Ask every gateway until its circuit breaker has seen enough."""
        desks = list(shop.router.desks.values())
        await asyncio.gather(*(desk.look_up(a_request(), None) for desk in desks for _ in range(2)))
        assert not any(desk.open for desk in desks)


class TestDraining:
    async def test_a_drained_gateway_finishes_what_was_begun_and_begins_nothing(self, start: Start) -> None:
        shop = await start(first="well", second="well")
        begun = await shop.reserve("ada")
        paying = asyncio.create_task(shop.pay(begun, "pm_slow"))
        while not (await shop.reads.checkout(begun.id)).live_n:  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
        await shop.gateways.drain("first", "maintenance", "ops")
        fresh = await shop.reserve("bob")
        assert paid(await shop.pay(fresh))
        assert paid(await paying)
        assert await shop.attempts(begun) == [("first", "captured")]
        assert await shop.attempts(fresh) == [("second", "captured")]

    async def test_another_process_hears_of_it(self, start: Start) -> None:
        shop = await start(first="well", second="well")
        other = await start(first="well", second="well")
        await shop.gateways.drain("first", "maintenance", "ops")
        await other.gateways.follow()
        checkout = await other.reserve()
        assert paid(await other.pay(checkout))
        assert await other.attempts(checkout) == [("second", "captured")]
        await shop.gateways.resume("first", "", "ops")
        await other.gateways.follow()
        checkout = await other.reserve("bob")
        assert paid(await other.pay(checkout))
        assert await other.attempts(checkout) == [("first", "captured")]

    async def test_where_all_are_drained_nothing_is_begun_and_the_reservation_stands(self, start: Start) -> None:
        shop = await start(first="well")
        await shop.gateways.drain("first", "maintenance", "ops")
        checkout = await shop.reserve()
        assert await shop.pay(checkout) == NoGateway(checkout.id, PAUSE_S)
        await shop.gateways.resume("first", "", "ops")
        assert paid(await shop.pay(checkout))


class TestTheQueue:
    async def test_forty_buyers_before_a_slow_gateway_are_all_served_in_order(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=20), first="well")
        checkouts = [await shop.reserve(f"buyer-{n}") for n in range(40)]
        answers = await asyncio.gather(*map(shop.pay, checkouts))
        queued = [answer.queued for answer in answers if isinstance(answer, StillPaying) and answer.queued]
        assert len(queued) > 30
        assert queued == sorted(queued)
        last = await shop.reads.checkout(checkouts[-1].id)
        assert last is not None
        told = await shop.purchase.waits(last)
        assert told is not None
        positions = [told.queued or 0]
        while told is not None:
            positions.append(told.queued or 0)
            await asyncio.sleep(0.05)
            last = await shop.reads.checkout(last.id)
            assert last is not None
            told = await shop.purchase.waits(last)
        assert positions == sorted(positions, reverse=True)
        assert positions[0] > 10
        assert [await shop.attempts(checkout) for checkout in checkouts] == [[("first", "captured")]] * 40
        orders = [await shop.reads.order(checkout.id) for checkout in checkouts]
        placed = [order.placed_at for order in orders if order is not None]
        # Those that leave within the slack of the meter may arrive in any order.
        assert all(later - earlier > timedelta(seconds=-0.1) for earlier, later in pairwise(placed))

    async def test_the_deadline_counts_the_queue_in(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=0.01), first="well")
        checkouts = [await shop.reserve(f"buyer-{n}") for n in range(8)]
        answers = [await shop.pay(checkout) for checkout in checkouts[-6:]]
        assert [type(answer) for answer in answers].count(StillPaying) >= 4
        last = await shop.reads.checkout(checkouts[-1].id)
        assert last is not None
        # Some 400 seconds of queue, before a reservation of 300.
        assert timedelta(seconds=60) < last.deadline - checkouts[-1].deadline < timedelta(seconds=320)
        assert (await shop.attempt(checkouts[-1])).state == "prepared"
        shop.die()

    async def test_every_process_tells_the_place(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=0.01), first="well")
        other = await start(first="well")
        checkouts = [await shop.reserve(f"buyer-{n}") for n in range(5)]
        for checkout in checkouts:
            paying = asyncio.create_task(shop.pay(checkout))
            while not (await shop.reads.checkout(checkout.id)).live_n:  # type: ignore[union-attr]
                await asyncio.sleep(0.01)
            await asyncio.wait([paying], timeout=0.5)
        told = []
        for process in (shop, other):
            waits = [
                await process.purchase.waits(row) for row in [await shop.reads.checkout(c.id) for c in checkouts] if row
            ]
            told.append([wait.queued for wait in waits if wait is not None and wait.queued])
        assert told[0] == told[1] == [1, 2, 3]
        shop.die()

    async def test_who_has_nothing_to_pay_gives_the_place_back(self, start: Start) -> None:
        shop = await start(limits=Limits(at_once=1), first="well")
        cancelled = await shop.reserve()
        await shop.purchase.cancel(cancelled.id, cancelled.buyer)
        assert not paid(await shop.pay(cancelled))
        twice = await shop.reserve("bob")
        await asyncio.gather(shop.pay(twice), shop.pay(twice))
        assert paid(await shop.pay(await shop.reserve("cy")))
        await shop.purchase.drain(10)
        counted = shop.router.desk("first").counted()
        assert (counted.waiting, counted.at_work) == (0, 0)

    async def test_a_turn_that_comes_after_the_deadline_sends_nothing(self, start: Start) -> None:
        shop = await start(limits=Limits(at_once=1), first="well")
        desk = shop.router.desk("first")
        desk._counters.mean_s = 1.0
        for key in ("before", "too"):
            desk.enter(key)
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), StillPaying)
        await pass_deadline(shop.dsn, checkout)
        for key in ("before", "too"):
            desk.leave(key)
        assert await shop.attempts(checkout) == [("first", "declined")]
        assert desk.counted().authorizations == {}
        assert (desk.counted().waiting, desk.counted().at_work) == (0, 0)
        ended = await shop.reads.checkout(checkout.id)
        assert ended is not None
        assert ended.state == "expired"

    async def test_a_queue_that_died_with_its_process_is_taken_over(self, start: Start) -> None:
        shop = await start(limits=Limits(per_operation=0.01), first="well")
        for n in range(2):
            await shop.pay(await shop.reserve(f"buyer-{n}"))
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), StillPaying)
        shop.die()
        other = await start(first="well")
        await make_due(shop.dsn)
        await Owed("resolve", other.purchase, other.reads).tick()
        assert await other.attempts(checkout) == [("first", "captured")]

    async def test_taking_over_queues_at_the_other_gateway(self, start: Start) -> None:
        shop = await start(first="declines", second="well")
        busy = Desk(shop.sandboxes[1], Limits(at_once=1))
        shop.router = Router([shop.router.desk("first"), busy], [Rule("first"), Rule("second", cost_fixed=1)])
        for driver in (shop.purchase, shop.purchase._payments):
            driver._choice, driver._gateways = shop.router, shop.router.desks
        busy._counters.mean_s = 1.0
        for key in ("before", "too"):
            busy.enter(key)
        checkout = await shop.reserve()
        paying = asyncio.create_task(shop.pay(checkout))
        while busy.counted().waiting < 2:
            await asyncio.sleep(0.01)
        for key in ("before", "too"):
            busy.leave(key)
        assert paid(await paying)
        assert await shop.attempts(checkout) == [("first", "declined"), ("second", "captured")]
        history = [line.what for line in await shop.reads.history(checkout.id) if line.subject.endswith("/2")]
        assert history[:2] == ["prepared", "sent"]
