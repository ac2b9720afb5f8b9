"""The operator's requests to a line."""

from __future__ import annotations

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.line.handlers import status_of
from race_to_purchase.edge.line.shapes import BeaconValue, LineHand, WatchedLine
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.ports import LineSeen
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.drop import passes_pool
from race_to_purchase.rules.line.commands import SteerLine
from race_to_purchase.rules.outcomes import Outcome, Steered, Unknown

HAND = msgspec.json.Decoder(LineHand)
BEACON_VALUE = msgspec.json.Decoder(BeaconValue)

_encode = msgspec.json.Encoder().encode


class LineAdmin:
    """Handlers of `/v1/admin/drops/{drop}/line…`."""

    def __init__(self, desk: LineDesk) -> None:
        self._desk = desk

    async def show(self, call: Call) -> Answer:
        """GET /v1/admin/drops/{drop}/line."""
        return await self._shown(call.drop())

    async def steer(self, call: Call) -> Answer:
        """PATCH /v1/admin/drops/{drop}/line: what is left out stays as it is."""
        assert call.principal is not None
        drop_id, hand = call.drop(), call.decoded(HAND)
        command = SteerLine(drop_id, call.principal.name, hand.paused, hand.rate_per_s, hand.message)
        return await self._after(drop_id, await self._desk.steer(command))

    async def draw(self, call: Call) -> Answer:
        """POST /v1/admin/drops/{drop}/line/draw."""
        drop_id = call.drop()
        return await self._after(drop_id, await self._desk.draw(drop_id, call.decoded(BEACON_VALUE).beacon.lower()))

    async def _after(self, drop_id: str, outcome: Outcome) -> Answer:
        return await self._shown(drop_id) if isinstance(outcome, Steered) else answer(outcome)

    async def _shown(self, drop_id: str) -> Answer:
        seen = await self._desk.seen(drop_id)
        return answer(Unknown("line", drop_id)) if seen is None else Answer(200, _encode(watched(seen)))


def watched(seen: LineSeen) -> WatchedLine:
    """All that there is to know of a line that stood like this."""
    line, passes = seen.line, seen.pools[passes_pool(seen.row.id)]
    control = line.control
    return WatchedLine(
        status=status_of(seen),
        late=seen.late,
        passes_out=passes.held,
        passes_max=passes.capacity,
        bound=line.bound,
        leader=line.leader,
        lease_until=line.lease_until,
        rate_now_per_s=control.rate_per_s if control else 0.0,
        room=control.room if control else 0.0,
        no_shows=control.no_shows if control else 0.0,
        paused_at=line.paused_at,
    )
