"""The merchant's people: they change the sale while it runs, and give money back afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from race_to_purchase.path.refund import RefundRequest
from race_to_purchase.rehearse.world.parts import Process, World
from race_to_purchase.rehearse.world.requests import Gone
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Outcome


class Operator:
    """The merchant's people, who change the sale while it runs: more stock, less stock, other limits, an early end."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self) -> None:
        """A few changes during the sale."""
        world = self._world
        for _ in range(world.pick((1, 3, 6))):
            await world.pause(world.between(1.0, world.plan.span_s))
            await self._ask("put")
            if len(world.plan.gateways) > 1 and world.chance.random() < 0.3:
                await self._ask("drain")
                await world.pause(world.between(5.0, 20.0))
                await self._ask("resume")
        if world.chance.random() < 0.1:
            await self._ask("close")

    async def _ask(self, what: str) -> None:
        world = self._world
        process = world.somebody()
        if process is None:
            return
        try:
            outcome = await world.wait(process.call(self._work(process, what)), 30.0)
        except Gone:
            return
        except Exception as error:
            world.refused(error, what)
            return
        world.tell("", process, f"operator: {what}", type(outcome).__name__)

    def _work(self, process: Process, what: str) -> Coroutine[Any, Any, Outcome]:
        world = self._world
        drop = world.pick(world.plan.drops)
        match what:
            case "close":
                return process.catalogue.close(drop.id)
            case "drain":
                return process.gateways.drain(world.plan.gateways[0].name, "slow", "ops")
            case "resume":
                return process.gateways.resume(world.plan.gateways[0].name, "well again", "ops")
            case _:
                return process.catalogue.put(world.changed(drop))


class Merchants:
    """Those who give money back: often two of them the same order, and more than there is."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self) -> None:
        """A few orders."""
        world = self._world
        for number in range(world.plan.returns):
            await world.pause(world.between(0.5, 8.0))
            orders = list(world.database.store.rows.orders.values())
            if orders:
                order = world.pick(orders)
                amount = world.pick((None, 1 + order.amount // 2, order.amount))
                restock = amount != 1 + order.amount // 2 and world.chance.random() < 0.5
                await asyncio.gather(
                    *(self._give_back(order.id, amount, f"{number}-{clerk}", restock=restock) for clerk in "ab")
                )

    async def _give_back(self, order_id: str, amount: int | None, key: str, *, restock: bool) -> None:
        world = self._world
        wish = RefundRequest(order_id, amount, "returned", restock, "ops")
        use = KeyUse(f"refund {order_id} ops", key, key.encode())
        for _ in range(3):
            process = world.somebody()
            if process is not None:
                try:
                    outcome = await world.wait(process.call(process.refunds.request(wish, use)), 40.0)
                    world.tell(order_id, process, "is asked: refund", type(outcome).__name__)
                    return
                except Gone:
                    pass
                except Exception as error:
                    world.refused(error, "refund")
            await world.pause(world.between(1.0, 5.0))
