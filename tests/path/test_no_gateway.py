"""Where every gateway's circuit breaker is open, a payment is refused at once, with when to come again."""

from __future__ import annotations

import asyncio

from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.outcomes import NoGateway
from tests.path.scripted import a_request
from tests.path.several import LIMITED, Shop, Start, paid, start

__all__ = ["start"]


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
        shop.router.gateway("second")._breaker._until_s -= 500
        outcome = await shop.pay(await shop.reserve("carol"))
        assert isinstance(outcome, NoGateway)
        assert 400 < outcome.retry_after_s <= 500

    async def test_what_was_paid_is_answered_as_before(self, start: Start) -> None:
        shop = await start(first="well")
        checkout = await shop.reserve()
        assert paid(await shop.pay(checkout))
        shop.router.gateway("first")._breaker._open(asyncio.get_running_loop().time())
        assert paid(await shop.pay(checkout))

    async def test_it_goes_on_when_the_gateway_answers_again(self, start: Start) -> None:
        shop = await start(first="well")
        paced = shop.router.gateway("first")
        paced._breaker._open(asyncio.get_running_loop().time())
        checkout = await shop.reserve()
        assert isinstance(await shop.pay(checkout), NoGateway)
        paced._breaker._until_s = asyncio.get_running_loop().time()
        assert paid(await shop.pay(checkout))

    async def trip(self, shop: Shop) -> None:
        """Ask every gateway until its circuit breaker has seen enough."""
        gateways = list(shop.router.gateways.values())
        await asyncio.gather(*(paced.look_up(a_request(), None) for paced in gateways for _ in range(2)))
        assert not any(paced.open for paced in gateways)
