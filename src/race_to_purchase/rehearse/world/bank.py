"""The bank, where buyers object to what they have paid; and whether the shop knows of all that it was told of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime

from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.payments import Objection, Payment
from race_to_purchase.rules.messages import WebhookEvent


class Bank:
    """See the module."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._heard: dict[str, WebhookEvent] = {}
        """The newest message of each dispute that was acknowledged."""

    async def run(self) -> None:
        """Some objections to what was captured, each followed to its end or left undecided."""
        world = self._world
        follows: list[asyncio.Task[None]] = []
        for _ in range(world.plan.objections):
            await world.pause(world.between(1.0, 8.0))
            captured = [payment for payment in world.gateway.payments.values() if payment.captured]
            if captured:
                follows.append(world.spawn(self._object(world.pick(captured))))
        await asyncio.gather(*follows)

    async def _object(self, payment: Payment) -> None:
        world = self._world
        amount = world.pick((payment.captured, payment.captured, 1 + payment.captured // 2))
        status = world.pick(("needs_response", "needs_response", "warning_needs_response"))
        objection = world.gateway.object(payment, amount, status)
        await world.pause(world.between(1.0, 20.0))
        if world.chance.random() < 0.6:
            world.gateway.hear_evidence(objection)
            await world.pause(world.between(0.5, 20.0))
        if world.chance.random() < 0.8:
            world.gateway.judge(objection, won=world.chance.random() < 0.5)

    def is_heard(self, event: WebhookEvent) -> None:
        """A message was acknowledged."""
        if event.kind.startswith("dispute"):
            name = str(event.data["dispute"])
            before = self._heard.get(name)
            if before is None or _rank(before) < _rank(event):
                self._heard[name] = event

    def unheard(self) -> Iterator[tuple[str, str]]:
        """Disputes of which our row does not say what the newest acknowledged message said, or a newer one."""
        rows = self._world.database.store.rows.disputes
        for name, event in self._heard.items():
            objection: Objection = self._world.gateway.objections[name]
            row = rows.get((objection.payment.gateway, name))
            if objection.payment.checkout_id not in self._world.database.store.rows.orders:
                continue  # It was taken for nothing and is paid back: there is no order to be disputed.
            if row is None:
                yield objection.payment.checkout_id, f"{name} was heard of, and is nowhere"
            elif row.told_at < event.created_at or (
                row.told_at == event.created_at and event.kind == "dispute_closed" and row.closed_at is None
            ):
                yield objection.payment.checkout_id, f"{name} is {row.status}, and was told to be {event.data}"


def _rank(event: WebhookEvent) -> tuple[datetime, int]:
    """Gateways tell times in whole seconds."""
    return event.created_at, ("dispute_opened", "dispute_updated", "dispute_closed").index(event.kind)
