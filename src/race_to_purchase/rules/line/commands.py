"""What can be asked of the committer about a line; see `rules.commands`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from race_to_purchase.rules.line.controller import Load
from race_to_purchase.rules.text import OneLine

Message = Annotated[OneLine, msgspec.Meta(max_length=300)]
"""What an operator tells all who wait."""


class Admitted(msgspec.Struct, frozen=True):
    """A pass whose signature and browser were checked: the `n`-th of ticket `tid`, good until `expires_at`."""

    tid: str
    n: int
    expires_at: datetime


class SealedSecret(msgspec.Struct, frozen=True):
    """The secret of a draw before it is told: signing key `key` makes it from `salt`."""

    key: int
    salt: str
    commitment: str


class CloseRegistration(msgspec.Struct, frozen=True):
    """Let nobody be appended to the list any more, if its time has come."""

    drop_id: str


class PublishList(msgspec.Struct, frozen=True):
    """So many `registered`, under this `root`; once, before the draw."""

    drop_id: str
    registered: int
    root: str


class Draw(msgspec.Struct, frozen=True):
    """Tell the `secret`, which must be the one committed to, and with the `beacon`'s value fix every place.

    Both are hexadecimal; `beacon` is "" for a door without one.
    """

    drop_id: str
    secret: str
    beacon: str


class CallNext(msgspec.Struct, frozen=True):
    """Call the next places, as the process `leader`; where another one leads, let that know of a `load` too heavy.

    `late` is how many have come after the draw; `load` how the checkout is, as seen from the process that asks.
    """

    drop_id: str
    pools: tuple[str, ...]
    leader: str
    lease_s: float
    late: int
    load: Load


class GiveLeadBack(msgspec.Struct, frozen=True):
    """The process `leader` calls no more, if it leads: the next one need not wait until its lease is over."""

    drop_id: str
    leader: str


class Used(msgspec.Struct, frozen=True):
    """What the passes of a ticket were used for, the ids of `checkouts`, as it was when it had had so many `passes`."""

    passes: int
    checkouts: tuple[str, ...]


class ClaimPass(msgspec.Struct, frozen=True):
    """The holder of ticket `tid` wants to come in, with `browser`; `late` as in the ticket.

    `used` is needed where the ticket's pass was used: on what has become of that, it hangs whether there is another.
    """

    drop_id: str
    pools: tuple[str, ...]
    tid: str
    browser: str
    late: int | None = None
    granted: bool = False
    used: Used | None = None


class ExpirePass(msgspec.Struct, frozen=True):
    """Give back the place of a pass whose time is up, if it was not used."""

    drop_id: str
    pools: tuple[str, ...]
    tid: str


class SteerLine(msgspec.Struct, frozen=True):
    """The operator's hand: pause or resume, another rate (0: the door's own again), a message ("": none).

    What is None stays as it is. `seen` is the `hand` that whoever asks has before them; None where it may be any.
    """

    drop_id: str
    by: str
    paused: bool | None = None
    rate_per_s: float | None = None
    message: str | None = None
    why: str = ""
    seen: str | None = None


class NewGrant(msgspec.Struct, frozen=True):
    """A right of `tid` to come in by `lane`; see `rows.GrantRow`."""

    id: str
    tid: str
    lane: str
    valid_from: datetime
    valid_until: datetime


class IssueGrants(msgspec.Struct, frozen=True):
    """Give these rights; `by` is the operator's name."""

    drop_id: str
    grants: tuple[NewGrant, ...]
    by: str


class RevokeGrant(msgspec.Struct, frozen=True):
    """Take a right back, if it was not used."""

    drop_id: str
    id: str


class RedeemGrant(msgspec.Struct, frozen=True):
    """The identity `tid` shows a grant, for a ticket by its lane."""

    drop_id: str
    pools: tuple[str, ...]
    id: str
    tid: str


OfGrants = IssueGrants | RevokeGrant | RedeemGrant
"""What is asked about grants."""

OfCalling = CallNext | GiveLeadBack | SteerLine
"""What is asked by who leads, and by who has a hand on it."""

OfLine = CloseRegistration | PublishList | Draw | OfCalling | ClaimPass | ExpirePass | OfGrants
"""What the line asks for."""
