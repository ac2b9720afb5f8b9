"""The messages of gateways: told late, twice, forged or never, and again until somebody acknowledges them."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from race_to_purchase.errors import RaceError
from race_to_purchase.rehearse.world.books import message, message_of
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.payments import Objection, Payment
from race_to_purchase.rehearse.world.plan import BEGIN
from race_to_purchase.rehearse.world.requests import Gone
from race_to_purchase.rules.messages import WebhookEvent

TELLINGS = 4
"""How often a gateway tells of one thing that nobody acknowledges."""


class Webhooks:
    """See the module."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told = 0

    def of_payment(self, payment: Payment) -> None:
        """Something became of a payment."""
        if self._world.plan.webhooks:
            self._told += 1
            self._post(payment.gateway, message(payment, self._told), TELLINGS)

    def of_objection(self, what: str, objection: Objection) -> None:
        """Something became of a dispute."""
        self._told += 1
        told_at = BEGIN + timedelta(seconds=int(self._world.loop.now_s))
        event = message_of(objection, what, self._told, told_at)
        self._post(objection.payment.gateway, event, TELLINGS)

    def _post(self, gateway: str, event: WebhookEvent, tellings: int) -> None:
        world = self._world
        kind = world.chaos.draw("webhook")
        if kind == "lost" or not tellings:
            return
        late_s = world.between(30.0, 300.0) if kind == "late" else world.between(0.05, 2.0)
        signature = "forged" if kind == "forged" else gateway
        for _ in range(2 if kind == "twice" else 1):
            world.later(late_s, lambda: world.spawn(self._tell(gateway, signature, event, tellings)))

    async def _tell(self, gateway: str, signature: str, event: WebhookEvent, tellings: int) -> None:
        world = self._world
        process = world.somebody()
        heard = False
        if process is not None and process.up:
            try:
                heard = await process.call(process.hear(gateway, signature, msgspec.json.encode(event)))
            except (Gone, RaceError):
                heard = False
        if heard and signature != gateway:
            world.violated("forged_message_taken", event.reference or "", event.id)
        elif heard:
            world.bank.is_heard(event)
        else:
            await world.pause(world.between(2.0, 30.0))
            self._post(gateway, event, tellings - 1)
