"""What is stored of a line: one row a drop, one a pass that is out, one a grant. Nothing is stored of who waits.

Bytes are written in hexadecimal, as they are published. Times are the database's.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from race_to_purchase.rules.line.controller import Control, Load


class Called(msgspec.Struct, frozen=True, array_like=True):
    """Places that were called together, from `since` to before `until`.

    Of them so many `came`.
    """

    at: datetime
    since: int
    until: int
    came: int = 0


class LineRow(msgspec.Struct, frozen=True):
    """The line of one drop.

    The secret of its draw is made by signing key `key` from `salt`, so that it is nowhere until the draw; it is in
    `secret` afterwards. Places below `cursor` are called. `calls` are those called lately, whose people may still be
    on their way; `came`, `came_delay_s` and `lapsed` what happened since the last decision.

    `leader` is the process that calls, alone until `lease_until`; that is None where it gave the lead back. `load` is
    the worst that other processes told since the last decision, None where they bear theirs. `rate_per_s` is the
    operator's, where it is not the door's; `paused_at` is set while nobody is called; `message` is shown to all who
    wait.
    """

    drop_id: str
    key: int
    salt: str
    commitment: str
    closed_at: datetime | None = None
    """When registration was closed: nothing is appended to the list any more."""
    registered: int | None = None
    root: str | None = None
    beacon: str | None = None
    secret: str | None = None
    seed: str | None = None
    drawn_at: datetime | None = None
    cursor: int = 0
    calls: tuple[Called, ...] = ()
    came: int = 0
    came_delay_s: float = 0.0
    lapsed: int = 0
    control: Control | None = None
    decided_at: datetime | None = None
    bound: str = ""
    """What bounded the last decision."""
    leader: str = ""
    lease_until: datetime | None = None
    load: Load | None = None
    rate_per_s: float | None = None
    paused_at: datetime | None = None
    message: str | None = None
    version: int = 0

    @property
    def hand(self) -> str:
        """What operators have said of it, as one text: it changes with nothing else."""
        paused = self.paused_at.isoformat() if self.paused_at else ""
        return f"{paused} {self.rate_per_s or ''} {self.message or ''}"


class PassRow(msgspec.Struct, frozen=True):
    """The pass of the ticket `tid` that is out: the `n`-th, good in one `browser` until `expires_at`.

    Whether it was used stands in the ticket's pool, which the reservation writes.
    """

    drop_id: str
    tid: str
    n: int
    browser: str
    expires_at: datetime
    version: int = 0


class PassGone(msgspec.Struct, frozen=True):
    """Take the row of a pass away: it was used, or its time is up."""

    drop_id: str
    tid: str


class GrantRow(msgspec.Struct, frozen=True):
    """A right of `tid`, one verified identity, to come in by `lane` once between `valid_from` and `valid_until`."""

    drop_id: str
    id: str
    tid: str
    lane: str
    valid_from: datetime
    valid_until: datetime
    issued_by: str
    issued_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 0
