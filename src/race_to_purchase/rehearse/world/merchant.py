"""The merchant's system: it is told of every captured order at least once, and may be down, slow, or deaf for days."""

from __future__ import annotations

from race_to_purchase.rehearse.world.parts import Process, World


class Merchant:
    """What has arrived there. To some messages it is deaf for as long as it is told of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.told: dict[str, bytes] = {}

    def receive(self, message_id: str, payload: bytes) -> bool:
        """Whether it is accepted; the same message may come again, but never with other words."""
        world = self._world
        if self.told.setdefault(message_id, payload) != payload:
            world.violated("message_changed", message_id, "the same message came with other words")
        order_id = message_id.removeprefix("order-paid-")
        payments = [payment for payment in world.gateway.payments.values() if payment.checkout_id == order_id]
        if not any(payment.state == "captured" for payment in payments):
            world.violated("delivered_unpaid", order_id, "the merchant was told to send what nobody has paid")
        return not self.is_deaf(message_id)

    def is_deaf(self, message_id: str) -> bool:
        """Whether this message will never be accepted: every eighth, in a world with a deaf merchant."""
        return self._world.plan.deaf and int(message_id[-2:], 16) % 8 == 0


class SimulatedPublisher:
    """`ports.Publisher` of one process: the wire to the merchant."""

    def __init__(self, world: World, process: Process) -> None:
        self._world = world
        self._process = process

    async def deliver(self, message_id: str, kind: str, payload: bytes) -> bool:
        """See `ports.Publisher`."""
        world = self._world
        fault = world.chaos.draw("merchant.deliver")
        if fault == "crash_before":
            await world.fate.die(self._process)
        await world.pause(world.between(5.0, 14.0) if fault == "slow" else world.between(0.02, 0.4))
        if fault == "refused":
            return False
        accepted: bool = world.merchant.receive(message_id, payload)
        if fault == "crash_after":
            await world.fate.die(self._process)
        return accepted and fault != "lost_answer"
