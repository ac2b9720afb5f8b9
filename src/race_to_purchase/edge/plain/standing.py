"""Where a browser stands in a line, as the name of a view: by the same rules as in the page with a script."""

from __future__ import annotations

from random import random
from typing import Literal

import msgspec

from race_to_purchase.edge.line.shapes import LineStatus
from race_to_purchase.edge.plain.words import Words
from race_to_purchase.rules.line.draw import late_place, place
from race_to_purchase.rules.line.tickets import Ticket

# fmt: off
View = Literal[
    "announced", "registration", "registered", "draw", "drawn", "opening", "join", "waiting", "called",
    "granted", "admitted", "lapsed", "paused", "sold_out", "closed", "code",
]
# fmt: on
Turn = Literal["none", "on", "over"]
"""Whether this browser has been let in, and whether that still counts."""

JITTER = 0.2
SLOWER = 4 / 3
LOOKING: frozenset[View] = frozenset(
    {"announced", "registered", "draw", "drawn", "opening", "granted", "waiting", "called", "paused", "sold_out"}
)
"""Views in which nothing is being filled in, so that the page may look again by itself."""


class Standing(msgspec.Struct, frozen=True):
    """`ahead` is how many places are called before one's own; below 0 it is called, None where it is not drawn."""

    view: View
    ahead: int | None = None


def standing(status: LineStatus, ticket: Ticket | None, turn: Turn, *, asked: bool) -> Standing:
    """`asked`: a code by e-mail is needed before there can be a place."""
    ahead = ahead_of(status, ticket)
    phase = status.phase
    if phase in ("closed", "announced", "sold_out"):
        return Standing(phase, ahead)
    if turn == "on":
        return Standing("admitted", ahead)
    if phase == "paused":
        return Standing("paused", ahead)
    if ticket is None:
        return Standing("code" if asked else _unplaced(status))
    if ticket.granted and phase in ("registration", "draw"):
        return Standing("granted" if status.now < status.opens_at else "opening", ahead)
    if phase == "registration":
        return Standing("registered")
    if phase == "draw":
        return Standing(_drawn(status), ahead)
    if ahead is None or ahead >= 0:
        return Standing("waiting", ahead)
    return Standing("lapsed" if turn == "over" else "called", ahead)


def _unplaced(status: LineStatus) -> View:
    if status.phase == "registration":
        return "registration"
    return "draw" if status.seed is None else "join"


def _drawn(status: LineStatus) -> View:
    if status.seed is None:
        return "draw"
    return "drawn" if status.now < status.opens_at else "opening"


def ahead_of(status: LineStatus, ticket: Ticket | None) -> int | None:
    """How many are called before this ticket; a grant's holder stands in no line."""
    if ticket is None:
        return None
    if ticket.granted:
        return -1
    if status.seed is None or status.registered is None:
        return None
    if ticket.late is not None:
        return late_place(status.registered, ticket.late) - status.cursor
    return place(bytes.fromhex(status.seed), ticket.tid, status.registered) - status.cursor


def look_again_s(status: LineStatus, ahead: int | None) -> int:
    """Seconds until the next look: soon for those who are next, and never all at once."""
    least, most = status.poll_s
    wanted = _until_change_s(status) if ahead is None else ahead / max(status.rate_per_s, 0.01) / 4
    return round(min(most, max(least, wanted)) * (1 + JITTER * random()))


def _until_change_s(status: LineStatus) -> float:
    """Until what the status says is over; a small number where it should be already, or may be at any time."""
    match status.phase:
        case "announced":
            ends = status.registration_opens_at
        case "registration":
            ends = status.registration_closes_at
        case "draw" if status.seed is not None:
            ends = status.opens_at
        case _:
            return 0.0
    return (ends - status.now).total_seconds()


def wait_in_words(ahead: int, rate_per_s: float, words: Words) -> str:
    """How long it may still take: a range, and nothing where nobody can know."""
    if rate_per_s <= 0 or ahead / rate_per_s > 86_400:
        return words.say("waitUnknown")
    from_s, to_s = ahead / rate_per_s, ahead / rate_per_s * SLOWER
    if to_s <= 60:
        return words.say("waitSoon")
    key, unit_s = ("waitMinutes", 60) if to_s <= 90 * 60 else ("waitHours", 3600)
    first, last = max(1, int(from_s // unit_s)), -int(-to_s // unit_s)
    return words.say(key, n=last, **{"from": first, "to": last})


def warning_of(status: LineStatus, ahead: int) -> str | None:
    """The key of what is plainly so, the worst first."""
    if status.slim_from is not None and status.cursor + ahead >= status.slim_from:
        return "slim"
    return {"none": "noneFree", "few": "fewLeft"}.get(status.stock)
