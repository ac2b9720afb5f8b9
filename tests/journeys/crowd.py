"""Buyers over real HTTP who want one shoe each, and go on asking with the same key until they have their answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec

from tests.journeys.engine import Engine, storefront
from tests.path.shop import make_due
from tests.sale import value

METHODS = (("pm_approved",),) * 7 + (("pm_insufficient_funds", "pm_approved"),) * 2 + (("pm_answer_lost",),)
AGAIN = {"idempotency_in_flight", "payment_in_flight"}
TIMEOUT = aiohttp.ClientTimeout(total=2.5)


class End(msgspec.Struct, frozen=True):
    """How a buyer's race ended: the last status, the code of a refusal, and the checkout, if they had one."""

    status: int
    code: str
    checkout: str = ""


class Crowd:
    """Buyers, each with their own chance from one seed. `answers` counts every status that came back."""

    def __init__(self, engine: Engine, seed: int, methods: Sequence[Sequence[str]] = METHODS) -> None:
        self._engine = engine
        self._seed = seed
        self._methods = methods
        self.answers: dict[int, int] = {}
        self.unanswered = 0

    async def race(self, buyers: int, first: int = 0) -> list[End]:
        """All of them at once; how it ended for each."""
        connector = aiohttp.TCPConnector(limit=48)
        async with aiohttp.ClientSession(timeout=TIMEOUT, connector=connector) as session:
            return await asyncio.gather(*(self._buyer(session, number) for number in range(first, first + buyers)))

    async def _buyer(self, session: aiohttp.ClientSession, number: int) -> End:
        chance = random.Random(f"{self._seed}-{number}")
        await asyncio.sleep(chance.random() * 1.5)
        name = f"buyer-{number}"
        wish = {"drop": "aurora", "lines": [{"item": "shoe", "quantity": 1}], "buyer": {"id": name}}
        status, told = await self._ask(session, chance, "/v1/checkouts", f"{name}-reserve", wish)
        if status != 201:
            return End(status, told["code"])
        checkout = told["id"]
        await asyncio.sleep(chance.random() * 0.5)
        for method in chance.choice(self._methods):
            path, key = f"/v1/checkouts/{checkout}/payment", f"{name}-{method}"
            status, told = await self._ask(session, chance, path, key, {"payment_method": method})
            if status != 402:
                break
        if status == 200:
            assert told["order"]["id"] == checkout
        return End(status, told.get("code", ""), checkout)

    async def _ask(
        self, session: aiohttp.ClientSession, chance: random.Random, path: str, key: str, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """The final answer to a request, repeated under its key while there is none."""
        while True:
            try:
                async with session.post(self._engine.url + path, json=body, headers=storefront(key)) as response:
                    told = await response.json(content_type=None)
                    status = response.status
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                self.unanswered += 1
            else:
                self.answers[status] = self.answers.get(status, 0) + 1
                assert status < 500 or status == 503, (status, told)
                if status not in (202, 503) and told.get("code") not in AGAIN:
                    return status, told
                assert status != 503 or "Retry-After" in response.headers
            await asyncio.sleep(0.05 + chance.random() * 0.2)


async def hurry(dsn: str) -> None:
    """Until cancelled, let whatever is owed be due now, so that nobody waits for leases of the killed."""
    while True:
        await make_due(dsn)
        await asyncio.sleep(0.3)


async def come_to_rest(dsn: str) -> None:
    """Until nothing is owed any more."""
    while await value(dsn, "SELECT count(*) FROM race.task"):
        await make_due(dsn)
        await asyncio.sleep(0.2)
