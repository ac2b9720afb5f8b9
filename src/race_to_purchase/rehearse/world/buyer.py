"""The buyers of a simulation: what people do to a checkout, the impatient and the confused included."""

from __future__ import annotations

import asyncio

import msgspec

from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.requests import Request, read
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.decide import KeyUse

TRIES = 6
"""So often a request is repeated before its buyer gives up."""

HABITS = (
    *("pays",) * 12, "double_click", "two_tabs", "leaves", "cancels", "cancels_while_paying", "other_card",
    "other_body", "waits_too_long", "looks",
)  # fmt: skip


class Visit:
    """One buyer's way through one sale, with one habit."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._number = number
        self._keys = 0
        self._drop = world.pick(world.plan.drops)
        self._buyer = f"buyer-{int(world.chance.random() * world.plan.buyers)}"
        self._habit = world.pick(HABITS)

    async def run(self) -> None:
        """Come, reserve, and do what this buyer does."""
        world = self._world
        await world.pause(world.between(0.0, world.plan.span_s))
        wish, key = self._wish(), self._key("reserve", "")
        if self._habit == "double_click":
            first, answer = await asyncio.gather(self._reserve(wish, key), self._reserve(wish, key))
            answer = answer if answer is not None and answer.status == 201 else first
        else:
            answer = await self._reserve(wish, key)
        if answer is None or answer.status != 201:
            return
        checkout_id = read(answer.body).id
        await world.pause(world.between(0.0, 3.0))
        await getattr(self, f"_{self._habit}")(checkout_id)

    def _wish(self) -> ReserveRequest:
        world = self._world
        items = [item.id for item in self._drop.items]
        chosen = items[: 1 + int(world.chance.random() * len(items))]
        lines = tuple(Line(item, world.pick((1, 1, 2))) for item in chosen)
        promo = "TEN" if world.chance.random() < 0.08 else None
        email = f"{self._buyer}@example.org"
        return ReserveRequest(self._drop.id, self._buyer, lines, email, promo)

    def _key(self, route: str, subject: str, body: str = "") -> KeyUse:
        """A new idempotency key, as the edge would hand it on."""
        self._keys += 1
        return KeyUse(f"{route} {subject} {self._buyer}", f"key-{self._number}-{self._keys}", body.encode())

    async def _reserve(self, wish: ReserveRequest, key: KeyUse) -> Answer | None:
        return await self._ask(Request("reserve", self._buyer, wish=wish, key=key))

    async def _pay(self, checkout_id: str, method: str, key: KeyUse) -> Answer | None:
        return await self._ask(Request("pay", self._buyer, checkout_id, method, key))

    def _paying_key(self, checkout_id: str, method: str) -> KeyUse:
        return self._key("pay", checkout_id, method)

    def _method(self) -> str:
        world = self._world
        return world.pick(world.plan.methods) if world.chance.random() < world.plan.odd else "pm_ok"

    async def _ask(self, request: Request) -> Answer | None:
        """Send it again, with its key, until there is an answer that will not change; None once given up."""
        world = self._world
        answer: Answer | None = None
        for _ in range(TRIES):
            answer = await world.ask(request)
            if answer is not None and not _may_change(answer):
                return answer
            if answer is not None and b'"next_action":' in answer.body and request.route == "pay":
                await self._act(request.checkout_id)
            if answer is not None and b'"queued":' in answer.body:
                await self._look_on(request.checkout_id)
            # Who is told that everything is reserved soon loses heart; who has paid and does not know, does not.
            patient = request.route == "pay" or answer is None or answer.status == 503
            if world.chance.random() < (0.1 if patient else 0.5):
                return answer
            await world.pause(world.between(1.0, 8.0) if answer is None else world.between(10.0, 40.0))
        return answer

    async def _look_on(self, checkout_id: str) -> None:
        """Ask for the place in the queue, or come back from a bank to which nobody was sent."""
        route = self._world.pick(("show", "show", "return"))
        await self._world.ask(Request(route, self._buyer, checkout_id))

    async def _act(self, checkout_id: str) -> None:
        """Go to the bank, and come back or not."""
        world = self._world
        if world.chance.random() < 0.7:
            await world.pause(world.between(1.0, 40.0))
            await self._ask(Request("return", self._buyer, checkout_id))

    async def _pays(self, checkout_id: str) -> None:
        method = self._method()
        await self._pay(checkout_id, method, self._paying_key(checkout_id, method))

    async def _double_click(self, checkout_id: str) -> None:
        method = self._method()
        key = self._paying_key(checkout_id, method)
        await asyncio.gather(self._pay(checkout_id, method, key), self._pay(checkout_id, method, key))

    async def _two_tabs(self, checkout_id: str) -> None:
        methods = (self._method(), self._method())
        pays = (self._pay(checkout_id, method, self._paying_key(checkout_id, method)) for method in methods)
        await asyncio.gather(*pays)

    async def _leaves(self, _checkout_id: str) -> None:
        """The reservation lapses by itself."""

    async def _cancels(self, checkout_id: str) -> None:
        key = self._key("cancel", checkout_id) if self._world.chance.random() < 0.7 else None
        await self._ask(Request("cancel", self._buyer, checkout_id, key=key))

    async def _cancels_while_paying(self, checkout_id: str) -> None:
        await asyncio.gather(self._pays(checkout_id), self._later_cancels(checkout_id))

    async def _later_cancels(self, checkout_id: str) -> None:
        await self._world.pause(self._world.between(0.0, 1.0))
        await self._cancels(checkout_id)

    async def _other_card(self, checkout_id: str) -> None:
        answer = await self._pay(checkout_id, "pm_declined", self._paying_key(checkout_id, "pm_declined"))
        if answer is not None and answer.status == 402:
            await self._pays(checkout_id)

    async def _other_body(self, checkout_id: str) -> None:
        """The same key for another request."""
        key = self._paying_key(checkout_id, "pm_ok")
        other = msgspec.structs.replace(key, fingerprint=b"pm_other")
        await asyncio.gather(self._pay(checkout_id, "pm_ok", key), self._pay(checkout_id, "pm_other", other))

    async def _waits_too_long(self, checkout_id: str) -> None:
        limit_s = self._drop.reservation_seconds
        await self._world.pause(limit_s * self._world.between(0.8, 1.1))
        await self._pays(checkout_id)

    async def _looks(self, checkout_id: str) -> None:
        """Somebody who cannot believe it."""
        looks = (self._ask(Request("show", self._buyer, checkout_id)) for _ in range(3))
        await asyncio.gather(self._pays(checkout_id), *looks)


def _may_change(answer: Answer) -> bool:
    """Whether the same request is worth repeating."""
    if answer.status in (202, 500, 503):
        return True
    if answer.status != 409:
        return False
    problem = read(answer.body)
    return problem.code in ("idempotency_in_flight", "payment_in_flight") or (
        problem.code == "all_reserved" and problem.retryable
    )
