"""The buyers' requests to a line. What all are told is made once a second and process, however many ask."""

from __future__ import annotations

import re

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.challenges import Challenges
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.line.shapes import (
    DrawView,
    GivenPass,
    LineStatus,
    NewPlace,
    Place,
    WantedPass,
)
from race_to_purchase.edge.line.visitor import browser_for, identity_of, who_joins
from race_to_purchase.edge.problems import no_such
from race_to_purchase.edge.reply import Reply
from race_to_purchase.path.line import Joined, LetIn, Line
from race_to_purchase.ports import PART_TIDS, LineSeen
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.drop import item_pools
from race_to_purchase.rules.outcomes import Outcome

NEW_PLACE = msgspec.json.Decoder(NewPlace)
WANTED_PASS = msgspec.json.Decoder(WantedPass)

CACHED = b"public, max-age=1"
IMMUTABLE = b"public, max-age=31536000, immutable"
OCTETS = b"application/octet-stream"

POLL_S = (5, 30)
STATUS_MAX = 1000

_PART = re.compile(r"[0-9]{1,9}")
"""What can be the number of a part: the database counts them in 32 bits."""

FEW_PERCENT = 10
"""`few` pieces are free at this share of the stock."""

_encode = msgspec.json.Encoder().encode


class LineHandlers:
    """Handlers of `/v1/drops/{drop}/line…`; all of them speak to `Line` alone."""

    def __init__(self, line: Line, challenges: Challenges, gate: Gate) -> None:
        self._line = line
        self._challenges = challenges
        self._gate = gate
        self._told: dict[str, tuple[LineSeen, Answer]] = {}

    async def join(self, call: Call) -> Answer:
        """POST /v1/drops/{drop}/line. Joining again is harmless, and gives the same place."""
        drop_id = call.drop()
        wanted = call.decoded(NEW_PLACE)
        seen = await self._seen(drop_id)
        door = seen.row.definition.door
        assert door is not None
        if wanted.grant is not None:
            return self._placed(await self._line.redeem(drop_id, wanted.grant, identity_of(call)))
        asked = door.challenge != "none"
        signs = ("honeypot",) if wanted.website else ()
        who = await who_joins(call, self._challenges, drop_id, asked=asked, shown=wanted.challenge, signs=signs)
        return self._placed(await self._line.join(seen, who))

    def _placed(self, joined: Joined | Outcome) -> Answer:
        if not isinstance(joined, Joined):
            return answer(joined)
        return Answer(201, _encode(Place(joined.ticket, joined.late, joined.lane)))

    async def status(self, call: Call) -> Answer:
        """GET /v1/drops/{drop}/line/status: the same bytes for all, for as long as one look is fresh."""
        drop_id = call.drop()
        seen = await self._seen(drop_id)
        before = self._told.get(drop_id)
        if before is not None and before[0] is seen:
            return before[1]
        if len(self._told) >= STATUS_MAX:
            self._told.clear()
        told = Reply(200, _encode(status_of(seen)), cache_control=CACHED)
        self._told[drop_id] = (seen, told)
        return told

    async def claim(self, call: Call) -> Answer:
        """POST /v1/drops/{drop}/line/pass."""
        drop_id = call.drop()
        wanted = call.decoded(WANTED_PASS)
        await self._gate.admit_ticket("pass", wanted.ticket)
        outcome = await self._line.claim(drop_id, wanted.ticket, browser_for(call, call.buyer))
        if not isinstance(outcome, LetIn):
            return answer(outcome)
        return Answer(201, _encode(GivenPass(outcome.token, outcome.row.expires_at)))

    async def draw(self, call: Call) -> Answer:
        """GET /v1/drops/{drop}/line/draw."""
        return Reply(200, _encode(draw_of(await self._seen(call.drop()))), cache_control=CACHED)

    async def tickets(self, call: Call) -> Answer:
        """GET /v1/drops/{drop}/line/tickets/{part}: 16 bytes a ticket. Once published it never changes."""
        drop_id, number = call.drop(), call.path["part"]
        part = await self._line.part(drop_id, int(number)) if _PART.fullmatch(number) else None
        if part is None:
            raise no_such("part")
        return Reply(200, part, media_type=OCTETS, cache_control=IMMUTABLE)

    async def _seen(self, drop_id: str) -> LineSeen:
        seen = await self._line.seen(drop_id)
        if seen is None:
            raise no_such("line")
        return seen


def status_of(seen: LineSeen) -> LineStatus:
    """What everybody may know of a line that stood like this."""
    drop, line, door = seen.row.definition, seen.line, seen.row.definition.door
    assert door is not None
    pools = [seen.pools[name] for name in item_pools(drop) if name in seen.pools]
    free, stock = sum(pool.free for pool in pools), sum(pool.capacity for pool in pools)
    return LineStatus(
        drop=drop.id,
        phase=seen.phase,
        now=seen.now,
        opens_at=drop.opens_at,
        registration_opens_at=door.registration_opens_at,
        registration_closes_at=door.registration_closes_at,
        commitment=line.commitment,
        seed=line.seed,
        registered=line.registered,
        root=line.root,
        cursor=line.cursor,
        rate_per_s=door.rate_per_s if line.rate_per_s is None else line.rate_per_s,
        stock="none" if free <= 0 else "few" if free * 100 <= stock * FEW_PERCENT else "plenty",
        poll_s=POLL_S,
        message=line.message,
        slim_from=slim_from(line.cursor, sum(pool.capacity - pool.sold for pool in pools), line.registered, seen.late),
    )


def slim_from(cursor: int, unsold: int, registered: int | None, late: int) -> int | None:
    """The first place whose chance is practically gone; None where nobody stands there, or places are not drawn."""
    place = cursor + unsold
    return place if registered is not None and place < registered + late else None


def draw_of(seen: LineSeen) -> DrawView:
    """All that is published of a draw so far."""
    line, door = seen.line, seen.row.definition.door
    assert door is not None
    return DrawView(
        drop=seen.row.id,
        commitment=line.commitment,
        closed_at=line.closed_at,
        registered=line.registered,
        root=line.root,
        parts=-(-(line.registered or 0) // PART_TIDS),
        beacon=door.beacon,
        beacon_value=line.beacon or None,
        secret=line.secret,
        seed=line.seed,
        drawn_at=line.drawn_at,
    )
