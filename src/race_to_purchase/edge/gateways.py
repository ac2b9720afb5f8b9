"""The operator's requests about payment gateways: how they are doing, and taking one out of use."""

from __future__ import annotations

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.shapes import Gateways as Shown
from race_to_purchase.edge.shapes import GatewayUse, WatchedGateway
from race_to_purchase.operate.gateways import Gateways, GatewaySeen
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.outcomes import Unknown

_use = msgspec.json.Decoder(GatewayUse)
_encode = msgspec.json.Encoder().encode


class GatewaysAdmin:
    """Handlers of `/v1/admin/gateways`."""

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways

    async def all(self, call: Call) -> Answer:
        """GET /v1/admin/gateways."""
        seen = await self._gateways.all()
        return Answer(200, _encode(Shown(tuple(map(_watched, seen)))))

    async def put(self, call: Call) -> Answer:
        """PUT /v1/admin/gateways/{gateway}. Saying the same again changes nothing but who said it last, and why."""
        assert call.principal is not None
        name, use = call.path["gateway"], call.decoded(_use)
        say = self._gateways.drain if use.drained else self._gateways.resume
        outcome = await say(name, use.why, call.principal.name)
        if isinstance(outcome, Unknown):
            return answer(outcome)
        seen = next(seen for seen in await self._gateways.all() if seen.status.name == name)
        return Answer(200, _encode(_watched(seen)))


def _watched(seen: GatewaySeen) -> WatchedGateway:
    status = seen.status
    return WatchedGateway(
        **msgspec.structs.asdict(seen.counted),
        drained=status.drained_at is not None,
        drained_at=status.drained_at,
        why=status.why,
        by=status.by,
    )
