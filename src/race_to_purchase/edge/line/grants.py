"""The operator's requests about grants."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.line.shapes import GrantList, IssuedGrant, IssuedGrants, NewGrants
from race_to_purchase.edge.problems import invalid
from race_to_purchase.operate.grants import GrantDesk, Wanted
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.moments import EARLIEST, LATEST
from race_to_purchase.rules.outcomes import Granted

NEW_GRANTS = msgspec.json.Decoder(NewGrants)
PAGE = 100

_encode = msgspec.json.Encoder().encode


class GrantsAdmin:
    """Handlers of `/v1/admin/drops/{drop}/grants…`."""

    def __init__(self, desk: GrantDesk) -> None:
        self._desk = desk

    async def issue(self, call: Call) -> Answer:
        """POST /v1/admin/drops/{drop}/grants."""
        assert call.principal is not None
        wish = call.decoded(NEW_GRANTS)
        since = wish.valid_from or datetime.now(UTC)
        if since < EARLIEST:
            raise invalid("valid_from", "It must not be before the year 2000.")
        if not since < wish.valid_until < LATEST:
            raise invalid("valid_until", "It must be after valid_from, in the future, and before the year 3000.")
        wanted = Wanted(wish.lane, wish.identities, since, wish.valid_until)
        issued = await self._desk.issue(call.drop(), wanted, call.principal.name, call.key_use(call.drop()))
        if not isinstance(issued, list):
            return answer(issued)  # type: ignore[arg-type]  # A list, or else an outcome.
        return Answer(201, _encode(IssuedGrants(tuple(IssuedGrant(one.id, one.identity, one.token) for one in issued))))

    async def all(self, call: Call) -> Answer:
        """GET /v1/admin/drops/{drop}/grants."""
        after = parse_qs(call.query.decode("latin-1")).get("after", [""])[-1]
        return Answer(200, _encode(GrantList(tuple(await self._desk.all(call.drop(), after, PAGE)))))

    async def revoke(self, call: Call) -> Answer:
        """POST /v1/admin/drops/{drop}/grants/{grant}/revoke. Twice is harmless."""
        outcome = await self._desk.revoke(call.drop(), call.path["grant"])
        return Answer(200, _encode(outcome.grants[0])) if isinstance(outcome, Granted) else answer(outcome)
