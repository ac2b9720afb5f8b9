"""The operator's side of gateways: take one out of use, and back into it."""

from __future__ import annotations

import msgspec

from race_to_purchase.rules.commands import DrainGateway
from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.outcomes import Done
from race_to_purchase.rules.rows import Event, GatewayStatus
from race_to_purchase.rules.snapshot import Snapshot


def drain_gateway(snapshot: Snapshot, command: DrainGateway) -> Decision:
    """Done, and part of the history, however often it is said; the store keeps the time of the first draining."""
    status = GatewayStatus(command.name, snapshot.now if command.drained else None, command.why, command.by)
    what = "gateway_drained" if command.drained else "gateway_resumed"
    data = msgspec.json.encode({"why": command.why, "by": command.by}).decode()
    return Decision(Done(what), (status, Event(f"gateway/{command.name}", what, snapshot.now, data)))
