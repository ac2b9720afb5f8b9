"""The operator's requests about findings of reconciliation: list what is open, close one with a reason."""

from __future__ import annotations

import re

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import no_such
from race_to_purchase.edge.shapes import ClosedFor
from race_to_purchase.operate.findings import FindingsDesk
from race_to_purchase.rules.answers import Answer, answer

_ID = re.compile(r"[0-9a-f]{24}")
_REASON = msgspec.json.Decoder(ClosedFor)
_encode = msgspec.json.Encoder().encode


class FindingsAdmin:
    """Handlers of `/v1/admin/findings`."""

    def __init__(self, findings: FindingsDesk) -> None:
        self._findings = findings

    async def all(self, call: Call) -> Answer:
        """GET /v1/admin/findings: those that are open, and those that are being repaired."""
        return Answer(200, _encode(await self._findings.unended()))

    async def close(self, call: Call) -> Answer:
        """POST /v1/admin/findings/{finding}/close. Closing twice changes nothing, so no key is needed."""
        finding_id = call.path["finding"]
        if not _ID.fullmatch(finding_id):
            raise no_such("finding")
        assert call.principal is not None
        reason = call.decoded(_REASON).reason
        return answer(await self._findings.close(finding_id, reason, call.principal.name))
