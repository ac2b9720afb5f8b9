"""Payment gateways: what they answer and how fast, and what an operator or the circuit breaker does about it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from race_to_purchase.observe.events.attributes import GatewayName
from race_to_purchase.observe.events.event import Event, Gauge, Log


class GatewayDrained(Event, frozen=True):
    """An operator said that nothing new is begun with a gateway, or that it may be again."""

    log = Log("warning", "gateway drained")
    metrics = (Gauge("race_gateway_drained", "1 while an operator keeps new payments away.", "drained", ("gateway",)),)

    gateway: GatewayName
    drained: Annotated[bool, Meta(description="Whether an operator keeps new payments away from it.")]
