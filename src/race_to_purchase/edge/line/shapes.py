"""What is read and told about lines."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from race_to_purchase.edge.shapes import BuyerId
from race_to_purchase.rules.line.commands import Message
from race_to_purchase.rules.line.rows import GrantRow
from race_to_purchase.rules.line.tickets import LANE_BYTES, TOKEN_LENGTH_MAX
from race_to_purchase.rules.phases import Phase

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=TOKEN_LENGTH_MAX)]


class NewPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish for a place: with the solution of a `challenge` where one was asked for, or with a `grant`.

    `website` is for a form field that people do not see: whoever fills it in is a program.
    """

    challenge: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)] | None = None
    grant: Token | None = None
    website: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Place(msgspec.Struct, frozen=True):
    """A place in the line. `late` is the number of one who came after the draw, from 0; null for one who is in it.

    `lane` is that of a grant: its holder stands in no line, and may claim a pass once the sale is open.
    """

    ticket: str
    late: int | None
    lane: str | None = None


class LineStatus(msgspec.Struct, frozen=True):
    """What all who wait are told; up to a second old.

    A ticket of the draw stands at `⌊HMAC-SHA256(seed, tid)[:8] ÷ 2⁶⁴ × registered⌋`, a late one at
    `registered + late`; places below `cursor` are called. `poll_s` is how long to wait before looking again, from
    and to. From place `slim_from` on more people are ahead than pieces are unsold; null while there is no such place.
    """

    drop: str
    phase: Phase
    now: datetime
    opens_at: datetime
    registration_opens_at: datetime
    registration_closes_at: datetime
    commitment: str
    seed: str | None
    registered: int | None
    root: str | None
    cursor: int
    rate_per_s: float
    stock: Literal["plenty", "few", "none"]
    poll_s: tuple[int, int]
    message: str | None
    slim_from: int | None


class WantedPass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ticket whose place is called."""

    ticket: Token


class GivenPass(msgspec.Struct, frozen=True):
    """A pass for one reservation in this browser; it goes into the header `Race-Pass`."""

    # `pass` is a word of Python, and the name of the field on the wire.
    token: str = msgspec.field(name="pass")
    expires_at: datetime


class DrawView(msgspec.Struct, frozen=True):
    """All that is needed to check the draw. The tickets are in `parts` parts of 65,536, 16 bytes each, sorted.

    `beacon` is the round that was named beforehand, `beacon_value` what it came to.
    """

    drop: str
    commitment: str
    closed_at: datetime | None
    registered: int | None
    root: str | None
    parts: int
    beacon: str | None
    beacon_value: str | None
    secret: str | None
    seed: str | None
    drawn_at: datetime | None


class WatchedLine(msgspec.Struct, frozen=True):
    """A line as its operator sees it. `bound` is what bounded the last decision of the process that leads.

    `rate_now_per_s` and `room` are what it allows itself, `no_shows` the share of those called who do not come.
    """

    status: LineStatus
    late: int
    passes_out: int
    passes_max: int
    bound: str
    leader: str
    lease_until: datetime | None
    rate_now_per_s: float
    room: float
    no_shows: float
    paused_at: datetime | None


class LineHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different: `rate_per_s` 0 is the door's own again, an empty `message` none."""

    paused: bool | None = None
    rate_per_s: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    message: Message | None = None


class BeaconValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the named round of the beacon came to, in hexadecimal."""

    beacon: Annotated[
        str, msgspec.Meta(pattern=r"^([0-9a-fA-F]{2}){16,256}\Z", description="16 to 256 bytes as hexadecimal digits")
    ]


class NewGrants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Grants for `identities`, as the shop calls its customers; without times, from now until the drop has ended."""

    lane: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[a-z0-9][a-z0-9-]*\Z",
            max_length=LANE_BYTES,
            description="small letters, digits and hyphens, a letter or digit first",
        ),
    ]
    identities: Annotated[tuple[BuyerId, ...], msgspec.Meta(min_length=1, max_length=1000)]
    valid_until: Annotated[datetime, msgspec.Meta(tz=True)]
    valid_from: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class IssuedGrant(msgspec.Struct, frozen=True):
    """A grant for one customer; `grant` is what they join with, and is told this once."""

    id: str
    identity: str
    grant: str


class IssuedGrants(msgspec.Struct, frozen=True):
    """In the order of the identities."""

    grants: tuple[IssuedGrant, ...]


class GrantList(msgspec.Struct, frozen=True):
    """Grants by their id, a hundred at most; the next ones come after the last."""

    grants: tuple[GrantRow, ...]
