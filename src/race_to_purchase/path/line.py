"""The line before the checkout: a place for whoever joins, and a pass for whoever is called.

A ticket is given without a row of its own and a waiting visitor costs nothing: all who wait are told the same, from
one look a second and process. Who registered is on the list; who comes after the draw gets the next number.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec
from msgspec.structs import replace

from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import RaceError
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.line import ClaimRefused, GrantDenied, LineJoined, WrongGrant
from race_to_purchase.path.looks import Looks
from race_to_purchase.path.registered import Registered
from race_to_purchase.ports import LineRows, LineSeen
from race_to_purchase.rules.drop import item_pools, passes_pool, reserved_pool, ticket_pool
from race_to_purchase.rules.line import tickets
from race_to_purchase.rules.line.commands import ClaimPass, RedeemGrant
from race_to_purchase.rules.line.rows import PassRow
from race_to_purchase.rules.line.tickets import Ticket
from race_to_purchase.rules.outcomes import (
    Closed,
    Granted,
    GrantRefused,
    NotDrawn,
    NotRegistering,
    Outcome,
    PassGiven,
    PassRefused,
    TicketWrong,
    Unknown,
)
from race_to_purchase.rules.signing import Keyring, WrongToken

FRESH_S = 1.0
"""One look at a line answers everybody for so long."""

RECENT_MAX = 65_536
"""Tickets remembered, so that a double tap or a reload appends nothing."""


class LineKeyMissing(RaceError):
    """The line of {drop} needs signing key {key}, which RACE_LINE_KEYS does not have: put it back until the drop has
    ended."""

    code = "line_key_missing"


class Who(msgspec.Struct, frozen=True):
    """Whose place it is: a verified `identity`, or else the `challenge` that somebody unknown has solved."""

    identity: str | None
    challenge: str = ""


class Joined(msgspec.Struct, frozen=True):
    """A place in the line: its token, and the number of one who came after the draw, or the lane of a grant."""

    ticket: str
    late: int | None
    lane: str | None = None


class LetIn(msgspec.Struct, frozen=True):
    """A pass, signed."""

    token: str
    row: PassRow


class Line:
    """See the module. DatabaseUnavailable and Overloaded are raised."""

    def __init__(self, committer: Committer, rows: LineRows, keys: Keyring) -> None:
        self._committer = committer
        self._rows = rows
        self._keys = keys
        self._looks = Looks(rows.seen, FRESH_S)
        self._recent: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._registered = Registered(rows)

    async def seen(self, drop_id: str) -> LineSeen | None:
        """The line as it stood a second ago at most; None where there is none."""
        return await self._looks.of(drop_id)

    async def part(self, drop_id: str, number: int) -> bytes | None:
        """One part of the published list; None before it is published, and where there is none."""
        seen = await self.seen(drop_id)
        published = seen is not None and seen.line.registered is not None
        return await self._rows.part(drop_id, number) if published else None

    async def join(self, seen: LineSeen, who: Who) -> Joined | Outcome:
        """A ticket in this line, the same each time for the same visitor; or why there is none."""
        drop_id, door = seen.row.id, seen.row.definition.door
        assert door is not None
        tid = self._tid(seen, who)
        match seen.phase:
            case "closed":
                return Closed(drop_id)
            case "announced":
                return NotRegistering(drop_id, door.registration_opens_at)
        if seen.line.registered is None:
            if await self._register(drop_id, tid):
                return self._joined(seen, tid, None)
            # Its time is up by the database's clock, which is a moment ahead of what was seen.
            return NotDrawn(drop_id)
        if await self._registered.has(drop_id, tid):
            return self._joined(seen, tid, None)
        late = await self._rows.late(drop_id, tid)
        emit(LineJoined(drop_id, "late"))
        return self._joined(seen, tid, late)

    async def redeem(self, drop_id: str, token: str, identity: str | None) -> Joined | Outcome:
        """A ticket by the lane of a grant, for the identity that it was issued to; the same again until it is used."""
        seen = await self.seen(drop_id)
        if seen is None:
            return Unknown("line", drop_id)
        try:
            grant = tickets.read_grant(self._keys, drop_id, token)
        except WrongToken:
            return _not_granted(drop_id, "grant_invalid")
        tid = None if identity is None else self._tid(seen, Who(identity))
        if tid != grant.tid:
            return _not_granted(drop_id, "grant_wrong_identity")
        command = RedeemGrant(drop_id, (ticket_pool(drop_id, tid.hex()),), grant.id.hex(), tid.hex())
        outcome = await self._committer.submit(command)
        return self._joined(seen, tid, None, grant.lane) if isinstance(outcome, Granted) else outcome

    async def _register(self, drop_id: str, tid: bytes) -> bool:
        name = (drop_id, tid)
        if name in self._recent:
            return True
        if not await self._rows.register(drop_id, tid):
            return False
        emit(LineJoined(drop_id, "draw"))
        self._recent[name] = None
        if len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)
        return True

    def _tid(self, seen: LineSeen, who: Who) -> bytes:
        key = self._keys.keys.get(seen.line.key)
        if key is None:
            raise LineKeyMissing(drop=seen.row.id, key=seen.line.key)
        if who.identity is not None:
            return tickets.tid_of_identity(key, seen.row.id, who.identity)
        return tickets.tid_of_challenge(key, seen.row.id, who.challenge)

    def _joined(self, seen: LineSeen, tid: bytes, late: int | None, lane: str | None = None) -> Joined:
        door = seen.row.definition.door
        assert door is not None
        # The time is that of the line, not of the visitor, so that the same place is always the same token.
        ticket = Ticket(tid, int(door.registration_opens_at.timestamp()), late, lane is not None)
        return Joined(tickets.sign_ticket(self._keys, seen.row.id, ticket), late, lane)

    async def claim(self, drop_id: str, token: str, browser: bytes) -> LetIn | Outcome:
        """The pass of a ticket whose place is called; the same again in the same browser, while it is good."""
        seen = await self.seen(drop_id)
        if seen is None:
            return Unknown("line", drop_id)
        try:
            ticket = tickets.read_ticket(self._keys, drop_id, token)
        except WrongToken as wrong:
            emit(ClaimRefused(drop_id, "ticket_invalid"))
            return TicketWrong(wrong.reason)
        tid = ticket.tid.hex()
        pools = (*item_pools(seen.row.definition), passes_pool(drop_id), ticket_pool(drop_id, tid))
        if ticket.granted:
            pools += (reserved_pool(drop_id),)
        command = ClaimPass(drop_id, pools, tid, browser.hex(), ticket.late, ticket.granted)
        outcome = await self._committer.submit(command)
        if outcome == PassRefused("pass_used"):
            # What it was used for is looked up for those alone who come back.
            used = await self._rows.used(ticket_pool(drop_id, tid))
            if used is not None and used.checkouts:
                outcome = await self._committer.submit(replace(command, used=used))
        return self._let_in(outcome.row) if isinstance(outcome, PassGiven) else outcome

    def _let_in(self, row: PassRow) -> LetIn:
        admitted = tickets.Pass(
            bytes.fromhex(row.tid),
            row.n.to_bytes(16, "big"),
            bytes.fromhex(row.browser),
            int(row.expires_at.timestamp()),
        )
        return LetIn(tickets.sign_pass(self._keys, row.drop_id, admitted), row)


def _not_granted(drop_id: str, why: WrongGrant) -> GrantRefused:
    emit(GrantDenied(drop_id, why))
    return GrantRefused(why)
